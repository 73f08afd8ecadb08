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
	"fndeck/ui/terminal"
	"fndeck/views/crash"
	"fndeck/views/deck"
	"fndeck/views/keys"
	"fndeck/views/standing"
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
	// Mouse takes clicks and the wheel; without it the terminal selects text with
	// them. Notify tells the end of long jobs to who looks elsewhere.
	Mouse, Notify bool
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
	// Reload reads the configuration again if its file has changed, or with now in
	// any case, and returns what has changed with it: Keys, Problems, Zone, ASCII,
	// Dark, Mouse and Notify. It is nil where nothing has. The marks of the context
	// it hands to the backend. nil means that there is no file to follow.
	Reload func(now bool) (*Options, error)
	// Lent is set while an editor has the terminal: the process must then leave the
	// keyboard's signals to it. It may be nil.
	Lent *atomic.Bool
	// Contexts are those of the configuration; nil where there is none but this one.
	Contexts standing.Contexts
	// Lost is the text for the banner while the backend is reconnecting, "" when
	// all is well, and a channel that closes when that has changed; nil means
	// always well. It must not block.
	Lost func() (text string, changed <-chan struct{})

	// failures is what all consoles of a program share.
	failures *errorLog
	// pastes watches what is pasted into any of them, nil where nothing does.
	pastes *terminal.Pastes
}

// SignalError says that a signal ended the console. The terminal is restored.
type SignalError struct{ Signal syscall.Signal }

// Error implements error.
func (e *SignalError) Error() string { return "ended by " + e.Signal.String() }

// Run shows the console until it is quit, ctx ends or a signal comes. It leaves
// the terminal as it was, also after a panic, which is then a *crash.Error.
// Deploys and calls that it started go on in the backend.
func Run(ctx context.Context, o Options) error {
	for _, name := range []string{"TEA_TRACE", "TEA_DEBUG"} {
		if err := os.Unsetenv(name); err != nil { // They make the toolkit write files.
			return fmt.Errorf("unset %s: %w", name, err)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.Input == nil {
		o.pastes = terminal.NewPastes(os.Stdin)
		o.Input = o.pastes
	}
	consoles, first := newDeck(ctx, o)
	first.fail("start", first.editor.Sweep())
	model := crash.New(consoles)
	program, pacer := newProgram(ctx, o, model)
	ended := watchSignals(ctx, program, first.editor.Lent)
	_, err := program.Run()
	cancel()
	pacer.Close()
	closeAll(consoles)
	if first := model.First(); first != nil {
		return crash.Report(o.StateDir, o.Clock(), first)
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

// newDeck makes the model that the program runs, and its first console.
func newDeck(ctx context.Context, o Options) (*deck.Deck, *root) {
	first := newConsole(ctx, o)
	o.failures = first.errors
	return deck.New(ctx, o.Backend.Describe().Name, first, func(ctx context.Context, name string) (deck.Console, error) {
		opened, err := o.Contexts.Open(ctx, name)
		if err != nil {
			return nil, err
		}
		other := o
		other.Backend, other.Lost = opened.Backend, opened.Lost
		return newConsole(ctx, other), nil
	}), first
}

// closeAll ends what the consoles have begun.
func closeAll(consoles *deck.Deck) {
	for _, console := range consoles.Consoles() {
		if r, ok := console.(*root); ok {
			r.close()
		}
	}
}

// newConsole makes the console of a context.
func newConsole(ctx context.Context, o Options) *root {
	if o.failures == nil {
		o.failures = newErrorLog(o.Clock)
	}
	d := deps{contexts: o.Contexts, errors: o.failures, away: new(atomic.Bool), left: new(atomic.Bool), way: terminal.Through(o.Environ), keys: o.keymap(), backend: o.Backend, clock: o.Clock, zone: o.zone(), ctx: ctx, stateDir: o.StateDir}
	d.editor = external.Editor{Environ: o.Environ, Dir: o.StateDir, Lent: o.Lent}
	if o.Lent == nil {
		d.editor.Lent = new(atomic.Bool)
	}
	r := newRoot(d, o.Lost)
	r.file.reload, r.environ = o.Reload, o.Environ
	r.few, r.otherZone, r.pastes = o.NoColor, time.UTC, o.pastes
	r.appear(o)
	if why := o.Backend.Describe().Outdated; why != "" {
		r.fail("start", &client.Error{Code: client.CodeFailed, Message: why})
		r.say(why, ui.ToneWarn)
	}
	return r
}

// zone is where times are shown.
func (o Options) zone() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

func (o Options) keymap() ui.Keymap {
	if o.Keys != nil {
		return *o.Keys
	}
	bound, _ := keys.Build(keys.Config{}) // the default profile has no problems
	return bound
}

// appear takes what the options say of how the console looks, and tells what is
// wrong with them.
func (r *root) appear(o Options) {
	for _, problem := range o.Problems {
		r.fail("read the configuration", problem)
		r.say(client.Explain(problem).Sentence, ui.ToneWarn)
	}
	utf8 := utf8Locale(r.environ)
	// Without an environment nothing is known of the terminal, and nothing guessed.
	r.ascii = o.ASCII || r.environ != nil && !utf8 || slices.Contains(r.environ, "TERM=dumb")
	r.plainBytes = r.ascii && !utf8
	r.mouse, r.notifies = o.Mouse, o.Notify
	r.fixedTheme = o.Dark != nil
	if r.fixedTheme {
		r.dark, r.look.known = *o.Dark, true
	}
	r.retheme()
}

// newProgram makes the program of a model, and the pacer that it draws by.
func newProgram(ctx context.Context, o Options, model *crash.Guard, more ...tea.ProgramOption) (*tea.Program, *frames.Pacer) {
	pacer := frames.New(o.Output)
	options := append(programOptions(ctx, o), tea.WithOutput(pacer.Output()), tea.WithFilter(pacer.Filter))
	program := tea.NewProgram(pacer.Model(model), append(options, more...)...)
	model.Quit = program.Quit
	pacer.Attach(program)
	return program, pacer
}

// stockRate is how often a second the library looks for a new view where its own clock
// runs: at half the rate it costs an idle machine a third less (0.42 % of a core against
// 0.67 % at 60), and nothing here moves that fast.
const stockRate = 30

func programOptions(ctx context.Context, o Options) []tea.ProgramOption {
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithoutSignalHandler(), tea.WithFPS(stockRate)}
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

// lookEvery is how often the configuration file is looked at, at the most. It is
// looked at when a key is pressed or the terminal gets the focus: who has just
// changed it is there, and an idle console does nothing.
const lookEvery = 2 * time.Second

// followed is the configuration file as the console follows it.
type followed struct {
	reload func(now bool) (*Options, error)
	// looked is when the last look began; looking is true until its answer.
	looked  time.Time
	looking bool
	// held is what waits for the answer.
	held []func() tea.Cmd
}

// reloaded is the answer of a look: nothing where nothing has changed.
type reloaded struct {
	options *Options
	err     error
}

// followFile looks at the configuration file, if it is time to.
func (s *shell) followFile() tea.Cmd {
	if s.file.reload == nil || s.file.looking || s.clock().Sub(s.file.looked) < lookEvery {
		return nil
	}
	return s.readFile(false)
}

// readFile looks at the file outside the update loop.
func (s *shell) readFile(now bool) tea.Cmd {
	s.file.looked, s.file.looking = s.clock(), true
	reload := s.file.reload
	return func() tea.Msg {
		options, err := reload(now)
		return reloaded{options, err}
	}
}

// unfollowed is why the configuration cannot be read again.
func (s *shell) unfollowed() string {
	if s.file.reload == nil {
		return "this console follows no configuration file"
	}
	return ""
}

// informed does something once the look that is under way has been answered: in a
// context that was just marked already the first key asks.
func (s *shell) informed(do func() tea.Cmd) tea.Cmd {
	if !s.file.looking {
		return do()
	}
	s.file.held = append(s.file.held, do)
	return nil
}

// takeOver puts a changed configuration in force. Of a broken one nothing is
// taken: the one before stays.
func (r *root) takeOver(msg reloaded) tea.Cmd {
	held := r.file.held
	r.file.looking, r.file.held = false, nil
	var cmds []tea.Cmd
	switch {
	case msg.err != nil:
		r.fail("read the configuration", msg.err)
		r.say(client.Explain(msg.err).Sentence+"; the configuration before stays in force", ui.ToneBad)
	case msg.options != nil:
		r.say("configuration read", ui.ToneOK)
		cmds = append(cmds, r.follow(*msg.options))
	}
	for _, do := range held {
		cmds = append(cmds, do())
	}
	return tea.Batch(cmds...)
}

// follow takes what may change while the console runs.
func (r *root) follow(o Options) tea.Cmd {
	r.keys, r.zone = o.keymap(), o.zone()
	asked := r.fixedTheme && o.Dark == nil && !r.few
	r.appear(o)
	r.restyle()
	cmd := r.refresh(nil)
	if asked {
		return tea.Batch(cmd, tea.RequestBackgroundColor)
	}
	return cmd
}

// restyle tells the screens that keep what they have drawn that zone or theme are
// others now.
func (s *shell) restyle() {
	told := slices.Clone(s.views)
	for _, p := range s.history {
		told = append(told, p.screen)
	}
	for _, screen := range told {
		if drawn, ok := screen.(interface{ Restyle() }); ok {
			drawn.Restyle()
		}
	}
}
