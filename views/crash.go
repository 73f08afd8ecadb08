package views

import (
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/google/renameio/v2"

	"fndeck/ui"
)

// CrashError says that the console panicked. The terminal is restored; the
// report is at Path, or could not be written when Err is set.
type CrashError struct {
	Path string
	Err  error
}

// Error implements error.
func (e *CrashError) Error() string {
	if e.Err != nil {
		return "the console crashed, and its report could not be written: " + e.Err.Error()
	}
	return "the console crashed; the report is in " + e.Path
}

// Unwrap returns why there is no report.
func (e *CrashError) Unwrap() error { return e.Err }

// crash is a panic with where it happened.
type crash struct {
	during string
	what   string
	stack  string
}

// crashBox keeps the first crash of any goroutine.
type crashBox struct {
	mu    sync.Mutex
	first *crash
}

func (b *crashBox) put(c *crash) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.first == nil {
		b.first = c
	}
}

func (b *crashBox) get() *crash {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.first
}

// guarded is the root with a recover at the top of everything that it does, so
// that a panic ends in a restored terminal and a report, not in a stack trace
// over a broken screen.
type guarded struct {
	root  *root
	crash *crashBox
	// quit ends the program; a panic while drawing has no command to do it with.
	quit func()
}

var _ tea.Model = (*guarded)(nil)

func guard(r *root) *guarded { return &guarded{root: r, crash: &crashBox{}} }

// caught is deferred around the named work.
func (g *guarded) caught(during string) {
	if what := recover(); what != nil {
		g.crash.put(&crash{during: during, what: fmt.Sprintf("%T", what) + masked(what), stack: string(debug.Stack())})
		if g.quit != nil {
			go g.quit() // It waits for the update loop, which may be this goroutine.
		}
	}
}

// masked is what a panic says if that can hold nothing of the operator's: a
// runtime error. Other values may quote data.
func masked(what any) string {
	if e, ok := what.(runtime.Error); ok {
		return ": " + e.Error()
	}
	return ": ***"
}

// Init implements tea.Model.
func (g *guarded) Init() (cmd tea.Cmd) {
	defer func() { cmd = g.after(cmd) }()
	defer g.caught("Init")
	return g.root.Init()
}

// Update implements tea.Model.
func (g *guarded) Update(msg tea.Msg) (model tea.Model, cmd tea.Cmd) {
	model = g
	defer func() { cmd = g.after(cmd) }()
	defer g.caught(fmt.Sprintf("Update of %T", msg))
	_, cmd = g.root.Update(msg)
	return model, cmd
}

// View implements tea.Model.
func (g *guarded) View() (view tea.View) {
	defer g.caught("View")
	if g.crash.get() != nil {
		return tea.View{AltScreen: true}
	}
	return g.root.View()
}

// after wraps what comes next: after a crash only quitting does.
func (g *guarded) after(cmd tea.Cmd) tea.Cmd {
	if g.crash.get() != nil {
		return tea.Quit
	}
	return g.wrap(cmd)
}

// wrap puts a recover round a command and round those that it brings.
func (g *guarded) wrap(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if g.crash.get() != nil {
				msg = tea.QuitMsg{}
			}
		}()
		defer g.caught("a command")
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = g.wrap(batch[i])
			}
		}
		return msg
	}
}

// report writes the crash into the state directory. It holds code positions and
// no data: arguments in a stack are addresses, and what a panic says is masked.
func report(o Options, c *crash) error {
	path := filepath.Join(o.StateDir, "crash-"+o.Clock().UTC().Format("20060102T150405Z")+".txt")
	var b strings.Builder
	fmt.Fprintf(&b, "fndeck crashed in %s\n%s\n%s %s/%s\n", c.during, c.what, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if info, ok := debug.ReadBuildInfo(); ok {
		fmt.Fprintf(&b, "%s %s\n", info.Main.Path, info.Main.Version)
	}
	b.WriteString("\n")
	for _, line := range ui.CleanLines(c.stack) {
		b.WriteString(line + "\n")
	}
	if err := renameio.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return &CrashError{Err: err}
	}
	return &CrashError{Path: path}
}
