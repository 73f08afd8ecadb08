package runner

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Spawner starts processes that die with the engine. The parent-death signal of
// Linux is tied to the thread that forked, so all of them are forked by one
// goroutine that never gives its thread up.
type Spawner struct {
	// Cgroups are where each call process is put, nil for nowhere. It is set before
	// the first Start.
	Cgroups *Cgroups

	requests chan spawnRequest

	mu    sync.Mutex
	known map[int]bool // what was started and not yet waited for
}

type spawnRequest struct {
	cmd   *exec.Cmd
	reply chan error
}

// NewSpawner makes the calling process adopt the orphans of what it starts and
// starts the spawning thread, which ends with Close.
func NewSpawner() (*Spawner, error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, os.NewSyscallError("prctl", err)
	}
	s := &Spawner{requests: make(chan spawnRequest), known: map[int]bool{}}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		for r := range s.requests {
			s.mu.Lock()
			err := r.cmd.Start()
			if err == nil {
				s.known[r.cmd.Process.Pid] = true
			}
			s.mu.Unlock()
			r.reply <- err
		}
	}()
	return s, nil
}

// Start starts cmd in a process group of its own, to be killed when the engine
// dies. The caller must Wait for it.
func (s *Spawner) Start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	reply := make(chan error, 1)
	s.requests <- spawnRequest{cmd, reply}
	return <-reply
}

// Wait waits for a command that Start started.
func (s *Spawner) Wait(cmd *exec.Cmd) error {
	err := cmd.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, cmd.Process.Pid)
	return err
}

// EndStrangers kills and reaps every child that was not started here: processes
// of dead calls whose zygote is dead too, which the kernel gave to us.
func (s *Spawner) EndStrangers() {
	for range strangerRounds {
		if s.endStrangers() == 0 {
			return
		}
	}
}

// strangerRounds bounds how often EndStrangers looks again: a killed process may
// hand over children of its own.
const strangerRounds = 100

func (s *Spawner) endStrangers() (ended int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, pid := range children() {
		if s.known[pid] {
			continue
		}
		_ = syscall.Kill(pid, syscall.SIGKILL) // gone already is as good
		if _, err := syscall.Wait4(pid, nil, 0, nil); err == nil {
			ended++
		}
	}
	return ended
}

// children lists the processes whose parent is this one.
func children() (pids []int) {
	lists, _ := filepath.Glob("/proc/self/task/*/children") // the pattern is well formed
	for _, name := range lists {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		for _, field := range strings.Fields(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// Close ends the spawning thread, and with it everything that was started.
func (s *Spawner) Close() { close(s.requests) }
