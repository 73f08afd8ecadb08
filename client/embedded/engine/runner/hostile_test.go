//go:build linux

package runner

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What functions do to themselves and to us, and what becomes of the call.
func TestWhatAFunctionDoesToItselfIsToldAndHurtsNoOtherCall(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct{ name, source, response, message, log string }{
		{"clears the environment when imported", "import os\nos.environ.clear()\ndef handle(data): return 'ok'\n", `"ok"`, "", ""},
		{"takes the signal of its children", "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_DFL)\ndef handle(data): return 'ok'\n", `"ok"`, "", ""},
		{"forks and both come back", "import os, time\ndef handle(data):\n    if os.fork() == 0:\n        return 'child'\n    time.sleep(0.2)\n    return 'parent'\n", `"parent"`, "", ""},
		{"prints from C", "import ctypes\ndef handle(data):\n    ctypes.CDLL(None).printf(b'from C\\n')\n    return 'ok'\n", `"ok"`, "", "from C"},
		{"replaces stdout", "import io, sys\ndef handle(data):\n    print('begun', end='')\n    sys.stdout = io.StringIO()\n    return 'ok'\n", `"ok"`, "", "begun"},
		{"closes stderr and raises", "import sys\ndef handle(data):\n    sys.stderr.close()\n    raise ValueError('boom')\n", "", "ValueError: boom", ""},
		{"closes stdout when imported", "import sys\nsys.stdout.close()\ndef handle(data): return 'ok'\n", `"ok"`, "", ""},
		{"raises what cannot be described", "class Odd(Exception):\n    def __str__(self): raise RuntimeError('no')\ndef handle(data): raise Odd()\n", "", "Odd: its description fails with RuntimeError", ""},
		{"raises a book", "def handle(data): raise ValueError('\\U0001f4da' * 200000)\n", "", "... cut ...", ""},
		{"is called like a module of Python", "import json\ndef handle(data): return 'ok'\n", `"ok"`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			z := r.start(c.source)
			for range 2 {
				outcome, out := r.call(z, `{}`, nil)
				assert.Equal(t, c.response, string(outcome.Response), outcome.Message)
				if c.message != "" {
					assert.True(t, strings.HasPrefix(outcome.Message, c.message), outcome.Message)
				}
				assert.Contains(t, strings.Join(append(out.texts(Stdout), out.texts(Stderr)...), "\n"), c.log)
			}
			assertNothingLeft(t, z)
		})
	}
}

func TestAnImportErrorOfAnyLengthIsTold(t *testing.T) {
	r := newRig(t)
	_, err := Start(context.Background(), r.spawner, r.spec("raise ValueError('€' * 90000)\n"), func([]Line) {})
	var failed *ImportError
	require.ErrorAs(t, err, &failed)
	assert.Contains(t, failed.Message, "€")
}

func TestWhatForksMustNotShareIsNoticed(t *testing.T) {
	r := newRig(t)
	for reason, source := range map[string]string{
		"the module opens a connection when it is imported": "import socket\na, b = socket.socketpair()\n",
		"the module starts a process when it is imported":   "import subprocess\nsubprocess.Popen(['sleep', '1000'])\n",
		"": "import socket\nsocket.socket().close()\n",
	} {
		z := r.start(source + "def handle(data): return 1\n")
		assert.Equal(t, reason, z.Unforkable)
	}
}

func TestAZygoteThatHangsDoesNotHoldItsCallsForEver(t *testing.T) {
	r := newRig(t)
	z := r.start("import time\ndef handle(data): time.sleep(1000)\n")
	first := make(chan Outcome)
	go func() {
		o, _ := r.call(z, `{}`, func(q *Request) { q.Timeout = 300 * time.Millisecond })
		first <- o
	}()
	require.NoError(t, syscall.Kill(z.PID(), syscall.SIGSTOP))
	assert.NotEqual(t, Completed, (<-first).Result)
	second, _ := r.call(z, `{}`, func(q *Request) { q.Timeout = 300 * time.Millisecond })
	assert.NotEqual(t, Completed, second.Result)
}

func TestAForgedMessageEndsTheZygoteAndNothingElse(t *testing.T) {
	r := newRig(t)
	z := r.start("def handle(data): return 1\n")
	assert.False(t, z.handle(event{Ev: "forked", ID: 4711, PID: 1}))
	assert.False(t, z.handle(event{Ev: "nonsense"}))
	outcome, _ := r.call(z, `{}`, nil)
	assert.Equal(t, Completed, outcome.Result, "this one was only looked at, not sent")
}

func TestASpareProcessThatDiedCostsNoCall(t *testing.T) {
	r := newRig(t)
	z := r.start("def handle(data): return 1\n")
	z.mu.Lock()
	spare := z.spare
	z.mu.Unlock()
	<-spare.forked
	require.NoError(t, syscall.Kill(spare.pid, syscall.SIGKILL))
	require.Eventually(t, func() bool { return !alive(spare.pid) }, time.Minute, time.Millisecond)
	outcome, _ := r.call(z, `{}`, nil)
	assert.Equal(t, Completed, outcome.Result, outcome.Message)
}

func TestAForkThatHangsHoldsNoCallForEverWhereThereAreCgroups(t *testing.T) {
	r := newRig(t)
	r.spawner.Cgroups = &Cgroups{dir: t.TempDir()}
	z := r.start("import os, time\nos.register_at_fork(before=lambda: time.sleep(1000))\ndef handle(data): return 1\n")
	ended := make(chan Outcome, 1)
	go func() {
		o, _ := r.call(z, `{}`, func(q *Request) { q.Timeout = 100 * time.Millisecond })
		ended <- o
	}()
	select {
	case o := <-ended:
		assert.NotEqual(t, Completed, o.Result)
	case <-time.After(30 * time.Second):
		t.Error("the call has no end")
	}
}

func TestAZygoteWhoseModuleLeftAProcessInASessionOfItsOwnStopsAtOnce(t *testing.T) {
	r := newRig(t)
	z := r.start("import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(20)\n    os._exit(0)\ntime.sleep(0.2)\ndef handle(data): return 1\n")
	require.NotEmpty(t, z.Unforkable)
	left := descendants(z.PID())
	require.NotEmpty(t, left)
	begun := time.Now()
	z.Stop()
	assert.Less(t, time.Since(begun), 10*time.Second)
	for _, pid := range left {
		assert.False(t, alive(pid))
	}
}

func TestTheCgroupOfAWarmWorkerGoesWithItsZygote(t *testing.T) {
	r := newRig(t)
	z := r.start("def handle(data): return 1\n")
	outcome, _ := r.call(z, `{}`, warm(1))
	require.Equal(t, Completed, outcome.Result, outcome.Message)
	dir := filepath.Join(t.TempDir(), "call-1")
	require.NoError(t, os.Mkdir(dir, 0o700))
	z.mu.Lock()
	require.Len(t, z.idle, 1)
	z.idle[0].group = &cgroup{dir: dir}
	z.mu.Unlock()
	z.Stop()
	assert.Eventually(t, func() bool { _, err := os.Stat(dir); return err != nil }, time.Minute, time.Millisecond)
}

func TestACallWhoseProcessDiesBeforeItReadsItsRequestGetsAnother(t *testing.T) {
	r := newRig(t)
	z := r.start("def handle(data):\n    return 'served'\n")
	z.mu.Lock()
	spare := z.spare
	z.mu.Unlock()
	<-spare.forked
	require.NoError(t, syscall.Kill(spare.pid, syscall.SIGSTOP)) // it takes the request and does not read it
	go func() {
		for z.spareIs(spare) { // until the call has taken it
			runtime.Gosched()
		}
		_ = syscall.Kill(spare.pid, syscall.SIGKILL) // it is there: the zygote has not reaped it
	}()
	outcome, _ := r.call(z, `{}`, nil)
	assert.Equal(t, Completed, outcome.Result, outcome.Message)
	assert.Equal(t, `"served"`, string(outcome.Response))
}

func (z *Zygote) spareIs(p *process) bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.spare == p
}
