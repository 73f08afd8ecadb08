package runner

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// cgroupSlack is added to a function's memory: the pages that a fork copies of
	// what the import left count for the call.
	cgroupSlack = 64 << 20
	// removeTries and removePause are how long a cgroup may have dead processes
	// that are not reaped yet, which keep it from being removed.
	removeTries = 100
	removePause = 20 * time.Millisecond
	// engineGroup holds the engine and the zygotes: a cgroup that limits those
	// below it may hold no process itself.
	engineGroup = "engine"
	callPrefix  = "call-"
)

// Cgroups is a subtree of the second version's control groups that is ours to
// divide. Nil stands for none; then rlimits and the watchdog do what they can.
type Cgroups struct {
	dir         string
	controllers []string // memory, pids
	last        atomic.Int64
}

// FindCgroups returns the subtree that this process may divide, nil if there is
// none: the one it is in must be writable and offer memory or pids. procSelf is
// /proc/self.
func FindCgroups(procSelf string) *Cgroups {
	mount := cgroupMount(filepath.Join(procSelf, "mountinfo"))
	text, err := os.ReadFile(filepath.Join(procSelf, "cgroup"))
	if mount == "" || err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return divide(filepath.Join(mount, path), path == "/")
		}
	}
	return nil
}

// cgroupMount is where control groups of the second version are mounted.
func cgroupMount(mountinfo string) string {
	f, err := os.Open(mountinfo)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		before, after, found := strings.Cut(lines.Text(), " - ")
		fields := strings.Fields(before)
		const place = 4 // proc_pid_mountinfo(5)
		if found && strings.HasPrefix(after, "cgroup2 ") && len(fields) > place {
			return fields[place]
		}
	}
	return ""
}

// divide prepares a cgroup for one below it for each call. The root of all is
// the machine's: it is used as it is or not at all. What cannot be done is undone.
func divide(dir string, root bool) *Cgroups {
	g := &Cgroups{dir: dir}
	enabled := words(filepath.Join(dir, "cgroup.subtree_control"))
	if root {
		g.controllers = wanted(enabled)
	} else {
		g.controllers = wanted(words(filepath.Join(dir, "cgroup.controllers")))
	}
	if len(g.controllers) == 0 {
		return nil
	}
	if root || len(wanted(enabled)) == len(g.controllers) {
		return g.tried()
	}
	ours := filepath.Join(dir, engineGroup)
	self := strconv.Itoa(os.Getpid())
	if err := os.Mkdir(ours, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return nil
	}
	if put(filepath.Join(ours, "cgroup.procs"), self) != nil {
		_ = os.Remove(ours) // nothing is in it
		return nil
	}
	if put(filepath.Join(dir, "cgroup.subtree_control"), "+"+strings.Join(g.controllers, " +")) != nil {
		// Somebody else's processes are there too: it is not ours alone.
		_ = errors.Join(put(filepath.Join(dir, "cgroup.procs"), self), os.Remove(ours)) // as it was, or nearly
		return nil
	}
	return g.tried()
}

// tried makes a cgroup and removes it again: nil if that is refused. What an
// engine that was killed left goes, with all its processes.
func (g *Cgroups) tried() *Cgroups {
	left, _ := filepath.Glob(filepath.Join(g.dir, callPrefix+"*")) // the pattern is well formed
	for _, dir := range left {
		(&cgroup{dir: dir}).end()
	}
	dir := filepath.Join(g.dir, callPrefix+"try")
	if errors.Join(os.Mkdir(dir, 0o755), os.Remove(dir)) != nil {
		return nil
	}
	return g
}

// String says which limits are set, "" for none.
func (g *Cgroups) String() string {
	if g == nil {
		return ""
	}
	return "cgroup " + strings.Join(g.controllers, " and ")
}

// cgroup is that of one call process and all that it starts. Nil is none.
type cgroup struct {
	dir   string
	limit int64
}

// join puts a process into a cgroup of its own. Nil, also where it is refused:
// the other limits hold in any case.
func (g *Cgroups) join(pid int, b Bounds) *cgroup {
	if g == nil || pid == 0 {
		return nil
	}
	c := &cgroup{dir: filepath.Join(g.dir, callPrefix+strconv.FormatInt(g.last.Add(1), 10)), limit: b.MemoryBytes}
	if os.Mkdir(c.dir, 0o755) != nil {
		return nil
	}
	if g.limit(c, pid, b) != nil {
		_ = os.Remove(c.dir) // nothing is in it
		return nil
	}
	return c
}

// limit sets the limits of a cgroup and puts a process into it.
func (g *Cgroups) limit(c *cgroup, pid int, b Bounds) (err error) {
	if b.MemoryBytes > 0 && slices.Contains(g.controllers, "memory") {
		err = errors.Join(
			put(filepath.Join(c.dir, "memory.max"), strconv.FormatInt(b.MemoryBytes+cgroupSlack, 10)),
			put(filepath.Join(c.dir, "memory.oom.group"), "1")) // one outcome for all, not a random victim
		_ = put(filepath.Join(c.dir, "memory.swap.max"), "0") // absent where there is no swap
	}
	if slices.Contains(g.controllers, "pids") {
		err = errors.Join(err, put(filepath.Join(c.dir, "pids.max"), strconv.Itoa(b.Tasks)))
	}
	return errors.Join(err, put(filepath.Join(c.dir, "cgroup.procs"), strconv.Itoa(pid)))
}

// cause is why the kernel ended the call, "" if it did not.
func (c *cgroup) cause() string {
	if c == nil {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(c.dir, "memory.events"))
	if err != nil {
		return "" // without the controller
	}
	for line := range strings.Lines(string(text)) {
		if count, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok && count != "0" {
			return Bounds{MemoryBytes: c.limit}.outOfMemory()
		}
	}
	return ""
}

// end kills what is left in the cgroup, all at once, and removes it.
func (c *cgroup) end() {
	if c == nil {
		return
	}
	if os.Remove(c.dir) == nil {
		return // as nearly always
	}
	_ = put(filepath.Join(c.dir, "cgroup.kill"), "1") // since Linux 5.14
	tick := time.NewTicker(removePause)
	defer tick.Stop()
	for range removeTries {
		if err := os.Remove(c.dir); err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		<-tick.C
	}
}

// wanted are those of the controllers that we use.
func wanted(controllers []string) (ours []string) {
	for _, name := range []string{"memory", "pids"} {
		if slices.Contains(controllers, name) {
			ours = append(ours, name)
		}
	}
	return ours
}

func words(path string) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return strings.Fields(string(text))
}

// put writes a value into a file of the kernel's.
func put(path, value string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("cgroup: %w", err)
	}
	_, err = f.WriteString(value)
	return errors.Join(err, f.Close())
}
