package views

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/vt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/views/crash"
)

// stage is the whole program drawn into a terminal emulator, in a bubble whose
// clock a test moves.
type stage struct {
	t       *testing.T
	program *tea.Program
	screen  *emulated
	// stateDir is the state directory of the console.
	stateDir string
}

// emulated is an emulator that may be written to and read from different
// goroutines. It keeps the bytes it was sent and counts what a program must not
// cause.
type emulated struct {
	mu     sync.Mutex
	vt     *vt.Emulator
	bytes  bytes.Buffer
	events []string
}

func (s *emulated) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes.Write(p)
	return s.vt.Write(p)
}

func newTerminal(width, height int) *emulated {
	s := &emulated{vt: vt.NewEmulator(width, height)}
	// Without a terminal as its input the program sends bare line feeds.
	_, _ = s.vt.WriteString("\x1b[20h")
	note := func(what string) { s.events = append(s.events, what) }
	s.vt.SetCallbacks(vt.Callbacks{
		Bell:             func() { note("bell") },
		Title:            func(title string) { note("title " + title) },
		IconName:         func(name string) { note("icon " + name) },
		WorkingDirectory: func(dir string) { note("directory " + dir) },
	})
	go func() {
		// An answer that nobody reads would block the emulator.
		buf := make([]byte, 256)
		for {
			if _, err := s.vt.Read(buf); err != nil {
				return
			}
		}
	}()
	return s
}

func (s *emulated) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for y := range s.vt.Height() {
		var b strings.Builder
		for x := 0; x < s.vt.Width(); {
			cell := s.vt.CellAt(x, y)
			if cell == nil || cell.Content == "" {
				b.WriteByte(' ')
				x++
				continue
			}
			b.WriteString(cell.Content)
			x += max(1, cell.Width)
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return strings.Join(lines, "\n")
}

// perform runs the console on a terminal of a size.
func perform(t *testing.T, backend *fakeBackend, width, height int, o Options, test func(s *stage)) {
	t.Helper()
	o.StateDir = t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		zone, err := time.LoadLocation("Europe/Oslo")
		require.NoError(t, err)
		o.Backend, o.Zone = backend, zone
		if o.Clock == nil {
			o.Clock = time.Now
		}
		if o.Environ == nil {
			o.Environ = []string{"TERM=xterm-256color", "LANG=en_US.UTF-8"}
		}
		consoles, _ := newDeck(ctx, o)
		model := crash.New(consoles)
		s := &stage{t: t, screen: newTerminal(width, height), stateDir: o.StateDir}
		o.Output = s.screen
		options := []tea.ProgramOption{tea.WithInput(nil), tea.WithWindowSize(width, height)}
		if !o.NoColor {
			options = append(options, tea.WithColorProfile(colorprofile.TrueColor))
		}
		program, pacer := newProgram(ctx, o, model, options...)
		s.program = program
		done := make(chan error, 1)
		go func() {
			_, err := s.program.Run()
			done <- err
		}()
		defer func() {
			s.program.Quit()
			assert.NoError(t, <-done)
			cancel()
			pacer.Close()
			closeAll(consoles)
			assert.NoError(t, s.screen.vt.InputPipe().(io.Closer).Close())
			assert.Nil(t, model.First())
		}()
		s.rest()
		test(s)
	})
}

// rest lets everything that was caused come to the screen.
func (s *stage) rest() {
	const frames = 300 * time.Millisecond // Past the quiet time of pushed events.
	synctest.Wait()
	<-time.After(frames)
	synctest.Wait()
}

func (s *stage) press(keys ...string) {
	for _, key := range keys {
		s.program.Send(keyPress(key))
		synctest.Wait()
	}
	s.rest()
}

// everyScreen is how to come to each screen of the console.
var everyScreen = []struct{ name, keys string }{
	{"functions", "1"},
	{"function", "1 d"},
	{"function-versions", "tab"},
	{"function-deploys", "tab"},
	{"function-calls", "1 enter"},
	{"build", "1 j l"},
	{"calls", "2"},
	{"call-result", "j enter"},
	{"call-log", "tab"},
	{"call-data", "tab"},
	{"call-error", "tab"},
	{"logs", "3"},
	{"schedules", "4"},
	{"schedule", "d"},
	{"schedule-runs", "tab"},
	{"schedule-data", "tab"},
	{"schedule-calls", "4 enter"},
	{"sources", "5"},
	{"contexts", "@"},
	{"pulse", "~"},
	{"due", "tab"},
	{"errors", "!"},
	{"help", "?"},
	{"quit", "esc 1 q"},
	{"delete", "n 1 g ctrl+d"},
	{"call-form", "esc i"},
	{"rollback", "esc b"},
	{"schedule-form", "esc 4 n"},
	{"upload", "esc 1 u"},
	{"filter", "esc /"},
}
