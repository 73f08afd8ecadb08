package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"fndeck/client/embedded/engine/confine"
)

// maxDatagram bounds one control message.
const maxDatagram = 1 << 16

// Spec says what a zygote runs.
type Spec struct {
	// Python is the interpreter, Boot what WriteBoot returned.
	Python, Boot string
	// Root is the unpacked code, Path the entry file inside it.
	Root, Path string
	// Scratch is a directory of the zygote's own, its home and working
	// directory while it imports.
	Scratch string
	// Env is the whole environment, see Environment.
	Env []string
	// Policy is what the kernel is to deny; the zero Policy only gives up
	// what root could do.
	Policy confine.Policy
	// Callback is the base URL that the client of a call is given, empty for a
	// version that brings no library for it along.
	Callback string
	// Spares may have an interpreter that has started already; nil has none.
	Spares *Spares
	// Bare leaves the import to each call: for modules that start threads, which
	// a fork would break.
	Bare bool
}

// ImportError is why a version could not be imported.
type ImportError struct{ Message, Trace string }

func (e *ImportError) Error() string { return e.Message }

// ErrImportTimeout is returned when the import did not end in time.
var ErrImportTimeout = errors.New("import exceeded its time limit")

// ErrZygoteGone fails the calls whose zygote has died.
var ErrZygoteGone = errors.New("the function's process has ended")

// Zygote is a running zygote. It is safe for concurrent use.
type Zygote struct {
	// Unforkable says what of the import a fork would break, empty for nothing:
	// start a Bare zygote instead. ImportTime is what the import took.
	Unforkable string
	ImportTime time.Duration
	// Callback is that of the Spec.
	Callback string

	spawner *Spawner
	scratch string
	cmd     *exec.Cmd
	control *net.UnixConn
	lastID  atomic.Int64
	heard   atomic.Uint64 // counts what the zygote has said
	done    chan struct{}
	// userTasks is Limits.UserTasks of every call.
	userTasks int64

	mu    sync.Mutex
	byID  map[int64]*process
	byPID map[int]*process
	early map[int]exit // exits that came before their forked message was handled
	spare *process     // forked ahead, so that a call need not wait for its fork
	idle  []*process   // warm workers without a call, last used last
	warm  int          // warm workers in all
	turn  int          // counts EndWorkers
	gone  bool
}

type event struct {
	Ev       string  `json:"ev"`
	ID       int64   `json:"id"`
	PID      int     `json:"pid"`
	Threads  int     `json:"threads"`
	Sockets  int     `json:"sockets"`
	Children int     `json:"children"`
	MS       float64 `json:"ms"`
	exit
	Error struct{ Message, Trace string } `json:"error"`
}

// Start starts a zygote and waits for its import. What the import prints goes
// to output, line by line, from other goroutines, and is complete on return.
func Start(ctx context.Context, spawner *Spawner, spec Spec, output Sink) (*Zygote, error) {
	i := spec.Spares.take(spec)
	defer spec.Spares.refill(spec.Python) // last, for it must not slow this start
	fresh := i == nil
	if fresh {
		var err error
		if i, err = startInterpreter(spawner, spec.Python, spec.Boot, spec.Scratch, spec.Env); err != nil {
			return nil, err
		}
	}
	init, err := spec.encode(fresh)
	if err == nil {
		if _, err = i.control.Write(init); err != nil && !fresh { // it died while it waited
			i.end(spawner)
			spec.Spares = nil
			return Start(ctx, spawner, spec, output)
		}
	}
	i.sink.set(output)
	z := &Zygote{
		spawner: spawner, Callback: spec.Callback, scratch: spec.Scratch, cmd: i.cmd, control: i.control, done: make(chan struct{}),
		byID: map[int64]*process{}, byPID: map[int]*process{}, early: map[int]exit{}, userTasks: UserTasks(),
	}
	if err == nil {
		err = z.awaitImport(ctx)
	}
	if err != nil {
		i.end(spawner)
		spawner.EndStrangers()
		return nil, err
	}
	i.output.drain(drainAfterExit)
	go z.listen()
	z.refill()
	return z, nil
}

// encode is the first message to an interpreter. One that is not fresh has an
// environment of its own.
func (s Spec) encode(fresh bool) ([]byte, error) {
	init := map[string]any{"root": s.Root, "path": s.Path, "scratch": s.Scratch, "import": !s.Bare, "client": s.Callback != "", "policy": s.Policy}
	if !fresh {
		env := make(map[string]string, len(s.Env))
		for _, entry := range s.Env {
			name, value, _ := strings.Cut(entry, "=")
			env[name] = value
		}
		init["env"] = env
	}
	return json.Marshal(init)
}

func (z *Zygote) awaitImport(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = z.control.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buf := make([]byte, maxDatagram)
	unwatch := Watch(z.cmd, importBounds)
	n, err := z.control.Read(buf)
	switch cause := unwatch(); {
	case cause != "":
		return &ImportError{Message: cause}
	case ctx.Err() != nil:
		if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			return ErrImportTimeout
		}
		return context.Cause(ctx)
	case err != nil || n == 0:
		return &ImportError{Message: "the process ended while it imported the function"}
	}
	var e event
	if err := json.Unmarshal(buf[:n], &e); err != nil {
		return fmt.Errorf("the function's process said %q: %w", buf[:n], err)
	}
	if e.Ev == "failed" {
		return &ImportError{Message: e.Error.Message, Trace: e.Error.Trace}
	}
	z.Unforkable, z.ImportTime = e.unforkable(), time.Duration(e.MS*float64(time.Millisecond))
	return nil
}

// unforkable says why what the import left must not be shared by forks: locks
// of threads may be held for ever, answers on a socket would mix.
func (e event) unforkable() string {
	switch {
	case e.Threads > 1:
		return "the module starts a thread when it is imported"
	case e.Sockets > 0:
		return "the module opens a connection when it is imported"
	case e.Children > 0:
		return "the module starts a process when it is imported"
	}
	return ""
}

// listen handles the zygote's messages until it ends, then fails what runs.
func (z *Zygote) listen() {
	defer close(z.done)
	buf := make([]byte, maxDatagram)
	for {
		n, err := z.control.Read(buf)
		if err != nil || n == 0 {
			break
		}
		z.heard.Add(1)
		var e event
		// A function could have written here: what makes no sense ends the zygote
		// and nothing else.
		if json.Unmarshal(buf[:n], &e) != nil || !z.handle(e) {
			break
		}
	}
	z.kill()
	z.bury()
	_ = z.control.Close() // nothing is left to say
	z.mu.Lock()
	defer z.mu.Unlock()
	z.gone = true
	if z.spare != nil {
		z.idle, z.spare = append(z.idle, z.spare), nil
	}
	for _, p := range z.idle {
		p.close() // nobody is there any more
		go p.group.end()
	}
	for _, p := range z.byID {
		p.ended(exit{lost: true})
	}
	for _, p := range z.byPID {
		p.ended(exit{lost: true})
	}
	z.byID, z.byPID, z.idle = nil, nil, nil
}

// maxEarly bounds the exits that are kept for a forked message to come.
const maxEarly = 1000

// handle takes one message; false means that no zygote would send it.
func (z *Zygote) handle(e event) bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	switch e.Ev {
	case "forked", "unforked":
		p := z.byID[e.ID]
		if p == nil {
			return false
		}
		delete(z.byID, e.ID)
		p.pid = e.PID
		close(p.forked)
		early, ended := z.early[e.PID]
		switch {
		case e.Ev == "unforked":
			p.ended(exit{reason: e.Error.Message})
		case ended:
			delete(z.early, e.PID)
			p.ended(early)
		default:
			z.byPID[e.PID] = p
		}
	case "exit":
		if p := z.byPID[e.PID]; p != nil {
			delete(z.byPID, e.PID)
			p.ended(e.exit)
			z.forget(p)
			return true
		}
		z.early[e.PID] = e.exit
		return len(z.early) < maxEarly
	default:
		return false
	}
	return true
}

// send writes a control message. A zygote takes it at once, or hangs: unless it has
// said something meanwhile, for then it is only slow, on a machine with too much to do.
func (z *Zygote) send(message, rights []byte) error {
	for {
		heard := z.heard.Load()
		if err := z.control.SetWriteDeadline(soon(killGrace)); err != nil {
			return err
		}
		_, _, err := z.control.WriteMsgUnix(message, rights, nil)
		if !errors.Is(err, os.ErrDeadlineExceeded) || z.heard.Load() == heard {
			return err
		}
	}
}

// signal sends a signal to a call process and its group.
func (z *Zygote) signal(p *process, sig syscall.Signal) {
	if !z.awaitFork(p) {
		return
	}
	message := fmt.Appendf(nil, `{"op":"kill","pid":%d,"sig":%d}`, p.pid, int(sig))
	if z.send(message, nil) != nil {
		z.kill()
	}
}

// awaitFork waits until a process is there; false if its zygote has ended. One that
// hangs is ended: it would hold its calls for ever.
func (z *Zygote) awaitFork(p *process) bool {
	for {
		heard, hanging := z.heard.Load(), time.NewTimer(killGrace)
		select {
		case <-p.forked:
			hanging.Stop()
			return true
		case <-z.done:
			hanging.Stop()
			return false
		case <-hanging.C:
		}
		if z.heard.Load() == heard {
			z.kill()
			return false
		}
	}
}

// PID is the zygote's process id.
func (z *Zygote) PID() int { return z.cmd.Process.Pid }

// Done is closed when the zygote has ended.
func (z *Zygote) Done() <-chan struct{} { return z.done }

// Stop kills the zygote and every call it runs, and waits for its end.
func (z *Zygote) Stop() {
	z.kill()
	<-z.done
}

// kill ends the zygote. A process that the module forked and that left the group
// holds the other end of the control socket: its end of file must not be waited
// for.
func (z *Zygote) kill() {
	KillGroup(z.cmd)
	_ = z.control.SetReadDeadline(soon(exitGrace)) // fails once it is closed, when nobody reads
}

// bury waits for the killed zygote and ends what its calls left to the engine.
func (z *Zygote) bury() {
	_ = z.spawner.Wait(z.cmd) // killed: its status says nothing new
	z.spawner.EndStrangers()
}
