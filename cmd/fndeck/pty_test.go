package main

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	dir := source(t, "hello", map[string]string{"handler.py": handler})
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
