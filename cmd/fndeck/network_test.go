package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// connectedTo finds what a line of strace says that a process connected to.
var connectedTo = regexp.MustCompile(`connect\([0-9]+, \{sa_family=(\w+)(?:, sun_path="([^"]*)")?`)

// usersCache is where the C library, in the shells that version managers put
// before Python, asks for the names of users before it reads /etc/passwd.
const usersCache = "/var/run/nscd/socket"

// A whole session, the engine and its functions included, under strace: nothing
// is asked for news, nothing is reported, no name is looked up.
func TestASessionConnectsToNothingButItsOwnEngine(t *testing.T) {
	bin := binary(t)
	needPython(t)
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	home := t.TempDir()
	trace := filepath.Join(home, "trace")
	if out, err := exec.Command(strace, "-qq", "-o", trace, "true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: %s", out)
	}
	folder := filepath.Join(home, "hello")
	require.NoError(t, os.Mkdir(folder, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "handler.py"), []byte("def handle(data):\n    print('hi')\n    return 1\n"), 0o600))
	fndeck := func(args ...string) string {
		t.Helper()
		command := append([]string{"-f", "--seccomp-bpf", "-A", "-qq", "-e", "trace=connect", "-e", "signal=none", "-o", trace, filepath.Join(bin, "fndeck")}, args...)
		cmd := exec.Command(strace, command...)
		cmd.Env, cmd.Dir = homeless(home, bin), home
		out, err := cmd.Output()
		require.NoError(t, err, "fndeck %s: %s", strings.Join(args, " "), out)
		return string(out)
	}
	// strace waits for the engine that a command starts: this one it must not.
	engine := exec.Command(strace, "-f", "--seccomp-bpf", "-A", "-qq", "-e", "trace=connect", "-e", "signal=none", "-o", trace, filepath.Join(bin, "fndeck"), "engine")
	engine.Env, engine.Dir = homeless(home, bin), home
	require.NoError(t, engine.Start())
	stopped := make(chan error, 1)
	go func() { stopped <- engine.Wait() }()

	for _, command := range []string{
		"version", "get functions", "deploy hello --yes", "call hello --wait", "logs hello", "get calls", "get versions --function hello",
		"schedule create hello --name often --cron */5~*~*~*~* --yes", "schedule next */5~*~*~*~*", "get schedules", "engine status", "fn rm hello --yes",
	} {
		args := strings.Fields(command)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "~", " ")
		}
		fndeck(args...)
	}
	var status struct{ Socket string }
	require.NoError(t, json.Unmarshal([]byte(fndeck("engine", "status", "-o", "json")), &status))
	fndeck("engine", "stop", "--yes")
	require.NoError(t, <-stopped)

	text, err := os.ReadFile(trace)
	require.NoError(t, err)
	count := 0
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, "connect(") {
			continue
		}
		to := connectedTo.FindStringSubmatch(line)
		require.NotNil(t, to, line)
		assert.Equal(t, "AF_UNIX", to[1], line)
		if to[2] == usersCache {
			continue
		}
		assert.Equal(t, status.Socket, to[2], line)
		count++
	}
	assert.Greater(t, count, 10, "every command spoke to the engine")
}
