package views

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/views/crash"
)

// driver runs the console without a terminal. Inside a synctest bubble it knows
// when all commands have come to rest, so nothing waits for real time: what a
// key causes has happened when press returns.
type driver struct {
	t      *testing.T
	root   *root
	guard  *crash.Guard
	cancel context.CancelFunc

	mu   sync.Mutex
	mail []tea.Msg
	quit bool
}

// drive runs a test of the console on a backend, inside a bubble whose clock
// stands at the start and moves only when the test waits.
func drive(t *testing.T, backend *fakeBackend, test func(d *driver)) {
	t.Helper()
	driveAny(t, func() client.Backend { return backend }, test)
}

// driveWith is drive with options of the console.
func driveWith(t *testing.T, backend client.Backend, o Options, test func(d *driver)) {
	t.Helper()
	o.StateDir = t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		d := newDriver(t, backend, o)
		defer d.close()
		test(d)
	})
}

// driveAny is drive for a backend that is made inside the bubble.
func driveAny(t *testing.T, backend func() client.Backend, test func(d *driver)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		d := newDriver(t, backend(), Options{StateDir: dir})
		defer d.close()
		test(d)
	})
}

// visit shows each screen of the console in turn.
func visit(d *driver, look func(name string)) {
	for _, screen := range everyScreen {
		d.press(strings.Fields(screen.keys)...)
		look(screen.name)
	}
}

func newDriver(t *testing.T, backend client.Backend, o Options) *driver {
	ctx, cancel := context.WithCancel(t.Context())
	o.Backend = backend
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Zone == nil {
		zone, err := time.LoadLocation("Europe/Oslo")
		require.NoError(t, err)
		o.Zone = zone
	}
	root := newConsole(ctx, o)
	d := &driver{t: t, root: root, guard: crash.New(root), cancel: cancel}
	d.run(d.guard.Init())
	d.send(tea.WindowSizeMsg{Width: 120, Height: 30})
	return d
}

// run starts a command as the program would: in a goroutine.
func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, c := range batch {
				d.run(c)
			}
			return
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.mail = append(d.mail, msg)
	}()
}

// send hands over a message and everything that it causes.
func (d *driver) send(msg tea.Msg) {
	_, cmd := d.guard.Update(msg)
	d.run(cmd)
	d.settle()
}

// settle delivers messages until nothing moves any more but clocks.
func (d *driver) settle() {
	for {
		synctest.Wait()
		d.mu.Lock()
		mail := d.mail
		d.mail = nil
		d.mu.Unlock()
		if len(mail) == 0 {
			break
		}
		for _, msg := range mail {
			switch msg.(type) {
			case nil:
			case tea.QuitMsg:
				d.quit = true
			default:
				_, cmd := d.guard.Update(msg)
				d.run(cmd)
			}
		}
	}
	if first := d.guard.First(); first != nil {
		d.t.Fatalf("crash in %s: %s\n%s", first.During, first.What, first.Stack)
	}
}

// wait lets time pass, with what it brings.
func (d *driver) wait(length time.Duration) {
	const step = 50 * time.Millisecond
	for ; length > 0; length -= step {
		<-time.After(min(step, length))
		d.settle()
	}
}

var named = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown,
	"backspace": tea.KeyBackspace, "pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "left": tea.KeyLeft, "right": tea.KeyRight,
	"home": tea.KeyHome, "end": tea.KeyEnd,
}

func keyPress(name string) tea.KeyPressMsg {
	if code, ok := named[name]; ok {
		return tea.KeyPressMsg{Code: code}
	}
	if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(rest[0]), Mod: tea.ModCtrl}
	}
	if rest, ok := strings.CutPrefix(name, "shift+"); ok {
		return tea.KeyPressMsg{Code: named[rest], Mod: tea.ModShift}
	}
	r := []rune(name)[0]
	return tea.KeyPressMsg{Code: r, Text: name}
}

// press presses keys by their names, and draws what each has done; a word is
// typed letter by letter by typed.
func (d *driver) press(keys ...string) {
	for _, key := range keys {
		d.send(keyPress(key))
		_ = d.guard.View()
	}
}

func (d *driver) typed(text string) {
	for _, r := range text {
		d.press(string(r))
	}
}

// frame is the screen as text.
func (d *driver) frame() string { return ansi.Strip(d.guard.View().Content) }

func (d *driver) see(text ...string) {
	d.t.Helper()
	for _, want := range text {
		require.Contains(d.t, d.frame(), want)
	}
}

func (d *driver) miss(text ...string) {
	d.t.Helper()
	for _, unwanted := range text {
		require.NotContains(d.t, d.frame(), unwanted)
	}
}

// close ends the console and waits for everything that it started; a goroutine
// that stays behind fails the test.
func (d *driver) close() {
	d.cancel()
	d.root.close()
	d.settle()
	synctest.Wait()
}
