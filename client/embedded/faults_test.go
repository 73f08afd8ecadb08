//go:build linux

package embedded_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
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

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/embedded"
	"fndeck/client/embedded/wire"
	"fndeck/client/pack"
)

// rounds is how often a random kill is tried; make faults asks for more.
func rounds(t *testing.T, standard int) int {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("FNDECK_FAULT_ROUNDS")); err == nil {
		return n
	}
	return standard
}

// desk is a test's engine and its backend.
type desk struct {
	*testing.T
	o   embedded.Options
	b   *embedded.Backend
	ctx context.Context
}

func newDesk(t *testing.T) *desk {
	o := options(t)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	return &desk{t, o, open(t, o), ctx}
}

func (d *desk) pid() int {
	d.Helper()
	s, err := embedded.Status(d.ctx, d.o.StateDir)
	require.NoError(d, err)
	return s.PID
}

// kill kills the engine as the kernel would: at once.
func (d *desk) kill() {
	d.Helper()
	require.NoError(d, syscall.Kill(d.pid(), syscall.SIGKILL))
}

// reopen finds or starts the engine again.
func (d *desk) reopen() {
	d.Helper()
	d.b = open(d.T, d.o)
}

func (d *desk) code(source string) client.Package {
	d.Helper()
	zip, err := pack.FromFiles(map[string][]byte{"handler.py": []byte(source)})
	require.NoError(d, err)
	return client.Package{Zip: zip, SHA256: pack.Hash(zip)}
}

func (d *desk) deploy(source string) client.Function {
	d.Helper()
	f, err := d.b.Deploy(d.ctx, client.FunctionSpec{Name: "f"}, d.code(source), nil)
	require.NoError(d, err)
	f, err = action.AwaitReady(d.ctx, d.b, f.ID, nil)
	require.NoError(d, err)
	return f
}

func (d *desk) invoke(f client.Function, data string) client.Call {
	d.Helper()
	c, err := d.b.Invoke(d.ctx, client.CallRequest{FunctionID: f.ID, Data: json.RawMessage(data)})
	require.NoError(d, err)
	return c
}

func (d *desk) call(f client.Function) client.Call {
	d.Helper()
	c, err := d.b.WaitCall(d.ctx, f.ID, d.invoke(f, `{}`).ID)
	require.NoError(d, err)
	return c
}

func (d *desk) lines(c client.Call) (texts []string) {
	d.Helper()
	for after := int64(0); ; {
		lines, err := d.b.Logs(d.ctx, client.LogQuery{CallID: c.ID, After: after})
		require.NoError(d, err)
		if len(lines) == 0 {
			return texts
		}
		for _, l := range lines {
			texts = append(texts, l.Text)
			after = l.Position
		}
	}
}

// awaitLine follows a call's log until a line begins with prefix.
func (d *desk) awaitLine(c client.Call, prefix string) (line string) {
	d.Helper()
	found := errors.New("found")
	err := d.b.FollowLogs(d.ctx, client.LogQuery{CallID: c.ID}, func(lines []client.LogLine) error {
		for _, l := range lines {
			if strings.HasPrefix(l.Text, prefix) {
				line = l.Text
				return found
			}
		}
		return nil
	})
	require.ErrorIs(d, err, found)
	return line
}

// processState is the letter that the kernel gives a process, "" for none.
func processState(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return rest[:1]
}

// alive reports whether a process exists and is no zombie.
func alive(pid int) bool {
	state := processState(pid)
	return state != "" && state != "Z"
}

func (d *desk) gone(pid int) {
	d.Helper()
	assert.Eventually(d, func() bool { return !alive(pid) }, time.Minute, 5*time.Millisecond, "process %d is still there", pid)
}

// R01
func TestAnEngineKilledDuringADeployLeavesTheOldVersionServing(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("def handle(data): return 'old'\n")
	for range rounds(t, 6) {
		source := fmt.Sprintf("x = %d\ndef handle(data): return 'new'\n", rand.Int64())
		_, err := d.b.Redeploy(d.ctx, f.ID, d.code(source), client.SpecChange{}, nil)
		require.NoError(t, err)
		timer := time.NewTimer(time.Duration(rand.Int64N(int64(60 * time.Millisecond))))
		<-timer.C // a random moment of the deploy, not a wait for something
		d.kill()
		d.reopen()
		c := d.call(f)
		require.Equal(t, client.CallCompleted, c.Status, c.Error)
		after, err := action.AwaitReady(d.ctx, d.b, f.ID, nil)
		if err != nil {
			require.ErrorContains(t, err, "interrupted")
			after, err = d.b.Function(d.ctx, f.ID)
			require.NoError(t, err)
		}
		require.Equal(t, client.FunctionReady, after.Status)
		half, err := filepath.Glob(filepath.Join(d.o.StateDir, "code", ".upload-*"))
		require.NoError(t, err)
		require.Empty(t, half)
	}
}

// R02
func TestAnEngineKilledDuringACallFailsItAndLeavesNoProcess(t *testing.T) {
	d := newDesk(t)
	f := d.deploy(`
import os, subprocess, time
def handle(data):
    child = subprocess.Popen(["sleep", "1000"])
    away = subprocess.Popen(["setsid", "sleep", "1001"])
    print("pids", os.getpid(), child.pid, away.pid)
    time.sleep(1000)
`)
	c := d.invoke(f, `{}`)
	line := d.awaitLine(c, "pids")
	d.kill()
	d.reopen()
	after, err := d.b.Call(d.ctx, f.ID, c.ID)
	require.NoError(t, err)
	assert.Equal(t, client.CallFailed, after.Status)
	require.NotNil(t, after.Error)
	assert.Contains(t, after.Error.Message, "engine restarted at 20")
	assert.Equal(t, []string{line}, d.lines(c), "the log is kept")
	for _, text := range strings.Fields(line)[1:] {
		pid, err := strconv.Atoi(text)
		require.NoError(t, err)
		d.gone(pid)
	}
}

// R03
func TestAnEngineKilledWhileALogIsWrittenKeepsAPrefixOfIt(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("import itertools\ndef handle(data):\n    for i in itertools.count():\n        print(i)\n")
	for range rounds(t, 3) {
		c := d.invoke(f, `{}`)
		d.awaitLine(c, "0")
		d.kill()
		d.reopen()
		lines := d.lines(c)
		require.NotEmpty(t, lines)
		for i, line := range lines {
			require.Equal(t, strconv.Itoa(i), line)
		}
		after, err := d.b.Call(d.ctx, f.ID, c.ID)
		require.NoError(t, err)
		require.EqualValues(t, len(lines), after.LogLines)
	}
}

// R08
func TestAKilledWorkerFailsItsCallOnly(t *testing.T) {
	for mode, prelude := range map[string]string{
		"isolated": "",
		"cold":     "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n",
	} {
		t.Run(mode, func(t *testing.T) {
			d := newDesk(t)
			f := d.deploy(prelude + "import os, time\ndef handle(data):\n    if data.get('wait'):\n        print('pid', os.getpid())\n        time.sleep(1000)\n    return 'ok'\n")
			require.Equal(t, mode, f.Mode)
			c := d.invoke(f, `{"wait":true}`)
			pid, err := strconv.Atoi(strings.Fields(d.awaitLine(c, "pid"))[1])
			require.NoError(t, err)
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
			c, err = d.b.WaitCall(d.ctx, f.ID, c.ID)
			require.NoError(t, err)
			assert.Equal(t, client.CallFailed, c.Status)
			assert.Equal(t, "worker killed (signal 9)", c.Error.Message)
			assert.Equal(t, client.CallCompleted, d.call(f).Status)
		})
	}
}

// R11
func TestACallThatNeverReturnsTimesOutWithItsLog(t *testing.T) {
	t.Setenv("FNDECK_TEST_CALL_TIMEOUT", "300ms")
	d := newDesk(t)
	f := d.deploy("import time\ndef handle(data):\n    print('last words')\n    time.sleep(1000)\n")
	c := d.call(f)
	assert.Equal(t, client.CallTimeout, c.Status)
	assert.Contains(t, c.Error.Message, "time limit of 300ms")
	assert.Equal(t, []string{"last words"}, d.lines(c))
}

// R13
func TestManyConsolesAtOnceShareOneEngine(t *testing.T) {
	o := options(t)
	pids := make([]int, 20)
	var wg sync.WaitGroup
	for i := range pids {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			b, err := embedded.Open(ctx, o)
			if !assert.NoError(t, err, "%s", engineLog(o)) {
				return
			}
			defer func() { assert.NoError(t, b.Close()) }()
			s, err := embedded.Status(ctx, o.StateDir)
			assert.NoError(t, err)
			pids[i] = s.PID
		})
	}
	wg.Wait()
	for _, pid := range pids {
		assert.Equal(t, pids[0], pid)
	}
}

// R14
func TestAnAttachedBackendFindsARestartedEngine(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("def handle(data): return 1\n")
	before := d.pid()
	events := make(chan client.Event, 100)
	ctx, cancel := context.WithCancel(d.ctx)
	defer cancel()
	watch := func() error { return d.b.Watch(ctx, func(e client.Event) { events <- e }) }
	lost := make(chan error, 1)
	go func() { lost <- watch() }()
	require.True(t, (<-events).Reset)
	require.NoError(t, syscall.Kill(before, syscall.SIGKILL))
	require.Error(t, <-lost)
	go func() { lost <- watch() }()
	require.True(t, (<-events).Reset, "the next watch says that all must be read anew")
	banner, _ := d.b.Lost()
	assert.Empty(t, banner)
	assert.NotEqual(t, before, d.pid())
	all, err := d.b.Functions(d.ctx)
	require.NoError(t, err)
	assert.Equal(t, f.ID, all[0].ID)
	cancel()
	<-lost
}

// A stopped engine is neither gone nor answering.
func TestAnEngineThatDoesNotAnswerIsSaidToBeThat(t *testing.T) {
	d := newDesk(t)
	pid := d.pid()
	require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) }) // or the stop at the end would wait
	require.Eventually(t, func() bool { return processState(pid) == "T" }, 10*time.Second, time.Millisecond)
	_, err := embedded.Status(d.ctx, d.o.StateDir)
	var e *client.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, client.CodeTimeout, e.Code)
	assert.Equal(t, "the engine does not answer", e.Message)
}

func TestAConsoleThatBeginsWhileTheEngineIsStoppedFindsItWhenItGoesOn(t *testing.T) {
	d := newDesk(t)
	pid := d.pid()
	require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) }) // or the stop at the end would wait
	require.Eventually(t, func() bool { return processState(pid) == "T" }, 10*time.Second, time.Millisecond)
	o := d.o
	_, err := embedded.Open(d.ctx, o)
	require.ErrorContains(t, err, "the engine does not answer", "a command has nothing to show")
	o.Patient = true
	b, err := embedded.Open(d.ctx, o)
	require.NoError(t, err)
	defer func() { _ = b.Close() }()
	banner, found := b.Lost()
	assert.Equal(t, "engine does not answer", banner)
	require.NoError(t, syscall.Kill(pid, syscall.SIGCONT))
	ctx, cancel := context.WithCancel(d.ctx)
	ended := make(chan error, 1)
	go func() { ended <- b.Watch(ctx, func(client.Event) {}) }()
	<-found
	banner, _ = b.Lost()
	assert.Empty(t, banner)
	assert.NotEmpty(t, b.Describe().Isolation, "what it says of itself is known then")
	cancel()
	<-ended
}

// R15
func TestWhatADeadEngineLeftDoesNotKeepANewOneFromStarting(t *testing.T) {
	d := newDesk(t)
	s, err := embedded.Status(d.ctx, d.o.StateDir)
	require.NoError(t, err)
	d.kill()
	d.gone(s.PID)
	require.FileExists(t, s.Socket, "the killed engine left its socket")
	require.NoError(t, os.WriteFile(filepath.Join(d.o.StateDir, "engine.pid"), fmt.Appendf(nil, "%d", os.Getpid()), 0o600))
	d.reopen()
	assert.NotEqual(t, s.PID, d.pid())
}

// R16
func TestAStateDirectoryWithALongPathWorks(t *testing.T) {
	o := options(t)
	o.StateDir = filepath.Join(o.StateDir, strings.Repeat("long/", 24), strings.Repeat("x", 60))
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(t.TempDir(), strings.Repeat("y", 100)))
	t.Cleanup(func() { _ = embedded.Stop(context.Background(), o.StateDir) })
	b := open(t, o)
	_, err := b.Functions(context.Background())
	assert.NoError(t, err)
}

// S05
func TestAnotherUserGetsNothing(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("setpriv is not installed")
	}
	d := newDesk(t)
	s, err := embedded.Status(d.ctx, d.o.StateDir)
	require.NoError(t, err)
	as := func(script string) string {
		out, err := exec.Command("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/env", "-i", "sh", "-c", script).CombinedOutput()
		require.Error(t, err, string(out))
		return string(out)
	}
	assert.Contains(t, as("ls "+d.o.StateDir), "Permission denied")
	assert.Contains(t, as("ls "+filepath.Dir(s.Socket)), "Permission denied")
	connect := fmt.Sprintf("python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect(%q)'", s.Socket)
	assert.Contains(t, strings.ReplaceAll(as("PATH=/usr/bin:/bin "+connect), "python3: not found", "Permission denied"), "Permission denied")
	for _, name := range []string{d.o.StateDir, filepath.Dir(s.Socket)} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o700), info.Mode().Perm(), name)
	}
}

func TestACallIsFoundByItsIdAlone(t *testing.T) {
	d := newDesk(t)
	c := d.call(d.deploy("def handle(data): return 1\n"))
	found, err := d.b.Call(d.ctx, "", c.ID)
	require.NoError(t, err)
	assert.Equal(t, c.FunctionID, found.FunctionID)
	_, err = d.b.Call(d.ctx, "", "77777777")
	assert.ErrorIs(t, err, client.ErrNotFound)
}

// P7
func TestEveryFileOfTheStateIsPrivate(t *testing.T) {
	d := newDesk(t)
	d.call(d.deploy("def handle(data): return 1\n"))
	err := filepath.Walk(d.o.StateDir, func(name string, info os.FileInfo, err error) error {
		if err == nil {
			assert.Zero(t, info.Mode().Perm()&0o077, name)
		}
		return nil // what went in between is no matter
	})
	require.NoError(t, err)
}

// A function runs as the same user as the engine and can find its socket: what
// it lacks is the value of a file that it cannot read.
func TestAFunctionThatFindsTheEnginesSocketIsRefused(t *testing.T) {
	d := newDesk(t)
	s, err := embedded.Status(d.ctx, d.o.StateDir)
	require.NoError(t, err)
	f := d.deploy(fmt.Sprintf(`
import socket
def ask(path, token):
    s = socket.socket(socket.AF_UNIX)
    s.connect(%q)
    s.sendall(("GET %%s HTTP/1.1\r\nHost: engine.local\r\nConnection: close\r\n%%s\r\n" %% (path, token)).encode())
    reply = b""
    while True:
        part = s.recv(65536)
        if not part:
            return int(reply.split()[1])
        reply += part
def handle(data):
    try:
        open(%q)
        token = "read"
    except PermissionError:
        token = "denied"
    paths = ["%sstatus", "%sfunctions", "/api/v1/projects/local/functions"]
    return {"token": token, "answers": [ask(path, header) for path in paths for header in ("", "Authorization: Bearer guess\r\n")]}
`, s.Socket, filepath.Join(d.o.StateDir, wire.TokenFile), wire.Prefix, wire.Prefix))
	c := d.call(f)
	require.Equal(t, client.CallCompleted, c.Status, c.Error)
	result, err := d.b.Result(d.ctx, f.ID, c.ID)
	require.NoError(t, err)
	token := "denied"
	if strings.Contains(s.Isolation, "none") || !strings.Contains(s.Isolation, "landlock") {
		token = "read"
	}
	assert.JSONEq(t, fmt.Sprintf(`{"token": %q, "answers": [401, 401, 401, 401, 401, 401]}`, token), string(result.Response))
}
