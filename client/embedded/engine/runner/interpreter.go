package runner

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// interpreter is a Python that has loaded the zygote's program and waits to be
// told which function it is for.
type interpreter struct {
	cmd     *exec.Cmd
	control *net.UnixConn
	output  *follower
	sink    *lateSink
}

// startInterpreter starts one in a folder and with an environment.
func startInterpreter(spawner *Spawner, python, boot, dir string, env []string) (*interpreter, error) {
	control, theirs, err := controlPair()
	if err != nil {
		return nil, err
	}
	defer func() { _ = theirs.Close() }() // the child has its own
	i := &interpreter{cmd: exec.Command(python, "-E", "-B", boot), control: control, sink: &lateSink{}}
	var ends [2]int
	if i.output, ends, err = follow(i.sink.take); err != nil {
		return nil, errors.Join(err, control.Close())
	}
	out, errw := os.NewFile(uintptr(ends[0]), "stdout"), os.NewFile(uintptr(ends[1]), "stderr")
	i.cmd.Dir, i.cmd.Env, i.cmd.Stdout, i.cmd.Stderr, i.cmd.ExtraFiles = dir, env, out, errw, []*os.File{theirs}
	err = spawner.Start(i.cmd)
	_ = out.Close()  // ours are not needed any more
	_ = errw.Close() // ditto
	if err != nil {
		i.output.drain(0)
		return nil, errors.Join(fmt.Errorf("start %s: %w", python, err), control.Close())
	}
	return i, nil
}

// end kills the interpreter and waits for its end.
func (i *interpreter) end(spawner *Spawner) {
	KillGroup(i.cmd)
	_ = spawner.Wait(i.cmd) // killed: its status says nothing new
	i.output.drain(drainAfterExit)
	_ = i.control.Close() // nothing is left to say
}

// lateSink keeps what comes before it is known where it goes.
type lateSink struct {
	mu   sync.Mutex
	to   Sink
	held []Line
}

func (s *lateSink) take(lines []Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.to == nil {
		s.held = append(s.held, lines...)
		return
	}
	s.to(lines)
}

func (s *lateSink) set(to Sink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.held) > 0 {
		to(s.held)
	}
	s.to, s.held = to, nil
}

// maxSpares bounds the interpreters that wait, each of some 10 MB: every package
// environment has a Python of its own.
const maxSpares = 4

// Spares keep one started interpreter for each Python that zygotes ran lately,
// up to maxSpares of them: the next zygote of it need not wait for Python's own
// start. It is safe for concurrent use; Close it.
type Spares struct {
	spawner   *Spawner
	boot, dir string
	env       []string

	mu      sync.Mutex
	waiting map[string]*interpreter // nil while one is being started
	lately  []string                // the Pythons that wait, the latest last
	closed  bool
	starts  sync.WaitGroup
}

// NewSpares returns Spares. boot is what WriteBoot returned; they wait in its
// folder, which is their home until they get one.
func NewSpares(spawner *Spawner, boot string) *Spares {
	dir := filepath.Dir(boot)
	return &Spares{spawner: spawner, boot: boot, dir: dir, env: Environment(dir, nil), waiting: map[string]*interpreter{}}
}

// take returns the spare of a Python that can do what a spec wants, or nil.
func (s *Spares) take(spec Spec) *interpreter {
	if s == nil || !slices.Equal(early(spec.Env), early(s.env)) {
		return nil
	}
	if whole := strings.Join(spec.Env, ""); len(whole) > maxDatagram/4 || !utf8.ValidString(whole) {
		return nil // what cannot be told in the first message
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.waiting[spec.Python]
	if i != nil {
		s.forget(spec.Python)
	}
	return i
}

// refill starts a spare, unless there is one.
func (s *Spares) refill(python string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.waiting[python]; there || s.closed {
		return
	}
	s.makeRoom()
	s.waiting[python], s.lately = nil, append(s.lately, python)
	s.starts.Go(func() {
		i, err := startInterpreter(s.spawner, python, s.boot, s.dir, s.env)
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case err != nil: // whoever needs one finds out itself
			s.forget(python)
		case s.closed:
			go i.end(s.spawner)
		default:
			s.waiting[python] = i
		}
	})
}

// forget takes a Python out; s.mu is held.
func (s *Spares) forget(python string) {
	delete(s.waiting, python)
	s.lately = slices.DeleteFunc(s.lately, func(p string) bool { return p == python })
}

// makeRoom ends the spares that nobody took for the longest; s.mu is held.
func (s *Spares) makeRoom() {
	for _, python := range slices.Clone(s.lately) {
		if len(s.waiting) < maxSpares {
			return
		}
		if i := s.waiting[python]; i != nil {
			s.forget(python)
			s.starts.Go(func() { i.end(s.spawner) })
		}
	}
}

// Close ends the spares. It may be nil.
func (s *Spares) Close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.starts.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.waiting {
		if i != nil {
			i.end(s.spawner)
		}
	}
	s.waiting = nil
}

// early lists the variables that the loader, the C library or Python itself read
// at their start: who is told of them later does as if they were not there.
func early(env []string) (found []string) {
	for _, entry := range env {
		for _, prefix := range []string{"LD_", "GLIBC_", "MALLOC_", "LC_", "LANG=", "PYTHON"} {
			if strings.HasPrefix(entry, prefix) {
				found = append(found, entry)
			}
		}
	}
	return found
}
