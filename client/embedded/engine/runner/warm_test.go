//go:build linux

package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// warm asks for warm workers, at most count.
func warm(count int) func(*Request) {
	return func(q *Request) { q.Workers, q.Now = count, time.Unix(1000, 0) }
}

const counter = "n = 0\ndef handle():\n    global n\n    n += 1\n    return n\n"

func TestAWarmWorkerKeepsWhatItsModulesHold(t *testing.T) {
	r := newRig(t)
	z := r.start(counter)
	for n := range 3 {
		outcome, _ := r.call(z, `{}`, warm(1))
		assert.Equal(t, strconv.Itoa(n+1), string(outcome.Response), outcome.Message)
	}
	isolated, _ := r.call(z, `{}`, nil)
	assert.Equal(t, "1", string(isolated.Response))
	assert.Equal(t, 1, z.Workers())
}

func TestAWarmWorkerOfABareZygoteImportsOnce(t *testing.T) {
	r := newRig(t)
	spec := r.spec("import threading, time\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\nprint('imported')\n" + counter)
	spec.Bare = true
	z := r.startSpec(spec)
	first, out := r.call(z, `{}`, warm(1))
	assert.Equal(t, "1", string(first.Response), first.Message)
	assert.Equal(t, []string{"imported"}, out.texts(Stdout))
	second, out := r.call(z, `{}`, warm(1))
	assert.Equal(t, "2", string(second.Response), second.Message)
	assert.Empty(t, out.texts(Stdout))
}

func TestAWarmCallFindsWhatEveryCallMayExpect(t *testing.T) {
	r := newRig(t)
	z := r.start(`
import io, os, signal, sys
def state():
    umask = os.umask(0o22)
    os.umask(umask)
    return {
        "here": os.getcwd() == os.environ["HOME"] == os.environ["TMPDIR"], "files": os.listdir("."), "own": os.environ.get("OWN"),
        "path": "PATH" in os.environ, "umask": umask, "stdout": type(sys.stdout).__name__, "line": sys.stdout.line_buffering,
        "alarm": signal.getsignal(signal.SIGALRM) == signal.SIG_DFL, "timer": signal.getitimer(signal.ITIMER_REAL)[0],
        "mask": len(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    }
def handle(data):
    found = state()
    print("seen")
    with open("left", "w") as f:
        f.write("x")
    os.makedirs("folder/locked")
    os.chmod("folder", 0)
    os.environ["OWN"] = "1"
    del os.environ["PATH"]
    os.umask(0)
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 1000)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    os.chdir("/")
    sys.stdout.reconfigure(line_buffering=False)
    sys.stdout = io.StringIO()
    return found
`)
	var before string
	for n := range 3 {
		outcome, out := r.call(z, `{}`, warm(1))
		require.Equal(t, Completed, outcome.Result, outcome.Message+outcome.Trace)
		assert.Equal(t, []string{"seen"}, out.texts(Stdout))
		if n > 0 {
			assert.JSONEq(t, before, string(outcome.Response))
		}
		before = string(outcome.Response)
	}
	assert.Contains(t, before, `"files":[]`)
	assert.Equal(t, 1, z.Workers())
}

// deaths are the ways in which a process can go without an answer.
var deaths = []struct{ name, body, message string }{
	{"segfault", "import ctypes; ctypes.string_at(0)", "worker killed (signal 11)"},
	{"exit", "os._exit(9)", "process exited with code 9 before it returned"},
	{"kill", "os.kill(os.getpid(), 9)", "worker killed (signal 9)"},
}

func TestADeadProcessFailsItsCallAndNoOtherInEveryMode(t *testing.T) {
	r := newRig(t)
	for _, mode := range []struct {
		name    string
		bare    bool
		workers int
	}{{"isolated", false, 0}, {"cold", true, 0}, {"warm", false, 2}, {"warm and cold", true, 2}} {
		for _, death := range deaths {
			t.Run(mode.name+" "+death.name, func(t *testing.T) {
				spec := r.spec("import os\ndef handle(data):\n    if data['die']:\n        print('last words')\n        " + death.body + "\n    return 'alive'\n")
				spec.Bare = mode.bare
				z := r.startSpec(spec)
				for range 3 {
					dead, out := r.call(z, `{"die":true}`, warm(mode.workers))
					assert.Equal(t, Failed, dead.Result)
					assert.Equal(t, death.message, dead.Message)
					assert.Equal(t, []string{"last words"}, out.texts(Stdout))
					next, _ := r.call(z, `{"die":false}`, warm(mode.workers))
					assert.Equal(t, `"alive"`, string(next.Response), next.Message)
				}
			})
		}
	}
}

func TestAPoolOfTwoSurvivesManyDeadWorkers(t *testing.T) {
	r := newRig(t)
	z := r.start("import os\ndef handle(data):\n    if data['die']:\n        os._exit(1)\n    return 'alive'\n")
	for range 2 {
		var both sync.WaitGroup
		for range 2 { // more at once are not let in by whoever holds the pool
			both.Go(func() {
				for n := range 20 {
					outcome, _ := r.call(z, fmt.Sprintf(`{"die":%t}`, n%2 == 0), warm(2))
					if n%2 == 0 {
						assert.Equal(t, "process exited with code 1 before it returned", outcome.Message)
					} else {
						assert.Equal(t, `"alive"`, string(outcome.Response), outcome.Message)
					}
				}
			})
		}
		both.Wait()
		assert.LessOrEqual(t, z.Workers(), 2)
	}
}

func TestAWorkerThatDiesWithoutACallCostsNoCall(t *testing.T) {
	r := newRig(t)
	z := r.start("import os\ndef handle(): return os.getpid()\n")
	first, _ := r.call(z, `{}`, warm(1))
	pid, err := strconv.Atoi(string(first.Response))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.Eventually(t, func() bool { return z.Workers() == 0 }, time.Minute, time.Millisecond)
	second, _ := r.call(z, `{}`, warm(1))
	assert.Equal(t, Completed, second.Result, second.Message)
	assert.NotEqual(t, string(first.Response), string(second.Response))
}

func TestAWorkerThatLeavesProcessesBehindIsReplaced(t *testing.T) {
	r := newRig(t)
	for name, body := range map[string]string{
		"child":  `subprocess.Popen(["sleep", "1000"])`,
		"setsid": `subprocess.Popen(["setsid", "sleep", "1001"])`,
		"daemon": `subprocess.Popen("(setsid sleep 1002 &)", shell=True)`,
		"quiet":  `subprocess.Popen(["sleep", "1003"], stdout=-3, stderr=-3)`,
		"thread": `t = threading.Thread(target=lambda: subprocess.Popen(["sleep", "1004"])); t.start(); t.join()`,
	} {
		t.Run(name, func(t *testing.T) {
			z := r.start("import subprocess, threading\nn = 0\ndef handle():\n    global n\n    n += 1\n    print('x')\n    " + body + "\n    return n\n")
			for range 2 {
				outcome, out := r.call(z, `{}`, warm(1))
				assert.Equal(t, "1", string(outcome.Response), outcome.Message)
				assert.Equal(t, []string{"x"}, out.texts(Stdout))
			}
			assertNothingLeft(t, z)
			assert.Zero(t, z.Workers())
		})
	}
}

func TestAWarmWorkerThatExceedsItsTimeIsReplaced(t *testing.T) {
	r := newRig(t)
	z := r.start("import time\nn = 0\ndef handle(data):\n    global n\n    n += 1\n    print('last words')\n    time.sleep(data['s'])\n    return n\n")
	first, _ := r.call(z, `{"s":0}`, warm(1))
	require.Equal(t, "1", string(first.Response))
	late, out := r.call(z, `{"s":1000}`, func(q *Request) {
		warm(1)(q)
		q.Timeout = 300 * time.Millisecond
	})
	assert.Equal(t, TimedOut, late.Result)
	assert.Equal(t, []string{"last words"}, out.texts(Stdout))
	next, _ := r.call(z, `{"s":0}`, warm(1))
	assert.Equal(t, "1", string(next.Response), "a new worker")
}

func TestWorkersEndAfterAnIdleTimeAndAtOnceWhenTold(t *testing.T) {
	r := newRig(t)
	z := r.start(counter)
	_, _ = r.call(z, `{}`, warm(1))
	z.EndIdle(time.Unix(1000, 0))
	assert.Equal(t, 1, z.Workers(), "used at that time")
	z.EndIdle(time.Unix(1001, 0))
	assert.Zero(t, z.Workers())
	assertNothingLeft(t, z)

	_, _ = r.call(z, `{}`, warm(1))
	z.EndWorkers()
	assert.Zero(t, z.Workers())
	assertNothingLeft(t, z)
}

func TestAWorkerWithACallEndsAfterIt(t *testing.T) {
	r := newRig(t)
	z := r.start("import sys\ndef handle():\n    print('begun')\n    return 'done'\n")
	request := Request{Data: []byte(`{}`), ResponseBytes: 100, Timeout: time.Minute, Workers: 1}
	outcome := z.Call(context.Background(), request, func([]Line) { z.EndWorkers() })
	assert.Equal(t, `"done"`, string(outcome.Response), outcome.Message)
	assert.Zero(t, z.Workers())
}

func TestUsageOfAWarmCallIsWhatItAdded(t *testing.T) {
	r := newRig(t)
	z := r.start("import time\ndef handle(data):\n    end = time.process_time() + data['cpu']\n    while time.process_time() < end: pass\n    return len(bytearray(data['bytes']))\n")
	busy, _ := r.call(z, `{"cpu":0.3,"bytes":50000000}`, warm(1))
	require.Equal(t, Completed, busy.Result, busy.Message)
	assert.GreaterOrEqual(t, busy.CPU, 300*time.Millisecond)
	lazy, _ := r.call(z, `{"cpu":0,"bytes":0}`, warm(1))
	assert.Less(t, lazy.CPU, 150*time.Millisecond, "what this call added")
	assert.GreaterOrEqual(t, lazy.MaxRSSBytes, int64(50_000_000), "the peak so far")
}

func TestManyWarmCallsAtOnceKeepEveryLineWithItsCall(t *testing.T) {
	const clients, calls = 8, 40
	r := newRig(t)
	z := r.start(`
import os, subprocess, sys
def handle(data):
    for i in range(20):
        print(data["n"], i)
        print(data["n"], i, file=sys.stderr)
    os.write(1, b"%d raw" % data["n"])
    if data["n"] % 10 == 0:
        subprocess.run(["echo", " child %d" % data["n"]])
    return data["n"]
`)
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() {
			for call := range calls {
				n := client*calls + call
				outcome, out := r.call(z, fmt.Sprintf(`{"n":%d}`, n), warm(clients))
				assert.Equal(t, strconv.Itoa(n), string(outcome.Response), outcome.Message)
				var want []string
				for i := range 20 {
					want = append(want, fmt.Sprintf("%d %d", n, i))
				}
				assert.Equal(t, want, out.texts(Stderr))
				end := fmt.Sprintf("%d raw", n)
				if n%10 == 0 {
					end += fmt.Sprintf(" child %d", n)
				}
				assert.Equal(t, append(want, end), out.texts(Stdout))
			}
		})
	}
	all.Wait()
	assert.LessOrEqual(t, z.Workers(), clients)
}

func TestStdoutAndStderrOfABurstStayNearEachOther(t *testing.T) {
	const lines = 3000
	r := newRig(t)
	z := r.start(fmt.Sprintf("import sys\ndef handle():\n    for i in range(%d):\n        print('line', i)\n        print('line', i, file=sys.stderr)\n", lines))
	_, out := r.call(z, `{}`, nil)
	require.Len(t, out.lines, 2*lines)
	var count [2]int
	worst := 0
	for _, l := range out.lines {
		count[l.Stream]++
		worst = max(worst, count[0]-count[1], count[1]-count[0])
	}
	// What one turn of reading holds, with the lines that a waiting pipe held.
	assert.LessOrEqual(t, worst, 2*readTurn/len("line 0\n"))
}

func TestALargeRequestReachesAProcessThatReadsSlowly(t *testing.T) {
	r := newRig(t)
	z := r.start("def handle(data): return len(data['text'])\n")
	text, err := json.Marshal(map[string]string{"text": string(make([]byte, 1<<20))})
	require.NoError(t, err)
	for _, workers := range []int{0, 1, 1} {
		outcome, _ := r.call(z, string(text), warm(workers))
		assert.Equal(t, strconv.Itoa(1<<20), string(outcome.Response), outcome.Message)
	}
}

func TestAWarmWorkerHasItsStreamsInEachCallWhateverTheCallBeforeDidToThem(t *testing.T) {
	r := newRig(t)
	z := r.start(`
import os, sys
def handle(data):
    print(data["say"])
    os.write(2, b"no newline")
    if data["say"] == "closing":
        os.close(1)
    if data["say"] == "moving":
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if data["say"] == "replacing":
        sys.stdout = open("kept", "w")
    return os.getpid()
`)
	workers := map[string]bool{}
	for _, say := range []string{"first", "closing", "moving", "replacing", "last"} {
		outcome, out := r.call(z, fmt.Sprintf(`{"say":%q}`, say), warm(1))
		require.Equal(t, Completed, outcome.Result, outcome.Message)
		assert.Equal(t, []string{say}, out.texts(Stdout))
		assert.Equal(t, []string{"no newline"}, out.texts(Stderr))
		workers[string(outcome.Response)] = true
	}
	assert.Len(t, workers, 1)
}

func TestACallThatPrintsMoreThanItsPipesHoldGoesOnInEveryMode(t *testing.T) {
	r := newRig(t)
	z := r.start("import sys\ndef handle(data):\n    for n in range(40000):\n        print('line', n, file=sys.stdout if n % 2 else sys.stderr)\n")
	for _, change := range []func(*Request){nil, warm(1), warm(1)} {
		outcome, out := r.call(z, `{}`, change)
		require.Equal(t, Completed, outcome.Result, outcome.Message)
		for stream, first := range map[Stream]int{Stderr: 0, Stdout: 1} {
			texts := out.texts(stream)
			require.Len(t, texts, 20000)
			for i, text := range texts {
				require.Equal(t, fmt.Sprintf("line %d", first+2*i), text)
			}
		}
	}
}

func TestOnlyAnEmptyScratchFolderIsGivenToTheNextCall(t *testing.T) {
	r := newRig(t)
	z := r.start("import os\ndef handle(data):\n    found = os.listdir('.')\n    if data.get('leave'):\n        open('left', 'w').close()\n    return found\n")
	p := func() *process { // the only worker, between its calls
		z.mu.Lock()
		defer z.mu.Unlock()
		return z.idle[0]
	}
	found := func(data string) string {
		outcome, _ := r.call(z, data, warm(1))
		return string(outcome.Response)
	}
	assert.Equal(t, "[]", found(`{"leave":true}`))
	assert.Equal(t, "[]", found(`{"leave":true}`))
	long := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(p().scratch, long, long)) // as if nothing had been left for an hour
	assert.Equal(t, "[]", found(`{}`))
	assert.True(t, p().unchanged.Equal(long), "seen empty, and not read again until it changes")
	assert.Equal(t, "[]", found(`{"leave":true}`))
	assert.Equal(t, "[]", found(`{}`))
}
