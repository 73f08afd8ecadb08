package views

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/views/crash"
)

// childEnv makes the test binary be the console itself, in one of its fates.
const childEnv = "FNDECK_CONSOLE_CHILD"

// TestConsoleChild is the child of the tests below; by itself it does nothing.
func TestConsoleChild(t *testing.T) {
	fate := os.Getenv(childEnv)
	if fate == "" {
		t.Skip("runs only as a child")
	}
	backend := &fatefulBackend{fakeBackend: sampleBackend(time.Now())}
	switch fate {
	case "command":
		backend.watch = func(context.Context, func(client.Event)) error { panic("token hunter2") }
	case "view":
		backend.watch = func(_ context.Context, emit func(client.Event)) error {
			backend.armed.Store(true)
			emit(client.Event{Reset: true})
			return errors.New("link lost")
		}
	}
	o := Options{Backend: backend, Clock: time.Now, StateDir: os.Getenv("FNDECK_CHILD_DIR"), Environ: os.Environ()}
	err := Run(t.Context(), o)
	fmt.Fprintf(os.Stdout, "ended: %v\n", err)
	os.Exit(7)
}

// fatefulBackend panics when it is asked what it is, once it is armed: the
// header asks that while it is drawn.
type fatefulBackend struct {
	*fakeBackend
	armed atomic.Bool
}

func (f *fatefulBackend) Describe() client.Description {
	if f.armed.Load() {
		panic(errors.New("token hunter2"))
	}
	return f.fakeBackend.Describe()
}

// child is the console in a terminal of its own.
type child struct {
	t   *testing.T
	cmd *exec.Cmd
	tty *os.File
	out bytes.Buffer
	dir string
}

func startChild(t *testing.T, fate string) *child {
	t.Helper()
	c := &child{t: t, dir: t.TempDir()}
	c.cmd = exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestConsoleChild$")
	c.cmd.Env = append(os.Environ(), childEnv+"="+fate, "FNDECK_CHILD_DIR="+c.dir, "TERM=xterm-256color", "TEA_TRACE="+filepath.Join(c.dir, "trace"))
	tty, err := pty.StartWithSize(c.cmd, &pty.Winsize{Rows: 24, Cols: 80})
	require.NoError(t, err)
	c.tty = tty
	return c
}

// until reads the terminal until it has sent a text or has ended.
func (c *child) until(text string) {
	c.t.Helper()
	buf := make([]byte, 4096)
	for !strings.Contains(c.out.String(), text) {
		n, err := c.tty.Read(buf)
		c.out.Write(buf[:n])
		if err != nil {
			require.Contains(c.t, c.out.String(), text)
			return
		}
	}
}

// ended waits for the end and checks that the terminal is as it was.
func (c *child) ended(sentence string) {
	c.t.Helper()
	c.until("ended: ")
	c.until("\n")
	_ = c.cmd.Wait() // Its exit status is the child's own.
	out := c.out.String()
	assert.Contains(c.t, out, sentence)
	end := strings.LastIndex(out, "ended: ")
	before := out[:end]
	assert.Greater(c.t, strings.LastIndex(before, "\x1b[?1049l"), strings.LastIndex(before, "\x1b[?1049h"), "the alternate screen is left")
	assert.Greater(c.t, strings.LastIndex(before, "\x1b[?25h"), strings.LastIndex(before, "\x1b[?25l"), "the cursor is shown")
	assert.Greater(c.t, strings.LastIndex(before, "\x1b[?2004l"), strings.LastIndex(before, "\x1b[?2004h"), "paste is not bracketed")
	assert.NotContains(c.t, out, "goroutine ", "no stack trace on the screen")
	assert.NotContains(c.t, out, "hunter2")
	assert.NoFileExists(c.t, filepath.Join(c.dir, "trace"))
}

func TestASignalEndsTheConsoleCleanly(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT} {
		t.Run(sig.String(), func(t *testing.T) {
			c := startChild(t, "signal")
			c.until("ingest-pi")
			require.NoError(t, c.cmd.Process.Signal(sig))
			c.ended("ended by " + sig.String())
		})
	}
}

func TestTheConsoleQuitsByItsKeys(t *testing.T) {
	for _, keys := range []string{"\x03", "qy"} {
		c := startChild(t, "keys")
		c.until("ingest-pi")
		for _, key := range keys {
			_, err := c.tty.WriteString(string(key))
			require.NoError(t, err)
			if key == 'q' {
				c.until("quit fndeck?")
			}
		}
		c.ended("ended: <nil>")
	}
}

func TestAPanicRestoresTheTerminalAndLeavesAMaskedReport(t *testing.T) {
	for _, fate := range []string{"command", "view"} {
		t.Run(fate, func(t *testing.T) {
			c := startChild(t, fate)
			c.ended("the console crashed; the report is in " + c.dir)
			reports, err := filepath.Glob(filepath.Join(c.dir, "crash-*.txt"))
			require.NoError(t, err)
			require.Len(t, reports, 1)
			info, err := os.Stat(reports[0])
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
			report, err := os.ReadFile(reports[0])
			require.NoError(t, err)
			assert.Contains(t, string(report), "views.TestConsoleChild")
			assert.NotContains(t, string(report), "hunter2")
		})
	}
}

func TestAPanicInUpdateQuitsAndReports(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	root := newConsole(t.Context(), Options{Backend: backend, Clock: time.Now, StateDir: t.TempDir()})
	defer root.close()
	g := crash.New(root)
	root.history = nil
	_, cmd := g.Update(tickMsg{})
	require.NotNil(t, g.First())
	assert.Contains(t, g.First().What, "index out of range")
	require.NotNil(t, cmd)
	root.history = []place{{screen: root.views[viewSources]}}
}

func TestAPanicWhileReadingIsAnErrorOfThatListOnly(t *testing.T) {
	backend := &panickingBackend{fakeBackend: sampleBackend(bubbleStart)}
	driveAny(t, func() client.Backend { return backend }, func(d *driver) {
		d.press("2")
		d.see("a bug in fndeck")
		d.miss("hunter2")
		d.press("1")
		d.see("ingest-pi")
	})
}

type panickingBackend struct{ *fakeBackend }

func (p *panickingBackend) Calls(context.Context, client.CallQuery) (client.CallPage, error) {
	panic("token hunter2")
}

func TestWithoutAUTF8LocaleOrOnADumbTerminalTheConsoleDrawsASCII(t *testing.T) {
	cases := []struct {
		name    string
		environ []string
		ascii   bool
	}{
		{"nothing set", []string{"TERM=xterm"}, true},
		{"C", []string{"LANG=C"}, true},
		{"POSIX", []string{"LC_ALL=POSIX", "LANG=en_US.UTF-8"}, true},
		{"LC_CTYPE before LANG", []string{"LANG=C", "LC_CTYPE=C.UTF-8"}, false},
		{"LC_ALL before LC_CTYPE", []string{"LC_ALL=C", "LC_CTYPE=C.UTF-8"}, true},
		{"an empty LC_ALL says nothing", []string{"LC_ALL=", "LANG=nb_NO.utf8"}, false},
		{"dumb", []string{"TERM=dumb", "LANG=en_US.UTF-8"}, true},
		{"UTF-8", []string{"LANG=en_US.UTF-8"}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			driveWith(t, sampleBackend(bubbleStart), Options{Environ: c.environ}, func(d *driver) {
				if !c.ascii {
					d.see("● Ready", "›")
					return
				}
				for _, r := range d.frame() {
					assert.Less(t, r, rune(0x80))
				}
				d.see("* Ready", "> ingest-pi")
			})
		})
	}
}

func TestWithoutUTF8NamesInOtherScriptsStayDistinguishable(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.functions[0].Name, backend.functions[1].Name = "管理", "監視"
	driveWith(t, backend, Options{Environ: []string{"TERM=vt100", "LANG=C"}}, func(d *driver) {
		d.see(`> \u7ba1\u7406`, `  \u76e3\u8996`, "* Ready")
		d.press("d")
		d.see(`functions > \u7ba1\u7406`)
		d.press("esc", "i")
		d.see(`call \u7ba1\u7406 v12`)
		for _, r := range d.frame() {
			assert.Less(t, r, rune(0x80))
		}
	})
	driveWith(t, backend, Options{Environ: []string{"LANG=C.UTF-8"}}, func(d *driver) { d.see("› 管理", "  監視") })
}
