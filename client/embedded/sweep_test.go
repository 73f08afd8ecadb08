//go:build linux

package embedded_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/embedded"
)

// operation is something that an operator asks of an engine while a system call
// of it goes wrong.
type operation struct {
	name string
	// prepare makes what run needs, before the fault; run records in the ledger
	// what was acknowledged. Its error is the answer to the operator.
	prepare func(l *ledger) (run func(ctx context.Context) error)
}

var operations = []operation{
	{"call", func(l *ledger) func(context.Context) error {
		return func(ctx context.Context) error {
			c, err := l.b.Invoke(ctx, client.CallRequest{FunctionID: l.keeper.ID})
			if err != nil {
				return err
			}
			l.calls[c.ID] = client.CallRunning
			c, err = l.b.WaitCall(ctx, l.keeper.ID, c.ID)
			if err == nil {
				l.calls[c.ID] = c.Status
			}
			return err
		}
	}},
	{"redeploy", func(l *ledger) func(context.Context) error {
		source, answer := l.source()
		code := l.code(source)
		return func(ctx context.Context) error {
			l.answers = append(l.answers, answer)
			f, err := l.b.Redeploy(ctx, l.keeper.ID, code, client.SpecChange{}, nil)
			if err != nil {
				return err
			}
			return settled(ctx, l, f)
		}
	}},
	{"deploy", func(l *ledger) func(context.Context) error {
		source, _ := l.source()
		code := l.code(source)
		return func(ctx context.Context) error {
			f, err := l.b.Deploy(ctx, client.FunctionSpec{Name: "another"}, code, nil)
			if err != nil {
				return err
			}
			l.functions[f.ID] = true
			return settled(ctx, l, f)
		}
	}},
	{"schedule", func(l *ledger) func(context.Context) error {
		return func(ctx context.Context) error {
			s, err := l.b.CreateSchedule(ctx, client.ScheduleSpec{Name: "another", FunctionID: l.keeper.ID, Cron: "0 0 1 1 *"})
			if err == nil {
				l.schedules[s.ID] = true
			}
			return err
		}
	}},
	{"unschedule", func(l *ledger) func(context.Context) error {
		s, err := l.b.CreateSchedule(l.ctx, client.ScheduleSpec{Name: "spare", FunctionID: l.keeper.ID, Cron: "0 0 1 1 *"})
		require.NoError(l, err)
		return func(ctx context.Context) error {
			err := l.b.DeleteSchedule(ctx, s.ID)
			if err == nil {
				l.schedules[s.ID] = false
			}
			return err
		}
	}},
	{"delete", func(l *ledger) func(context.Context) error {
		f, s := l.spare()
		return func(ctx context.Context) error {
			err := l.b.Delete(ctx, f.ID)
			if err == nil {
				l.functions[f.ID], l.schedules[s.ID] = false, false
			}
			return err
		}
	}},
	{"rollback", func(l *ledger) func(context.Context) error {
		source, answer := l.source()
		f, err := l.b.Redeploy(l.ctx, l.keeper.ID, l.code(source), client.SpecChange{}, nil)
		require.NoError(l, err)
		require.NoError(l, settled(l.ctx, l, f))
		before := l.answers
		l.answers = []string{answer}
		return func(ctx context.Context) error {
			_, err := l.b.Rollback(ctx, l.keeper.ID, 0)
			if err == nil {
				l.answers = before
			} else {
				l.answers = append(before, answer)
			}
			return err
		}
	}},
}

// settled waits for the end of a deploy, which may be a failure.
func settled(ctx context.Context, l *ledger, f client.Function) error {
	for f.Deploying() {
		timer := time.NewTimer(5 * time.Millisecond)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		var err error
		if f, err = l.b.Function(ctx, f.ID); err != nil {
			return err
		}
	}
	if f.Error != nil {
		return &client.Error{Code: client.CodeFailed, Message: f.Error.Message}
	}
	return nil
}

// whole reports whether every point of a sweep is wanted, as make faults does.
func whole() bool { return os.Getenv("FNDECK_FAULT_ROUNDS") != "" }

// points are the calls to hit, one after the other: all of them, or the few
// that are named.
func points(few ...int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if !whole() {
			slices.Values(few)(yield)
			return
		}
		for n := 1; yield(n); n++ {
		}
	}
}

// newSweep starts an engine whose few threads do the same every time, as far as
// Go allows that.
func newSweep(t *testing.T) *ledger {
	t.Helper()
	needStrace(t)
	t.Setenv("GOMAXPROCS", "1")
	d := newDesk(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	t.Cleanup(cancel)
	d.ctx = ctx
	return newLedger(d)
}

// Whatever file-system call the engine is killed at, it keeps its promises.
func TestAnEngineKilledAtAnyFileSystemCallKeepsItsPromises(t *testing.T) {
	l := newSweep(t)
	kinds := []string{"pwrite64", "fsync,fdatasync", "write", "openat", "renameat,renameat2,unlinkat,mkdirat,ftruncate"}
	for _, o := range operations {
		for _, calls := range kinds {
			tried := 0
			for n := range points(1, 4) {
				l.tidy()
				run := o.prepare(l)
				pid := l.pid()
				tr := inject(t, pid, fault{calls: calls, effect: "signal=KILL", when: strconv.Itoa(n)})
				ctx, cancel := whileAlive(l.ctx, pid)
				err := run(ctx)
				cancel()
				// A tracer told to end may not have written down the kill yet; the
				// answer that did not come tells of it as well.
				if hit := tr.end(); !hit && err == nil {
					l.check()
					break
				}
				tried++
				l.gone(pid)
				require.False(t, alive(pid), "%s at %s %d: an engine that lives answered %v", o.name, calls, n, err)
				l.reopen()
				l.check()
			}
			t.Logf("%s: killed at %d calls of %s", o.name, tried, calls)
		}
	}
}

// Whatever file-system call fails, there is one sentence, nothing is lost,
// and the engine lives on.
func TestAnEngineWithAFailingFileSystemCallSaysSoAndLivesOn(t *testing.T) {
	l := newSweep(t)
	for _, o := range operations {
		for _, f := range l.faults() {
			tried := 0
			for n := range points(2) {
				l.tidy()
				run := o.prepare(l)
				pid := l.pid()
				f.when = strconv.Itoa(n)
				tr := inject(t, pid, f)
				ctx, cancel := context.WithTimeout(l.ctx, time.Minute)
				err := run(ctx)
				cancel()
				hit := tr.end()
				require.True(t, alive(pid), "%s: the engine died of %s", o.name, f)
				if err != nil {
					assertASentence(t, err, "%s with %s", o.name, f)
				}
				l.check()
				if !hit {
					require.NoError(t, err, "%s, untouched", o.name)
					break
				}
				tried++
				require.NoError(t, o.prepare(l)(l.ctx), "%s after %s", o.name, f)
				l.kill()
				l.gone(pid)
				l.reopen()
				l.check()
			}
			t.Logf("%s: lived through %d times %s %s", o.name, tried, f.calls, f.effect)
		}
	}
}

// faults are the ways in which a file system refuses. Writes are those to the
// state: Go itself ends when it cannot write to its own event descriptor.
func (l *ledger) faults() []fault {
	db := filepath.Join(l.o.StateDir, "engine.db")
	return []fault{
		{calls: "pwrite64", effect: "error=ENOSPC", paths: []string{db, db + "-wal"}},
		{calls: "pwrite64", effect: "error=EIO", paths: []string{db, db + "-wal"}},
		{calls: "fsync,fdatasync", effect: "error=EIO"},
		{calls: "renameat,renameat2", effect: "error=EIO"},
		{calls: "openat,mkdirat", effect: "error=ENOSPC"},
		{calls: "unlinkat", effect: "error=EIO"},
	}
}

// assertASentence checks that an error is one line that says something.
func assertASentence(t *testing.T, err error, context string, args ...any) {
	t.Helper()
	said := client.Explain(err).Sentence
	context = fmt.Sprintf(context, args...)
	assert.NotEmpty(t, said, context)
	assert.NotContains(t, strings.TrimSpace(said), "\n", context)
	assert.NotContains(t, said, "panic", context)
}

// outlives lets an engine that may be killed at any moment do what it has to,
// and reports whether it did. It is dead afterwards.
func (l *ledger) outlives(b *embedded.Backend) (lived bool) {
	l.Helper()
	defer func() { require.NoError(l, b.Close()) }()
	status, err := embedded.Status(l.ctx, l.o.StateDir)
	if err != nil {
		return false
	}
	ctx, cancel := whileAlive(l.ctx, status.PID)
	defer cancel()
	if f, err := b.Function(ctx, l.keeper.ID); err == nil {
		_ = settled(ctx, l, f) // the check tells what is wrong
	}
	lived = alive(status.PID)
	_ = syscall.Kill(status.PID, syscall.SIGKILL)
	l.gone(status.PID)
	return lived
}

// Nor does it matter where an engine is killed while it puts right what the
// one before left: a deploy and a call that were under way.
func TestAnEngineKilledWhileItStartsKeepsItsPromises(t *testing.T) {
	l := newSweep(t)
	started := l.o.Command
	for _, calls := range []string{"pwrite64", "fsync,fdatasync", "renameat,renameat2,unlinkat,mkdirat,ftruncate"} {
		tried := 0
		for n := range points(2) {
			source, answer := l.source()
			c, err := l.b.Invoke(l.ctx, client.CallRequest{FunctionID: l.keeper.ID})
			require.NoError(t, err)
			l.calls[c.ID] = client.CallRunning
			l.answers = append(l.answers, answer)
			_, err = l.b.Redeploy(l.ctx, l.keeper.ID, l.code(source), client.SpecChange{}, nil)
			require.NoError(t, err)
			pid := l.pid()
			l.kill()
			l.gone(pid)
			o := l.o
			o.Command = append([]string{"strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=" + calls, "-e", "inject=" + calls + ":signal=KILL:when=" + strconv.Itoa(n)}, started...)
			hit := true
			if b, err := embedded.Open(l.ctx, o); err == nil {
				hit = !l.outlives(b)
			}
			l.reopen()
			l.check()
			if !hit {
				break
			}
			tried++
		}
		t.Logf("start: killed at %d calls of %s", tried, calls)
	}
}
