package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/faultproxy"
)

// colours matches the only sequences that a subcommand may print: its tones.
var colours = regexp.MustCompile(`\x1b\[(0|31|32|33)m`)

// onTerminal runs the real binary with a terminal on all three streams and
// returns everything that it sent there.
func onTerminal(t *testing.T, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(binary(t), "fndeck"), args...)
	cmd.Env = env
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	require.NoError(t, err)
	defer func() { require.NoError(t, terminal.Close()) }()
	var sent bytes.Buffer
	// Linux ends the reading of a terminal that nobody holds any more with EIO.
	if _, err := io.Copy(&sent, terminal); !errors.Is(err, syscall.EIO) {
		require.NoError(t, err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return sent.String()
}

func TestNoSubcommandQueriesTheTerminal(t *testing.T) {
	needPython(t)
	dir := source(t, "hello", map[string]string{"handler.py": "def handle(data):\n    print(data)\n    return data\n"})
	env := homeless(filepath.Dir(dir), binary(t))
	t.Cleanup(func() { onTerminal(t, env, "engine", "stop", "--yes") })
	for _, args := range [][]string{
		{"version"},
		{"help"},
		{"nosuch"},
		{"deploy", dir, "--dry-run"},
		{"deploy", dir},
		{"call", "hello", "-d", `{"a": 1}`},
		{"call", "hello", "-o", "wide"},
		{"logs", "hello"},
		{"get", "functions"},
		{"get", "calls", "-o", "yaml"},
		{"get", "deploys"},
		{"schedule", "next", "0 6 * * *"},
		{"schedule", "ls"},
		{"engine", "status"},
		{"keys"},
		{"man"},
		{"completion", "bash"},
	} {
		sent := onTerminal(t, env, args...)
		assert.NotEmpty(t, sent, args)
		rest := colours.ReplaceAllString(sent, "")
		assert.NotContains(t, rest, "\x1b", "%q sent %q", args, sent)

		plain := onTerminal(t, append(env, "NO_COLOR=1"), args...)
		assert.NotContains(t, plain, "\x1b", args)
	}
	assert.Contains(t, onTerminal(t, env, "get", "functions"), "\x1b[32mReady", "a terminal gets colours, so the check above can fail")
}

func TestTheConsoleIsRefusedWithoutATerminal(t *testing.T) {
	cmd := exec.Command(filepath.Join(binary(t), "fndeck"))
	cmd.Env = homeless(t.TempDir(), binary(t))
	said, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(said), "needs a terminal")
	assert.False(t, strings.Contains(string(said), "\x1b"))
}

func TestASignalEndsTheConsoleAndLeavesTheTerminalInOrder(t *testing.T) {
	const (
		altScreenOn, altScreenOff = "\x1b[?1049h", "\x1b[?1049l"
		cursorOn                  = "\x1b[?25h"
	)
	home := t.TempDir()
	env := homeless(home, binary(t))
	t.Cleanup(func() { onTerminal(t, env, "engine", "stop", "--yes") })
	for signal, code := range map[syscall.Signal]int{syscall.SIGHUP: 129, syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd := exec.Command(filepath.Join(binary(t), "fndeck"))
			cmd.Env = env
			terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
			require.NoError(t, err)
			defer func() { require.NoError(t, terminal.Close()) }()
			var sent bytes.Buffer
			chunk := make([]byte, 4096)
			for signalled := false; ; {
				n, err := terminal.Read(chunk)
				sent.Write(chunk[:n])
				if err != nil {
					break
				}
				if !signalled && strings.Contains(sent.String(), "functions") {
					require.NoError(t, cmd.Process.Signal(signal))
					signalled = true
				}
			}
			var exit *exec.ExitError
			require.ErrorAs(t, cmd.Wait(), &exit)
			assert.Equal(t, code, exit.ExitCode())
			text := sent.String()
			require.Contains(t, text, altScreenOn)
			assert.Greater(t, strings.LastIndex(text, altScreenOff), strings.LastIndex(text, altScreenOn))
			assert.Greater(t, strings.LastIndex(text, cursorOn), strings.LastIndex(text, altScreenOn))
		})
	}
}

// ptyConsole is a console of the real binary on a terminal.
type ptyConsole struct {
	t        *testing.T
	cmd      *exec.Cmd
	terminal *os.File
	read     chan []byte
	sent     bytes.Buffer
}

func onPty(t *testing.T, env []string, args ...string) *ptyConsole {
	t.Helper()
	s := &ptyConsole{t: t, cmd: exec.Command(filepath.Join(binary(t), "fndeck"), args...), read: make(chan []byte)}
	s.cmd.Env = env
	var err error
	s.terminal, err = pty.StartWithSize(s.cmd, &pty.Winsize{Rows: 40, Cols: 160})
	require.NoError(t, err)
	go func() {
		defer close(s.read)
		for {
			chunk := make([]byte, 1<<16)
			n, err := s.terminal.Read(chunk)
			if s.read <- chunk[:n]; err != nil {
				return
			}
		}
	}()
	return s
}

// see waits until a text is sent to the terminal, from now on.
func (s *ptyConsole) see(text string) {
	s.t.Helper()
	late := time.After(2 * time.Minute)
	for !bytes.Contains(s.sent.Bytes(), []byte(text)) {
		select {
		case chunk, more := <-s.read:
			require.True(s.t, more, "it ended without %q: %q", text, s.sent.String())
			s.sent.Write(chunk)
		case <-late:
			require.Fail(s.t, "nothing more", "no %q in %q", text, s.sent.String())
		}
	}
	s.sent.Reset()
}

func (s *ptyConsole) press(keys string) {
	s.t.Helper()
	_, err := s.terminal.WriteString(keys)
	require.NoError(s.t, err)
}

// hangUp takes the terminal away, as a cut SSH link does, and waits for the end.
func (s *ptyConsole) hangUp() error {
	go func() {
		for range s.read { // what is still on its way
		}
	}()
	require.NoError(s.t, s.terminal.Close())
	return s.cmd.Wait()
}

// R21: the link to the terminal is cut in the middle of an upload to a project far
// away. The next console tells of it, and takes it up.
func TestAHangUpInTheMidstOfAnUploadLosesNothing(t *testing.T) {
	needPython(t)
	home := t.TempDir()
	dir := source(t, "hello", map[string]string{"handler.py": handler})
	settings := filepath.Join(home, ".config", "fndeck")
	require.NoError(t, os.MkdirAll(settings, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(settings, "config.yaml"), []byte("engine:\n  tcp: true\n"), 0o600))
	env := homeless(home, binary(t))
	run := func(args ...string) string {
		command := exec.Command(filepath.Join(binary(t), "fndeck"), args...)
		command.Env = env
		said, err := command.CombinedOutput()
		require.NoError(t, err, "%s", said)
		return string(said)
	}
	t.Cleanup(func() { run("engine", "stop", "--yes", "--context", "local") })
	var started struct {
		TCP    string `json:"tcp"`
		Bearer string `json:"bearerFile"`
	}
	require.NoError(t, json.Unmarshal([]byte(run("engine", "start", "-o", "json")), &started))
	link := faultproxy.New(t, started.TCP)
	run("context", "add", "far", "base_url="+link.URL, "project=local", "auth.flow=token", "auth.token=file:"+started.Bearer)
	run("context", "use", "far")
	run("deploy", dir)
	run("schedule", "create", "hello", "--cron", "0 6 1 1 *", "--name", "yearly")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "handler.py"), []byte("def handle(data):\n    return 'second'\n"), 0o600))

	held, reached := make(chan struct{}), make(chan struct{})
	var once sync.Once
	link.Arm(func(_ int, r *http.Request) *faultproxy.Fault {
		if r.Method != http.MethodPut {
			return nil
		}
		once.Do(func() { close(reached) })
		return &faultproxy.Fault{Kind: faultproxy.HoldBefore, Until: held}
	})
	first := onPty(t, env)
	first.see("hello")
	first.press("r")
	<-reached
	var exit *exec.ExitError
	require.ErrorAs(t, first.hangUp(), &exit)
	assert.Equal(t, 128+int(syscall.SIGHUP), exit.ExitCode())
	link.Arm(nil)
	close(held)

	assert.Contains(t, run("call", "hello", "-d", `{"a": 1}`), "1", "the old code serves")
	next := onPty(t, env)
	next.see("a deploy of hello was cut and can be taken up")
	next.press("&")
	next.see("Interrupted")
	next.press("o")
	next.see("v2 is Ready")
	next.press("\r")
	next.see("closing")
	require.Error(t, next.hangUp())
	assert.Contains(t, run("call", "hello"), "second")
	assert.Contains(t, run("schedule", "ls"), "yearly")
}
