//go:build linux

package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rig runs functions written in the test.
type rig struct {
	t       *testing.T
	spawner *Spawner
	python  string
	boot    string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	require.NoError(t, err, "python3 is needed")
	spawner, err := NewSpawner()
	require.NoError(t, err)
	boot, err := WriteBoot(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(spawner.Close)
	return &rig{t: t, spawner: spawner, python: strings.TrimSpace(string(out)), boot: boot}
}

func (r *rig) spec(source string) Spec {
	root, scratch := r.t.TempDir(), r.t.TempDir()
	require.NoError(r.t, os.WriteFile(filepath.Join(root, "handler.py"), []byte(source), 0o600))
	return Spec{Python: r.python, Boot: r.boot, Root: root, Path: "handler.py", Scratch: scratch, Env: Environment(scratch, nil)}
}

func (r *rig) start(source string) *Zygote { return r.startSpec(r.spec(source)) }

func (r *rig) startSpec(spec Spec) *Zygote {
	r.t.Helper()
	z, err := Start(context.Background(), r.spawner, spec, func([]Line) {})
	require.NoError(r.t, err)
	r.t.Cleanup(z.Stop)
	return z
}

// output collects lines.
type output struct {
	mu    sync.Mutex
	lines []Line
}

func (o *output) sink(lines []Line) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lines = append(o.lines, lines...)
}

func (o *output) texts(stream Stream) (texts []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range o.lines {
		if l.Stream == stream {
			texts = append(texts, l.Text)
		}
	}
	return texts
}

func (r *rig) call(z *Zygote, data string, change func(*Request)) (Outcome, *output) {
	request := Request{Data: []byte(data), ResponseBytes: 1 << 20, Timeout: time.Minute}
	if change != nil {
		change(&request)
	}
	o := &output{}
	return z.Call(context.Background(), request, o.sink), o
}

func TestACallReturnsWhatTheFunctionReturnsAndKeepsWhatItPrints(t *testing.T) {
	r := newRig(t)
	z := r.start(`
import os, sys, subprocess
def handle(data, secrets, function_call_info):
    print("to stdout")
    os.write(1, b"raw\n")
    os.system("echo from a child")
    print("to stderr", file=sys.stderr)
    print("no newline", end="")
    return {"data": data, "secret": secrets["k"], "info": function_call_info, "home": os.environ["HOME"] == os.getcwd()}
`)
	outcome, out := r.call(z, `{"n":9007199254740993,"x":[1,null,1.5]}`, func(q *Request) {
		q.Secrets = map[string]string{"k": "s3cret"}
		q.Info = Info{FunctionID: 7, CallID: 8}
	})
	require.Equal(t, Completed, outcome.Result, outcome.Message+outcome.Trace)
	assert.JSONEq(t, `{"data":{"n":9007199254740993,"x":[1,null,1.5]},"secret":"s3cret","info":{"function_id":7,"call_id":8},"home":true}`, string(outcome.Response))
	assert.Contains(t, string(outcome.Response), "9007199254740993")
	assert.Equal(t, []string{"to stdout", "raw", "from a child", "no newline"}, out.texts(Stdout))
	assert.Equal(t, []string{"to stderr"}, out.texts(Stderr))
	assert.Positive(t, outcome.MaxRSSBytes)
}

func TestEachCallHasFreshGlobals(t *testing.T) {
	r := newRig(t)
	z := r.start("n = 0\ndef handle():\n    global n\n    n += 1\n    return n\n")
	for range 3 {
		outcome, _ := r.call(z, `{}`, nil)
		assert.Equal(t, "1", string(outcome.Response))
	}
}

func TestHowACallFailsIsToldExactly(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct{ name, body, message string }{
		{"raises", `raise ValueError("boom")`, "ValueError: boom"},
		{"leaves", `sys.exit(3)`, "the function called sys.exit(3)"},
		{"dies", `os._exit(9)`, "process exited with code 9 before it returned"},
		{"killed", `os.kill(os.getpid(), 9)`, "worker killed (signal 9)"},
		{"set", `return {"items": [1, 2, 3, {4}]}`, "response is not JSON serialisable: set at $.items[3]"},
		{"nan", `return {"x": float("nan")}`, "response is not JSON serialisable: nan at $.x"},
		{"bytes", `return [b"x"]`, "response is not JSON serialisable: bytes at $[0]"},
		{"datetime", `import datetime; return {"t": datetime.datetime(2026, 1, 1)}`, "response is not JSON serialisable: datetime at $.t"},
		{"cycle", `x = []; x.append(x); return x`, "response is not JSON serialisable: a cycle at $[0]"},
		{"too large", `return "x" * 1400000`, "response is 1.4 MB, limit is 1.0 MB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			z := r.start("import os, sys\ndef handle(data):\n    " + c.body + "\n")
			outcome, _ := r.call(z, `{}`, func(q *Request) { q.ResponseBytes = 1e6 })
			assert.Equal(t, Failed, outcome.Result)
			assert.Equal(t, c.message, outcome.Message)
			again, _ := r.call(z, `{}`, nil)
			assert.Equal(t, Failed, again.Result, "the next call still runs")
		})
	}
}

func TestATracebackShowsOnlyTheFunctionsFrames(t *testing.T) {
	r := newRig(t)
	z := r.start("def deep():\n    raise KeyError('x')\ndef handle(data):\n    deep()\n")
	outcome, out := r.call(z, `{}`, nil)
	assert.Contains(t, outcome.Trace, `handler.py", line 4, in handle`)
	assert.NotContains(t, outcome.Trace, "boot.py")
	assert.Contains(t, strings.Join(out.texts(Stderr), "\n"), "KeyError")
}

func TestMemoryBeyondTheLimitIsAnOrdinaryFailure(t *testing.T) {
	r := newRig(t)
	z := r.start("def handle(data):\n    x = bytearray(400 << 20)\n    return len(x)\n")
	outcome, _ := r.call(z, `{}`, func(q *Request) { q.MemoryBytes = 64 << 20 })
	assert.Equal(t, Failed, outcome.Result)
	assert.Equal(t, "MemoryError", outcome.Message)
}

func TestACallThatNeverReturnsEndsAtItsLimitWithItsLog(t *testing.T) {
	r := newRig(t)
	z := r.start(`
import os, signal, subprocess, sys, time
def handle(data):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["sleep", "1000"])
    subprocess.Popen(["setsid", "sleep", "1001"])
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1002)
        os._exit(0)
    print("last words")
    time.sleep(1003)
`)
	o := &output{}
	outcome := z.Call(context.Background(), Request{Data: []byte(`{}`), Timeout: 500 * time.Millisecond}, o.sink)
	assert.Equal(t, TimedOut, outcome.Result)
	assert.Equal(t, "the call exceeded its time limit of 500ms", outcome.Message)
	assert.Equal(t, []string{"last words"}, o.texts(Stdout))
	assertNothingLeft(t, z)
}

func TestAProcessLeftBehindCannotHoldTheLogOpen(t *testing.T) {
	r := newRig(t)
	z := r.start(`
import subprocess
def handle(data):
    subprocess.Popen(["setsid", "sleep", "1000"])
    return "done"
`)
	outcome, _ := r.call(z, `{}`, nil)
	assert.Equal(t, Completed, outcome.Result)
	assertNothingLeft(t, z)
}

// assertNothingLeft waits until the zygote has no process below it but the one
// that it forked ahead for the next call.
func assertNothingLeft(t *testing.T, z *Zygote) {
	t.Helper()
	spare := func() int {
		z.mu.Lock()
		defer z.mu.Unlock()
		if z.spare == nil {
			return 0
		}
		return z.spare.pid
	}
	require.Eventually(t, func() bool {
		left := descendants(z.PID())
		return len(left) == 0 || len(left) == 1 && left[0] == spare()
	}, 5*time.Second, 10*time.Millisecond, "what the call left behind: %v", descendants(z.PID()))
}

func TestACancelledCallSaysSo(t *testing.T) {
	r := newRig(t)
	z := r.start("import time\ndef handle(data):\n    print('started')\n    time.sleep(1000)\n")
	ctx, cancel := context.WithCancelCause(context.Background())
	outcome := z.Call(ctx, Request{Data: []byte(`{}`), Timeout: time.Minute}, func([]Line) { cancel(errors.New("not wanted any more")) })
	assert.Equal(t, Cancelled, outcome.Result)
	assert.Equal(t, "not wanted any more", outcome.Message)
}

func TestTheImportIsTheDeployCheck(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct{ name, source, message, trace string }{
		{"no handle", "x = 1\n", "handler.py has no function named handle", ""},
		{"async", "async def handle(data): pass\n", "handle in handler.py line 1 is async; it must be synchronous", ""},
		{"argument", "def handle(data, context): pass\n", "handle in handler.py line 1 has an argument 'context'; allowed are data, client, secrets, function_call_info", ""},
		{"raises", "raise RuntimeError('no')\n", "RuntimeError: no", `handler.py", line 1`},
		{"syntax", "def handle(:\n", "SyntaxError", "handler.py"},
		{"missing module", "import nosuchthing\n", "No module named 'nosuchthing'", "handler.py"},
		{"exits", "import os\nos._exit(3)\n", "the process ended while it imported the function", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Start(context.Background(), r.spawner, r.spec(c.source), func([]Line) {})
			var failed *ImportError
			require.ErrorAs(t, err, &failed)
			assert.Contains(t, failed.Message, c.message)
			assert.Contains(t, failed.Trace, c.trace)
			assert.NotContains(t, failed.Trace, "boot.py")
		})
	}
}

func TestAnImportThatNeverReturnsIsEnded(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	o := &output{}
	_, err := Start(ctx, r.spawner, r.spec("import time\nprint('importing')\ntime.sleep(1000)\n"), func(lines []Line) {
		o.sink(lines)
		cancel(context.DeadlineExceeded)
	})
	assert.ErrorIs(t, err, ErrImportTimeout)
	assert.Equal(t, []string{"importing"}, o.texts(Stdout))
}

func TestAModuleThatStartsAThreadIsNoticedAndRunsBare(t *testing.T) {
	r := newRig(t)
	spec := r.spec("import threading, time\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\ndef handle(): return 'ok'\n")
	z := r.startSpec(spec)
	assert.Equal(t, "the module starts a thread when it is imported", z.Unforkable)
	z.Stop()
	spec.Bare = true
	bare := r.startSpec(spec)
	outcome, _ := r.call(bare, `{}`, nil)
	assert.Equal(t, `"ok"`, string(outcome.Response), outcome.Message)
}

func TestCallsRunAtTheSameTimeWithoutMixingTheirOutput(t *testing.T) {
	r := newRig(t)
	z := r.start("def handle(data):\n    for i in range(200):\n        print(data['n'], i)\n    return data['n']\n")
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			o := &output{}
			outcome := z.Call(context.Background(), Request{Data: fmt.Appendf(nil, `{"n":%d}`, n), ResponseBytes: 100, Timeout: time.Minute}, o.sink)
			assert.Equal(t, strconv.Itoa(n), string(outcome.Response))
			lines := o.texts(Stdout)
			if assert.Len(t, lines, 200) {
				for i, line := range lines {
					assert.Equal(t, fmt.Sprintf("%d %d", n, i), line)
				}
			}
		})
	}
	wg.Wait()
}

func TestWhenTheZygoteDiesItsCallsFailAndNothingStays(t *testing.T) {
	r := newRig(t)
	z := r.start("import subprocess, time\ndef handle(data):\n    subprocess.Popen(['sleep', '1000'])\n    print('started')\n    time.sleep(1000)\n")
	var children []int
	outcome := z.Call(context.Background(), Request{Data: []byte(`{}`), Timeout: time.Minute}, func([]Line) {
		children = descendants(z.PID())
		assert.NoError(t, syscall.Kill(z.PID(), syscall.SIGKILL))
	})
	assert.Equal(t, Failed, outcome.Result)
	assert.Equal(t, ErrZygoteGone.Error(), outcome.Message)
	<-z.Done()
	require.NotEmpty(t, children)
	for _, pid := range children {
		assert.Eventually(t, func() bool { return !alive(pid) }, time.Minute, 10*time.Millisecond)
	}
	_, err := z.fork()
	assert.True(t, errors.Is(err, ErrZygoteGone))
}

func TestAFunctionSeesNothingOfTheEnginesEnvironment(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "/tmp/agent")
	t.Setenv("FNDECK_STATE_DIR", "/somewhere")
	t.Setenv("PYTHONPATH", "/elsewhere")
	env := strings.Join(Environment("/scratch", map[string]string{"OWN": "1"}), "\n")
	assert.NotContains(t, env, "SSH_AUTH_SOCK")
	assert.NotContains(t, env, "FNDECK")
	assert.NotContains(t, env, "PYTHONPATH")
	assert.Contains(t, env, "HOME=/scratch")
	assert.Contains(t, env, "OWN=1")
}

// descendants lists the living processes below pid.
func descendants(pid int) (all []int) {
	entries, _ := filepath.Glob("/proc/[0-9]*/stat")
	parents := map[int]int{}
	for _, name := range entries {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		id, _ := strconv.Atoi(strings.Split(name, "/")[2])
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if fields[0] == "Z" {
			continue
		}
		parents[id], _ = strconv.Atoi(fields[1])
	}
	for id := range parents {
		for up := parents[id]; up != 0; up = parents[up] {
			if up == pid {
				all = append(all, id)
				break
			}
		}
	}
	return all
}

func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))[0] != "Z"
}
