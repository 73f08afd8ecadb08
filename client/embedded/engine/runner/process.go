package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"time"
)

// process is one forked call process: the spare one, one with a call, or a warm
// worker. Whoever took it from the zygote owns it until it is put back or closed.
type process struct {
	pump
	conn    int    // the call socket
	scratch string // a folder of its own
	pid     int
	forked  chan struct{} // closed when pid is known
	exited  atomic.Pointer[exit]
	exit    chan struct{}          // closed when exited is set
	cause   atomic.Pointer[string] // why the watchdog ended it, nil if it did not
	group   *cgroup                // nil without one

	// next are the ends of the pipes for the next call, -1 when the process has
	// them already.
	next [2]int
	// unchanged is the time of change that the empty scratch folder had, if any
	// further change shows in it.
	unchanged time.Time
	// A warm worker counts as one from its first call on.
	warm     bool
	turn     int
	lastUsed time.Time
}

type exit struct {
	Status int `json:"status"`
	usage
	lost   bool   // the zygote died and took the process along
	reason string // why there never was a process
}

// ended records the end of the process and tells who waits for it.
func (p *process) ended(e exit) {
	p.exited.Store(&e)
	close(p.exit)
	p.watch.wake()
}

// endedFor is why the watchdog or the kernel's memory limit ended the process, ""
// if neither did.
func (p *process) endedFor() string {
	if cause := p.cause.Load(); cause != nil {
		return *cause
	}
	return p.group.cause()
}

// close gives up our side, which ends a process that waits for a call.
func (p *process) close() {
	p.pump.close()
	p.dropNext()
	p.watch.close()
	_ = syscall.Close(p.conn) // nothing more is said
}

// renew makes new streams for the next call. It reports whether there are any.
func (p *process) renew() bool {
	p.following = false
	next, err := p.open()
	if err == nil {
		p.next = next
	}
	return err == nil
}

func (p *process) dropNext() {
	if p.next[0] >= 0 {
		closeAll(p.next[:])
		p.next = [2]int{-1, -1}
	}
}

// take returns a process for a call: an idle worker if warm ones are wanted,
// the spare one, or a fresh one.
func (z *Zygote) take(warm bool) (p *process, fresh bool, err error) {
	z.mu.Lock()
	if last := len(z.idle) - 1; warm && last >= 0 {
		p := z.idle[last]
		z.idle = z.idle[:last]
		z.mu.Unlock()
		return p, false, nil
	}
	p, z.spare = z.spare, nil
	z.mu.Unlock()
	if p != nil {
		return p, false, nil
	}
	p, err = z.fork()
	return p, true, err
}

// hire makes a process a warm worker, which takes calls until it is retired.
func (z *Zygote) hire(p *process, now time.Time) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if !p.warm {
		p.warm = true
		z.warm++
	}
	p.turn, p.lastUsed = z.turn, now
}

// enclose puts a process into a cgroup, before its first call. One that a zygote
// that hangs does not fork gets none: the call's time limit must begin.
func (z *Zygote) enclose(p *process, b Bounds) {
	if z.spawner.Cgroups == nil || p.group != nil {
		return
	}
	hanging := time.NewTimer(killGrace)
	defer hanging.Stop()
	select {
	case <-p.forked:
		p.group = z.spawner.Cgroups.join(p.pid, b)
	case <-z.done:
	case <-hanging.C:
	}
}

// retire ends a process after its last call.
func (z *Zygote) retire(p *process) {
	if p.warm {
		z.mu.Lock()
		z.warm--
		z.mu.Unlock()
	}
	z.discard(p)
}

// refill forks the next call's process ahead of it, unless there is one.
func (z *Zygote) refill() {
	z.mu.Lock()
	have := z.spare != nil || z.gone
	z.mu.Unlock()
	if have {
		return
	}
	p, err := z.fork()
	if err != nil {
		return // the zygote has ended; the next call says so
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.spare != nil || z.gone {
		z.discard(p)
		return
	}
	z.spare = p
}

// discard ends a process that had no call, or is done with its calls. What of it
// does not go by itself is killed.
func (z *Zygote) discard(p *process) {
	p.close()
	removal := time.AfterFunc(exitGrace, func() {
		if p.exited.Load() == nil {
			z.signal(p, syscall.SIGKILL)
		}
	})
	go func() {
		select {
		case <-p.exit:
			removal.Stop()
		case <-z.done:
		}
		RemoveScratch(p.scratch)
		p.group.end()
	}()
}

// fork asks for a call process that has its streams and its scratch folder
// already and waits for a request at the other end of a new socket.
func (z *Zygote) fork() (*process, error) {
	p := &process{
		pump: pump{fds: [2]int{-1, -1}}, next: [2]int{-1, -1}, forked: make(chan struct{}), exit: make(chan struct{}),
		scratch: filepath.Join(z.scratch, fmt.Sprintf("call-%d", z.lastID.Add(1))),
	}
	if err := os.Mkdir(p.scratch, 0o700); err != nil {
		return nil, err
	}
	sockets, err := pair(syscall.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	defer closeAll(sockets[1:]) // the child has its own
	p.conn = sockets[0]
	if p.watch, err = newWatch(); err != nil {
		closeAll(sockets[:1])
		return nil, err
	}
	ends, err := p.open()
	if err != nil {
		p.close()
		return nil, err
	}
	defer closeAll(ends[:])
	if err = p.watch.add(p.conn, tagCall); err == nil {
		err = z.ask(p, syscall.UnixRights(sockets[1], ends[0], ends[1]))
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// ask sends the zygote the order to fork p.
func (z *Zygote) ask(p *process, rights []byte) error {
	id := z.lastID.Add(1)
	z.mu.Lock()
	gone := z.gone
	if !gone {
		z.byID[id] = p
	}
	z.mu.Unlock()
	if gone {
		return ErrZygoteGone
	}
	if err := z.send(fmt.Appendf(nil, `{"op":"fork","id":%d,"scratch":%q}`, id, p.scratch), rights); err != nil {
		z.mu.Lock()
		delete(z.byID, id)
		z.mu.Unlock()
		return ErrZygoteGone
	}
	return nil
}

// put keeps a warm worker for the next call, unless there are more than limit or
// workers were ended while it ran. It reports whether it did.
func (z *Zygote) put(p *process, limit int) bool {
	if p.emptyScratch() != nil {
		return false
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.gone || p.turn != z.turn || z.warm > limit || p.exited.Load() != nil {
		return false
	}
	z.idle = append(z.idle, p)
	return true
}

// Workers counts the warm workers, with and without a call.
func (z *Zygote) Workers() int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.warm
}

// EndIdle ends the warm workers that began no call since a time.
func (z *Zygote) EndIdle(since time.Time) {
	z.endWorkers(func(p *process) bool { return p.lastUsed.Before(since) })
}

// EndWorkers ends the warm workers: those with a call after it.
func (z *Zygote) EndWorkers() {
	z.mu.Lock()
	z.turn++
	z.mu.Unlock()
	z.endWorkers(func(*process) bool { return true })
}

func (z *Zygote) endWorkers(which func(*process) bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	kept := z.idle[:0]
	for _, p := range z.idle {
		if which(p) {
			z.warm--
			z.discard(p)
			continue
		}
		kept = append(kept, p)
	}
	clear(z.idle[len(kept):])
	z.idle = kept
}

// forget takes a worker that died without a call out of the idle ones. The lock
// is held.
func (z *Zygote) forget(p *process) {
	if i := slices.Index(z.idle, p); i >= 0 {
		z.idle = slices.Delete(z.idle, i, i+1)
		z.warm--
		z.discard(p)
	}
}
