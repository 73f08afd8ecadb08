package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/wire"
)

const (
	// startLimit is how long a started engine may take to answer.
	startLimit = 20 * time.Second
	// startPoll is how often its socket is tried meanwhile.
	startPoll = 5 * time.Millisecond
)

// ensure makes sure that an engine answers: it attaches to a running one or
// starts one. Several consoles may do so at once: one engine wins the lock, the
// others end, and all attach.
func (b *Backend) ensure(ctx context.Context) error {
	if _, err := b.status(ctx); err == nil || b.o.NoStart || errors.Is(err, errSilent) {
		return err // one that does not answer holds the lock: another could not start
	}
	if err := wire.OwnDir(b.o.StateDir); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		ended, err := b.spawn()
		if err != nil {
			return fmt.Errorf("start the engine: %w", err)
		}
		last, err := b.awaitEngine(ctx, ended)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return b.notStarted("the engine did not start in time")
		case last.code != wire.ExitLocked:
			return b.notStarted("the engine does not start: " + last.words)
		}
		// The lock was held by one that was about to end: try again.
	}
}

// ending is how a started engine ended: its exit code and its last words.
type ending struct {
	code  int
	words string
}

func (b *Backend) notStarted(why string) error {
	return &client.Error{Code: client.CodeUnavailable, Message: why, Hint: "see " + filepath.Join(b.o.StateDir, wire.LogFile)}
}

// spawn starts the engine in a session of its own, so that neither the end of
// this terminal nor a signal from it reaches the engine.
func (b *Backend) spawn() (<-chan ending, error) {
	command := b.o.Command
	if command == nil {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		command = []string{self, "engine"}
	}
	command = append(command, b.o.EngineArgs...)
	log, err := b.openLog()
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own
	before, err := log.Seek(0, 2)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "FNDECK_STATE_DIR="+b.o.StateDir)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/"
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan ending, 1)
	go func() {
		_ = cmd.Wait() // how it ended is in its state, what it said in the log
		ended <- ending{cmd.ProcessState.ExitCode(), lastWords(log.Name(), before)}
	}()
	return ended, nil
}

// openLog opens the log that the engine is started with: in the state directory
// or, where nothing can be written there, beside the socket.
func (b *Backend) openLog() (*os.File, error) {
	log, err := os.OpenFile(filepath.Join(b.o.StateDir, wire.LogFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if !errors.Is(err, syscall.EROFS) && !errors.Is(err, fs.ErrPermission) {
		return log, err
	}
	socket, pathErr := wire.SocketPath(b.o.StateDir, os.Getenv)
	if pathErr != nil || wire.OwnDir(filepath.Dir(socket)) != nil {
		return nil, err
	}
	return os.OpenFile(wire.ReadOnlyLog(socket), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
}

// lastWords is the error that the engine ended with: the last line of its log
// that is one, without the hints that follow it.
func lastWords(log string, since int64) string {
	text, err := os.ReadFile(log)
	if err != nil || int64(len(text)) < since {
		return ""
	}
	said := ""
	for line := range strings.Lines(string(text[since:])) {
		if words, ok := strings.CutPrefix(strings.TrimSpace(line), "fndeck: "); ok {
			said = words
		}
	}
	return said
}

var errEngineEnded = errors.New("the engine has ended")

// awaitEngine waits until an engine answers. If the started one has ended, an
// other one may still be about to answer: it gets lostRace for that, then the
// started one's end is returned with errEngineEnded.
func (b *Backend) awaitEngine(ctx context.Context, ended <-chan ending) (last ending, err error) {
	tick := time.NewTicker(startPoll)
	defer tick.Stop()
	var giveUp <-chan time.Time
	for {
		if _, err := b.status(ctx); err == nil {
			return last, nil
		}
		select {
		case <-ctx.Done():
			return last, ctx.Err()
		case last = <-ended:
			timer := time.NewTimer(lostRace)
			defer timer.Stop()
			giveUp = timer.C
		case <-giveUp:
			return last, errEngineEnded
		case <-tick.C:
		}
	}
}

// lostRace is how long the winner of the lock may take to answer before an
// engine is started again.
const lostRace = time.Second

// Status asks the engine of a state directory what it is; an error with
// CodeNotFound says that none runs.
func Status(ctx context.Context, stateDir string) (EngineStatus, error) {
	b, err := connect(Options{StateDir: stateDir, NoStart: true})
	if err != nil {
		return EngineStatus{}, err
	}
	defer func() { _ = b.Close() }() // nothing was changed
	return b.status(ctx)
}

// Backup has the engine of a state directory write a backup; CodeNotFound says
// that none runs. What was written is worth something only if it can be read
// back to its end.
func Backup(ctx context.Context, stateDir string, to io.Writer) error {
	b, err := connect(Options{StateDir: stateDir, NoStart: true})
	if err != nil {
		return err
	}
	defer func() { _ = b.Close() }() // nothing was changed
	if _, err := b.status(ctx); err != nil {
		return err
	}
	reply, err := b.http.Open(ctx, client.Request{Method: http.MethodGet, Path: wire.Prefix + "backup"}, nil)
	if err != nil {
		return err
	}
	defer func() { _ = reply.Body.Close() }() // read to its end or given up
	_, err = io.Copy(to, reply.Body)
	return err
}

// Stop asks the engine of a state directory to stop and waits until it has. It
// ends its calls and deploys and records that.
func Stop(ctx context.Context, stateDir string) error {
	b, err := connect(Options{StateDir: stateDir, NoStart: true})
	if err != nil {
		return err
	}
	defer func() { _ = b.Close() }() // nothing is pending
	status, err := b.status(ctx)
	if err != nil {
		return err
	}
	if err := b.own(ctx, client.Once, "POST", "stop", nil, nil); err != nil {
		return err
	}
	tick := time.NewTicker(startPoll)
	defer tick.Stop()
	for {
		if err := syscall.Kill(status.PID, 0); errors.Is(err, syscall.ESRCH) {
			return nil
		}
		if _, err := b.status(ctx); errors.Is(err, client.ErrNotFound) && zombie(status.PID) {
			return nil
		}
		select {
		case <-ctx.Done():
			return &client.Error{Code: client.CodeTimeout, Message: fmt.Sprintf("the engine (process %d) has not stopped yet", status.PID)}
		case <-tick.C:
		}
	}
}

// zombie reports whether a process has ended and only waits to be reaped.
func zombie(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(rest, "Z")
}
