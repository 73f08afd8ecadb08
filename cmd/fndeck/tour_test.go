package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// screen is the console in a real terminal.
type screen struct {
	*testing.T
	socket string
}

// openConsole starts the console in tmux, with a home of its own.
func openConsole(t *testing.T, home, size string) screen {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux is not installed")
	}
	width, height, _ := strings.Cut(size, "x")
	s := screen{t, filepath.Join(home, "tmux")}
	env := append(homeless(home, binary(t)), "TMUX_TMPDIR="+home)
	start := exec.Command("tmux", "-S", s.socket, "-f", os.DevNull, "new-session", "-d", "-x", width, "-y", height, "fndeck; echo left with $?; exec cat")
	start.Env, start.Dir = env, home
	said, err := start.CombinedOutput()
	require.NoError(t, err, string(said))
	t.Cleanup(func() {
		pid := s.console()
		_ = s.tmux("kill-server").Run() // It may have ended with the console.
		if pid > 0 {
			// A console that lives on would start the engine again.
			assert.NoError(t, died(pid))
		}
		stop := exec.Command(filepath.Join(binary(t), "fndeck"), "engine", "stop", "--yes")
		stop.Env = env
		assert.NoError(t, stop.Run())
	})
	return s
}

func (s screen) tmux(args ...string) *exec.Cmd {
	return exec.Command("tmux", append([]string{"-S", s.socket}, args...)...)
}

// console is the process of the console, 0 if it has ended.
func (s screen) console() int {
	shell, err := s.tmux("list-panes", "-F", "#{pane_pid}").Output()
	if err != nil {
		return 0
	}
	pid := strings.TrimSpace(string(shell))
	children, err := os.ReadFile(fmt.Sprintf("/proc/%s/task/%s/children", pid, pid))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(children), " ")
	console, _ := strconv.Atoi(first) // Without a child there is nothing to read.
	return console
}

// press sends keys by their tmux names.
func (s screen) press(keys ...string) {
	s.Helper()
	require.NoError(s, s.tmux(append([]string{"send-keys"}, keys...)...).Run())
}

// typed sends text as it is.
func (s screen) typed(text string) {
	s.Helper()
	require.NoError(s, s.tmux("send-keys", "-l", text).Run())
}

func (s screen) shown() string {
	text, err := s.tmux("capture-pane", "-p").Output()
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// patience is how long a screen may take to come; it only ends a test that
// hangs.
const patience = 90 * time.Second

// sees waits until the screen matches a pattern.
func (s screen) sees(pattern string) {
	s.Helper()
	s.insists(pattern)
}

// insists waits until the screen matches a pattern, and presses keys about once
// a second while it does not: a question that has just appeared takes no answer
// until the keys that were typed ahead have run out. The keys must mean nothing
// once they were taken.
func (s screen) insists(pattern string, keys ...string) {
	s.Helper()
	const perSecond = 50
	re := regexp.MustCompile(pattern)
	over := time.NewTimer(patience)
	defer over.Stop()
	look := time.NewTicker(time.Second / perSecond)
	defer look.Stop()
	for looked := 0; !re.MatchString(s.shown()); looked++ {
		if len(keys) > 0 && looked%perSecond == 0 {
			s.press(keys...)
		}
		select {
		case <-look.C:
		case <-over.C:
			s.Fatalf("never saw %q on:\n%s", pattern, s.shown())
		}
	}
}

// The tour of the README, as a person takes it.
func TestTheTourThroughTheConsoleInARealTerminal(t *testing.T) {
	needPython(t)
	home := t.TempDir()
	samples, err := filepath.Abs(filepath.Join(moduleRoot, "testdata"))
	require.NoError(t, err)
	require.NoError(t, os.CopyFS(filepath.Join(home, "testdata"), os.DirFS(samples)))
	s := openConsole(t, home, "80x24")
	s.sees(`No functions`)

	s.press("u")
	s.sees(`Path`)
	s.typed("testdata/functions/hello")
	s.sees(`handler|hello`)
	s.press("Enter")
	s.sees(`Entry +handler.py:\d+ handle\(data\)`)
	s.press("Enter")
	s.sees(`Name +hello`)
	s.press("C-s")
	s.sees(`hello +● Ready +v1`)

	s.press("i")
	s.sees(`call hello v1`)
	s.typed(`{"name":"x"}`)
	s.sees(`valid, 12 B`)
	s.press("C-s")
	s.sees(`Completed`)
	s.sees(`"greeting": "Hello, x!"`)
	s.press("Tab")
	s.sees(`greeting x`)

	s.press("4")
	s.sees(`No schedules`)
	s.press("n")
	s.sees(`new schedule`)
	s.typed("minutely")
	s.press("Tab", "Tab")
	s.typed("* * * * *")
	s.sees(`every minute`)
	s.press("C-s")
	s.sees(`minutely +\* \* \* \* \*`)

	source := filepath.Join(home, "testdata", "functions", "hello", "handler.py")
	text, err := os.ReadFile(source)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(source, []byte(strings.ReplaceAll(string(text), "Hello", "Good morning")), 0o600))
	s.press("1")
	s.sees(`hello +● Ready +v1`)
	s.press("r")
	s.sees(`hello +● Ready +v2`)
	s.press("I")
	s.sees(`Good morning, x!`)

	s.press("1")
	s.sees(`hello +● Ready +v2`)
	s.press("b")
	s.sees(`v1`)
	s.press("Down", "Enter")
	s.sees(`roll back hello\?`)
	s.insists(`hello +● Ready +v1`, "y")

	s.press("2")
	s.sees(`Completed.*minutely`) // The minute has come by itself.

	s.press("q")
	s.sees(`(?i)quit|leave`)
}
