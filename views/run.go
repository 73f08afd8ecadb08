package views

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/ui/external"
	"fndeck/ui/frames"
	"fndeck/views/keys"
)

// Options is what the console needs.
type Options struct {
	Backend client.Backend
	Clock   func() time.Time
	// Zone is where times are shown; nil means UTC.
	Zone *time.Location
	// StateDir is for large logs on screen and for crash reports; mode 0700.
	StateDir string
	// ASCII draws the chrome with ASCII only, NoColor without colours. Where
	// Environ names no UTF-8 locale, or a dumb terminal, it is ASCII in any case.
	ASCII, NoColor bool
	// Keys is the keymap; nil is the default profile.
	Keys *ui.Keymap
	// Problems are what the operator is to know of the configuration: they stand
	// in the list of errors from the beginning.
	Problems []error
	// Dark says what the background is; nil asks the terminal.
	Dark   *bool
	Input  io.Reader
	Output io.Writer
	// Environ is the environment of the terminal, which over SSH is not ours.
	Environ []string
	// Lent is set while an editor has the terminal: the process must then leave the
	// keyboard's signals to it. It may be nil.
	Lent *atomic.Bool
	// Lost is the text for the banner while the backend is reconnecting, "" when
	// all is well, and a channel that closes when that has changed; nil means
	// always well. It must not block.
	Lost func() (text string, changed <-chan struct{})
}

// SignalError says that a signal ended the console. The terminal is restored.
type SignalError struct{ Signal syscall.Signal }

// Error implements error.
func (e *SignalError) Error() string { return "ended by " + e.Signal.String() }

// Run shows the console until it is quit, ctx ends or a signal comes. It leaves
// the terminal as it was, also after a panic, which is then a *CrashError.
// Deploys and calls that it started go on in the backend.
func Run(ctx context.Context, o Options) error {
	for _, name := range []string{"TEA_TRACE", "TEA_DEBUG"} {
		if err := os.Unsetenv(name); err != nil { // They make the toolkit write files.
			return fmt.Errorf("unset %s: %w", name, err)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	model := guard(newConsole(ctx, o))
	program, pacer := newProgram(ctx, o, model)
	ended := watchSignals(ctx, program, model.root.editor.Lent)
	_, err := program.Run()
	cancel()
	pacer.Close()
	model.root.close()
	if crash := model.crash.get(); crash != nil {
		return report(o, crash)
	}
	if sig := <-ended; sig != 0 {
		return &SignalError{Signal: sig}
	}
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("run the console: %w", err)
	}
	return nil
}

// newConsole makes the root model.
func newConsole(ctx context.Context, o Options) *root {
	zone := o.Zone
	if zone == nil {
		zone = time.UTC
	}
	dark := o.Dark != nil && *o.Dark
	bound, _ := keys.Build(keys.Config{}) // the default profile has no problems
	if o.Keys != nil {
		bound = *o.Keys
	}
	d := deps{keys: bound, backend: o.Backend, clock: o.Clock, zone: zone, ctx: ctx, stateDir: o.StateDir}
	d.editor = external.Editor{Environ: o.Environ, Dir: o.StateDir, Lent: o.Lent}
	if o.Lent == nil {
		d.editor.Lent = new(atomic.Bool)
	}
	r := newRoot(d, o.Lost)
	for _, problem := range o.Problems {
		r.fail("read the configuration", problem)
		r.say(client.Explain(problem).Sentence, ui.ToneWarn)
	}
	utf8 := utf8Locale(o.Environ)
	// Without an environment nothing is known of the terminal, and nothing guessed.
	ascii := o.ASCII || o.Environ != nil && !utf8 || slices.Contains(o.Environ, "TERM=dumb")
	r.look = look{dark: dark, ascii: ascii, few: o.NoColor, known: o.Dark != nil, fixedTheme: o.Dark != nil, plainBytes: ascii && !utf8}
	r.retheme()
	return r
}

// newProgram makes the program of a model, and the pacer that it draws by.
func newProgram(ctx context.Context, o Options, model *guarded, more ...tea.ProgramOption) (*tea.Program, *frames.Pacer) {
	pacer := frames.New(o.Output)
	options := append(programOptions(ctx, o), tea.WithOutput(pacer.Output()), tea.WithFilter(pacer.Filter))
	program := tea.NewProgram(pacer.Model(model), append(options, more...)...)
	model.quit = program.Quit
	pacer.Attach(program)
	return program, pacer
}

func programOptions(ctx context.Context, o Options) []tea.ProgramOption {
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithoutSignalHandler()}
	environ := slices.DeleteFunc(slices.Clone(o.Environ), func(kv string) bool {
		return strings.HasPrefix(kv, "TEA_TRACE=") || strings.HasPrefix(kv, "TEA_DEBUG=")
	})
	if o.Environ != nil {
		options = append(options, tea.WithEnvironment(environ))
	}
	if o.Input != nil {
		options = append(options, tea.WithInput(o.Input))
	}
	if o.NoColor {
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	return options
}

// watchSignals quits the program on the signals that end a process. A hang-up is
// among them: without being caught it would end the console before the terminal
// is restored; and a quit signal would print the state of every goroutine over
// the screen. The channel brings the signal, or 0 when ctx has ended. While an
// editor has the terminal, what the keyboard sends to all is for the editor.
func watchSignals(ctx context.Context, program *tea.Program, lent *atomic.Bool) <-chan syscall.Signal {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	ended := make(chan syscall.Signal, 1)
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-ctx.Done():
				ended <- 0
				return
			case s := <-signals:
				sig, _ := s.(syscall.Signal) // Signals of this system are nothing else.
				if lent.Load() && (sig == syscall.SIGINT || sig == syscall.SIGQUIT) {
					continue
				}
				program.Quit()
				ended <- sig
				return
			}
		}
	}()
	return ended
}

// utf8Locale reports whether the environment asks for UTF-8.
func utf8Locale(environ []string) bool {
	for _, name := range []string{"LC_ALL=", "LC_CTYPE=", "LANG="} {
		for _, kv := range environ {
			if value, ok := strings.CutPrefix(kv, name); ok && value != "" {
				folded := strings.ToLower(value)
				return strings.Contains(folded, "utf-8") || strings.Contains(folded, "utf8")
			}
		}
	}
	return false
}
