// Package crash keeps a panic of the console from ending it with a stack trace
// over a broken screen: the terminal is restored and a report is written.
package crash

import (
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/renameio/v2"

	"fndeck/ui"
)

// Error says that the console panicked. The terminal is restored; the
// report is at Path, or could not be written when Err is set.
type Error struct {
	Path string
	Err  error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err != nil {
		return "the console crashed, and its report could not be written: " + e.Err.Error()
	}
	return "the console crashed; the report is in " + e.Path
}

// Unwrap returns why there is no report.
func (e *Error) Unwrap() error { return e.Err }

// Panic is a panic with where it happened. What holds no data.
type Panic struct{ During, What, Stack string }

// Guard is a model with a recover at the top of everything that it does.
type Guard struct {
	model tea.Model
	// Quit ends the program; a panic while drawing has no command to do it with.
	Quit func()

	mu    sync.Mutex
	first *Panic // of any goroutine
}

var _ tea.Model = (*Guard)(nil)

// New guards a model, which must stay the same in its updates.
func New(model tea.Model) *Guard { return &Guard{model: model} }

// First is the panic that ended the model, nil if none has.
func (g *Guard) First() *Panic {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.first
}

func (g *Guard) keep(p *Panic) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.first == nil {
		g.first = p
	}
}

// caught is deferred around the named work.
func (g *Guard) caught(during string) {
	if what := recover(); what != nil {
		g.keep(&Panic{During: during, What: fmt.Sprintf("%T", what) + Masked(what), Stack: string(debug.Stack())})
		if g.Quit != nil {
			go g.Quit() // It waits for the update loop, which may be this goroutine.
		}
	}
}

// Masked is what a panic says if that can hold nothing of the operator's: a
// runtime error. Other values may quote data.
func Masked(what any) string {
	if e, ok := what.(runtime.Error); ok {
		return ": " + e.Error()
	}
	return ": ***"
}

// Init implements tea.Model.
func (g *Guard) Init() (cmd tea.Cmd) {
	defer func() { cmd = g.after(cmd) }()
	defer g.caught("Init")
	return g.model.Init()
}

// Update implements tea.Model.
func (g *Guard) Update(msg tea.Msg) (model tea.Model, cmd tea.Cmd) {
	model = g
	defer func() { cmd = g.after(cmd) }()
	defer g.caught(fmt.Sprintf("Update of %T", msg))
	_, cmd = g.model.Update(msg)
	return model, cmd
}

// View implements tea.Model.
func (g *Guard) View() (view tea.View) {
	defer g.caught("View")
	if g.First() != nil {
		return tea.View{AltScreen: true}
	}
	return g.model.View()
}

// after wraps what comes next: after a crash only quitting does.
func (g *Guard) after(cmd tea.Cmd) tea.Cmd {
	if g.First() != nil {
		return tea.Quit
	}
	return g.wrap(cmd)
}

// wrap puts a recover round a command and round those that it brings.
func (g *Guard) wrap(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if g.First() != nil {
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

// Report writes the panic into a file of a directory, mode 0600, and returns
// the *Error that tells of it. It holds code positions and
// no data: arguments in a stack are addresses, and what a panic says is masked.
func Report(dir string, at time.Time, p *Panic) error {
	path := filepath.Join(dir, "crash-"+at.UTC().Format("20060102T150405Z")+".txt")
	var b strings.Builder
	fmt.Fprintf(&b, "fndeck crashed in %s\n%s\n%s %s/%s\n", p.During, p.What, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if info, ok := debug.ReadBuildInfo(); ok {
		fmt.Fprintf(&b, "%s %s\n", info.Main.Path, info.Main.Version)
	}
	b.WriteString("\n")
	for _, line := range ui.CleanLines(p.Stack) {
		b.WriteString(line + "\n")
	}
	if err := renameio.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return &Error{Err: err}
	}
	return &Error{Path: path}
}
