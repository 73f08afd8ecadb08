//go:build linux

package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/confine"
)

// inEveryMode runs a test with isolated calls, with warm workers, and with calls
// that import the source themselves.
func inEveryMode(t *testing.T, source string, memory int64, test func(t *testing.T, r *rig, z *Zygote, mode func(*Request))) {
	for name, mode := range map[string]func(*Request){"isolated": nil, "cold": nil, "warm": warm(1)} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			spec := r.spec(source)
			spec.Bare = name == "cold"
			z := r.startSpec(spec)
			with := func(q *Request) {
				q.MemoryBytes, q.MaxTasks = memory, 100
				if mode != nil {
					mode(q)
				}
			}
			harmless, _ := r.call(z, `{"harmless": true}`, with)
			require.Equal(t, Completed, harmless.Result, harmless.Message)
			test(t, r, z, with)
			harmless, _ = r.call(z, `{"harmless": true}`, with)
			assert.Equal(t, Completed, harmless.Result, "the next call is fine: %s", harmless.Message)
		})
	}
}

func TestACallThatTakesWithoutEndFailsWithTheCause(t *testing.T) {
	const little, plenty = 64 << 20, 1 << 30
	for _, c := range []struct {
		name          string
		memory        int64
		body, message string
	}{
		{"memory", little, "    x = []\n    while True:\n        x.append(bytearray(1 << 20))\n", "MemoryError"},
		{"descriptors", plenty, "    x = []\n    while True:\n        x.append(open('/dev/null'))\n", "Too many open files"},
		{"a file", plenty, "    with open('big', 'wb') as f:\n        f.truncate(1 << 30)\n", "File too large"},
		{"threads", plenty, "    import threading, time\n    threading.stack_size(1 << 16)\n    for i in range(300):\n        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()\n    time.sleep(30)\n", "the call started more than 100 processes and threads"},
		{"processes", plenty, "    import time\n    for i in range(300):\n        if os.fork() == 0:\n            time.sleep(30)\n            os._exit(0)\n    time.sleep(30)\n", "the call started more than 100 processes and threads"},
		{"processes that leave it", plenty, "    import time\n    for i in range(300):\n        if os.fork() == 0:\n            os.setsid()\n            if os.fork() == 0:\n                time.sleep(30)\n            os._exit(0)\n    time.sleep(30)\n", "the call started more than 100 processes and threads"},
		{"processes that take memory", little, "    import time\n    for i in range(4):\n        if os.fork() == 0:\n            x = b'x' * (30 << 20)\n            time.sleep(30)\n            os._exit(0)\n    time.sleep(30)\n", "out of memory (limit 64 MB)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inEveryMode(t, "import os\ndef handle(data):\n    if data.get('harmless'):\n        return 1\n"+c.body, c.memory, func(t *testing.T, r *rig, z *Zygote, mode func(*Request)) {
				outcome, _ := r.call(z, `{}`, mode)
				assert.Equal(t, Failed, outcome.Result)
				assert.Contains(t, outcome.Message, c.message)
				assert.Less(t, outcome.MaxRSSBytes, int64(200<<20), "memory is bounded")
				assertNoneLeft(t, z)
			})
		})
	}
}

// A function that does all that one can to stay: it ignores the request to end,
// and leaves grandchildren in groups and sessions of their own.
const stayer = `
import os, signal, subprocess, sys, time
def away(depth):
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if depth:
            away(depth - 1)
        time.sleep(1000)
        os._exit(0)
def handle(data):
    if data.get('harmless'):
        return 1
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    away(3)
    subprocess.Popen(["sh", "-c", "trap '' TERM; (setsid sleep 1001 &) ; sleep 1002"])
    subprocess.Popen([sys.executable, "-c", "import os, time; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); time.sleep(1003)"])
    print("ready", flush=True)
    time.sleep(1000)
`

func TestWhatOutlivesItsTimeLimitIsGoneWithAllThatItStarted(t *testing.T) {
	const limit = 500 * time.Millisecond
	inEveryMode(t, stayer, 0, func(t *testing.T, r *rig, z *Zygote, mode func(*Request)) {
		started := time.Now()
		outcome, _ := r.call(z, `{}`, func(q *Request) {
			mode(q)
			q.Timeout = limit
		})
		assert.Equal(t, TimedOut, outcome.Result)
		assertNoneLeft(t, z)
		assert.Less(t, time.Since(started), limit+5*time.Second, "all are gone five seconds after the limit")
	})
}

// assertNoneLeft waits until no living process of a zygote is there but itself
// and those that wait for a call, by the letter that the kernel gives its state.
func assertNoneLeft(t *testing.T, z *Zygote) {
	t.Helper()
	var left []string
	require.Eventually(t, func() bool {
		left = nil
		waiting := z.waiting()
		dirs, err := filepath.Glob("/proc/[0-9]*")
		require.NoError(t, err)
		for _, dir := range dirs {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			cwd, _ := os.Readlink(dir + "/cwd")
			environ, _ := os.ReadFile(dir + "/environ")
			belongs := strings.HasPrefix(cwd, z.scratch) || strings.Contains(string(environ), z.scratch)
			if state := stat(pid).state; belongs && !slices.Contains(waiting, pid) && state != 'Z' && state != 0 {
				left = append(left, fmt.Sprintf("%d %c", pid, state))
			}
		}
		return len(left) == 0
	}, 10*time.Second, 20*time.Millisecond, "%v", &left)
}

// waiting are the processes that a zygote has without a call, and itself.
func (z *Zygote) waiting() []int {
	z.mu.Lock()
	processes := slices.Clone(z.idle)
	if z.spare != nil {
		processes = append(processes, z.spare)
	}
	z.mu.Unlock()
	pids := []int{z.PID()}
	for _, p := range processes {
		<-p.forked
		pids = append(pids, p.pid)
	}
	return pids
}

func TestABuildIsBoundAsItsPlanSays(t *testing.T) {
	r := newRig(t)
	plan := filepath.Join(t.TempDir(), "plan.json")
	text, err := json.Marshal(map[string]any{
		"limits": Limits{MemoryBytes: 4 << 30, Files: 321, FileBytes: 1 << 20}, "policy": confine.Make(confine.Kernel{}, confine.Access{Files: true}),
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(plan, text, 0o600))
	const asks = "import os, resource as r\nprint([r.getrlimit(k)[0] for k in (r.RLIMIT_AS, r.RLIMIT_NOFILE, r.RLIMIT_FSIZE, r.RLIMIT_CORE)])\nopen('big', 'wb').truncate(1 << 21)\n"
	cmd := exec.Command(r.python, "-E", "-B", r.boot, plan, r.python, "-c", asks)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	assert.Error(t, err)
	assert.Contains(t, string(out), fmt.Sprint([]int64{4 << 30, 321, 1 << 20, 0})[1:11])
	assert.Contains(t, string(out), "File too large")
}

func TestABuildThatStartsTooMuchIsEndedWithTheCause(t *testing.T) {
	r := newRig(t)
	cmd := exec.Command(r.python, "-c", "import os, time\nfor _ in range(60):\n    if os.fork() == 0:\n        break\ntime.sleep(1000)\n")
	require.NoError(t, r.spawner.Start(cmd))
	unwatch := Watch(cmd, Bounds{What: "the build", Tasks: 50})
	_ = r.spawner.Wait(cmd) // killed
	assert.Equal(t, "the build started more than 50 processes and threads", unwatch())
	r.spawner.EndStrangers()
}

func TestAnImportThatTakesTooMuchOfTheMachineIsEndedWithTheReason(t *testing.T) {
	r := newRig(t)
	_, err := Start(context.Background(), r.spawner, r.spec("import threading, time\nfor _ in range(700):\n    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\ntime.sleep(1000)\n"), func([]Line) {})
	var failed *ImportError
	require.ErrorAs(t, err, &failed)
	assert.Contains(t, failed.Message, "the import")
}
