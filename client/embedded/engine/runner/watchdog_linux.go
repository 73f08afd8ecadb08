package runner

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// watchEvery is how often the processes of a call are counted. A call that
	// ends before costs a timer and nothing else.
	watchEvery = 100 * time.Millisecond
	// endRounds bounds how often a tree that is being ended is read anew: what is
	// killed may have started more meanwhile.
	endRounds = 200
)

// guard watches a call until stop is called: past its bounds the call is ended,
// and its process has the cause.
func (z *Zygote) guard(p *process, b Bounds) (stop func()) {
	return watchOver(func() int {
		select {
		case <-p.forked:
			// A number that is no child of the zygote was given to another process.
			if stat(p.pid).parent == z.PID() {
				return p.pid
			}
		default:
		}
		return 0
	}, b, func(cause string) { p.cause.Store(&cause) })
}

// Watch is the watchdog of a started command. stop returns the cause if it was
// ended for one.
func Watch(cmd *exec.Cmd, b Bounds) (stop func() (cause string)) {
	var found string
	end := watchOver(func() int { return cmd.Process.Pid }, b, func(cause string) { found = cause })
	return func() string {
		end()
		return found
	}
}

// watchOver counts what a process and its descendants use, and ends them all when
// that is more than b; exceeded is told why first. The process may be 0 for a
// while. It goes on until stop is called, which waits for it.
func watchOver(process func() int, b Bounds, exceeded func(cause string)) (stop func()) {
	var mu sync.Mutex
	var timer *time.Timer
	stopped := false
	look := func() {
		mu.Lock()
		defer mu.Unlock()
		if stopped {
			return
		}
		if pid := process(); pid != 0 {
			if cause := b.exceededBy(tree(pid)); cause != "" {
				exceeded(cause)
				endTree(pid)
				return
			}
		}
		timer.Reset(watchEvery)
	}
	mu.Lock() // look must find its timer
	defer mu.Unlock()
	timer = time.AfterFunc(watchEvery, look)
	return func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		stopped = true
	}
}

// exceededBy says which bound processes have crossed, "" for none.
func (b Bounds) exceededBy(pids []int) string {
	tasks, rough := 0, int64(0)
	for _, pid := range pids {
		s := stat(pid)
		tasks += s.threads
		rough += s.resident
	}
	if tasks > b.Tasks {
		return b.tooManyTasks()
	}
	if b.MemoryBytes == 0 || len(pids) < 2 || rough <= b.MemoryBytes { // RLIMIT_AS holds one process
		return ""
	}
	exact := int64(0) // which takes the kernel a walk through all their pages
	for _, pid := range pids {
		exact += proportional(pid)
	}
	if exact > b.MemoryBytes {
		return b.outOfMemory()
	}
	return ""
}

// endTree kills a process and all its descendants. The process is a subreaper:
// stopped first, it keeps whatever loses its parent, and can start no more.
func endTree(pid int) {
	_ = syscall.Kill(pid, syscall.SIGSTOP) // gone already is as good, here and below
	for range endRounds {
		left := 0
		for _, p := range tree(pid)[1:] {
			if stat(p).state != 'Z' {
				left++
				_ = syscall.Kill(p, syscall.SIGKILL)
			}
		}
		if left == 0 {
			break
		}
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// tree lists a process and its descendants, parents first.
func tree(pid int) []int {
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		task := fmt.Sprintf("/proc/%d/task/", all[i])
		threads, err := os.ReadDir(task)
		if err != nil {
			continue // it has ended
		}
		for _, thread := range threads {
			text, err := os.ReadFile(task + thread.Name() + "/children")
			if err != nil {
				continue // ditto
			}
			for _, field := range strings.Fields(string(text)) {
				if child, err := strconv.Atoi(field); err == nil {
					all = append(all, child)
				}
			}
		}
	}
	return all
}

// processStat is a part of /proc/PID/stat.
type processStat struct {
	state    byte
	parent   int
	threads  int
	resident int64 // bytes, shared pages in full
}

// stat reads what the kernel tells of a process; the zero value says that it is
// gone.
func stat(pid int) (s processStat) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return s
	}
	// The name stands in parentheses and may hold blanks and parentheses.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const state, parent, threads, pages = 0, 1, 17, 21 // proc_pid_stat(5), counted from the name
	if len(fields) <= pages {
		return s
	}
	s.state = fields[state][0]
	s.parent, _ = strconv.Atoi(fields[parent]) // the kernel writes numbers, here and below
	s.threads, _ = strconv.Atoi(fields[threads])
	count, _ := strconv.ParseInt(fields[pages], 10, 64)
	s.resident = count * int64(os.Getpagesize())
	return s
}

// proportional is what a process has in memory, its shared pages divided among
// those that share them; 0 if it is gone or not ours to look at.
func proportional(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10
		}
	}
	return 0
}

// UserTasks is what RLIMIT_NPROC is set to: the tasks that the user has now and
// room for what may come. It is 0 for root, whom the kernel does not hold to it.
func UserTasks() int64 {
	if os.Getuid() == 0 {
		return 0
	}
	count := int64(taskRoom)
	processes, _ := os.ReadDir("/proc") // without it there is the room
	for _, p := range processes {
		info, err := p.Info()
		if err != nil || !info.IsDir() {
			continue
		}
		pid, err := strconv.Atoi(p.Name())
		if owner, ok := info.Sys().(*syscall.Stat_t); err == nil && ok && int(owner.Uid) == os.Getuid() {
			count += int64(stat(pid).threads)
		}
	}
	return count
}
