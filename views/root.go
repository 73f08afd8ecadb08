package views

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/ui/form"
	"fndeck/ui/palette"
	"fndeck/ui/terminal"
	"fndeck/views/deck"
	"fndeck/views/deploying"
	"fndeck/views/drifts"
	"fndeck/views/feeds"
	"fndeck/views/forms"
	"fndeck/views/logread"
)

// root is the model that the program runs. It only routes: a message goes to
// the overlay on top, to the screen that owns it, or to the shell.
type root struct {
	*shell
	push          *feeds.Pump
	link          *feeds.Link
	throttles     []*feeds.Throttle
	width, height int
	// pastes knows what is missing in a paste, nil where the input is not watched.
	pastes *terminal.Pastes
	// fits are the lines of the last frame that were no wider than the screen: most
	// come again, and measuring a styled line costs more than drawing it.
	fits map[string]bool
	// awaiting is a command line that waits for the functions it may name.
	awaiting string
	// ahead are keys that are kept until the screen has its rows.
	ahead []tea.KeyPressMsg
	// began says that what lives as long as the console has begun.
	began bool
	// pulse is when the pending tick is due, zero if there is none.
	pulse time.Time
}

var _ tea.Model = (*root)(nil)

// tickMsg wakes the frame because the time that it names has come.
type tickMsg time.Time

var _ deck.Console = (*root)(nil)

func newRoot(d deps, lost func() (string, <-chan struct{})) *root {
	r := &root{push: feeds.NewPump(d.source()), link: &feeds.Link{Ctx: d.ctx, Lost: lost}, throttles: feeds.Throttles(d.source())}
	d.bind = func(cmd tea.Cmd) tea.Cmd { return deck.Bind(r, cmd) }
	r.shell = newShell(d)
	return r
}

// Init implements tea.Model.
func (r *root) Init() tea.Cmd {
	var ask tea.Cmd
	if !r.fixedTheme && !r.few {
		ask = tea.RequestBackgroundColor
	}
	return tea.Batch(ask, r.begun())
}

// begun begins what lives as long as the console.
func (r *root) begun() tea.Cmd {
	r.began = true
	return tea.Batch(r.screen().Show(), r.waitFunctions(), r.bind(r.push.Run()), r.waitPush(), r.waitLink(), r.waitThrottles())
}

// Leave implements deck.Console.
func (r *root) Leave() tea.Cmd {
	r.left.Store(true)
	r.prompt, r.toast = nil, ui.Toast{}
	return r.screen().Hide()
}

// Return implements deck.Console.
func (r *root) Return(from deck.Console) tea.Cmd {
	r.left.Store(false)
	if other, ok := from.(*root); ok {
		r.inherit(other)
	}
	if !r.began {
		return tea.Batch(r.begun(), r.tick()) // What is loading counts, though nothing comes.
	}
	r.functions.Refresh()
	return tea.Batch(r.screen().Show(), r.tick())
}

// inherit takes over what belongs to the terminal and to the operator.
func (r *root) inherit(from *root) {
	r.width, r.height, r.fits = from.width, from.height, nil
	r.look, r.theme, r.zone, r.otherZone = from.look, from.theme, from.zone, from.otherZone
	r.keys, r.notifies, r.watched, r.typed = from.keys, from.notifies, from.watched, from.typed
	r.away.Store(from.away.Load())
	r.restyle()
}

func (r *root) waitPush() tea.Cmd { return r.bind(r.push.Wait()) }
func (r *root) waitLink() tea.Cmd { return r.bind(r.link.Wait(r.lost)) }

func (r *root) waitThrottles() tea.Cmd {
	var all []tea.Cmd
	for _, t := range r.throttles {
		all = append(all, r.waitThrottle(t))
	}
	return tea.Batch(all...)
}

func (r *root) waitThrottle(t *feeds.Throttle) tea.Cmd {
	return r.bind(t.Wait(r.throttled[t.Trace.Context]))
}

func (r *root) waitFunctions() tea.Cmd { return r.bind(r.nextFunctions()) }

// Update implements tea.Model.
func (r *root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := r.route(msg)
	return r, tea.Batch(cmd, r.tick(), r.work())
}

// work lets the visible screen work while somebody may look at it.
func (r *root) work() tea.Cmd {
	if w, ok := r.screen().(worker); ok && !r.away.Load() {
		return w.Background()
	}
	return nil
}

func (r *root) route(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case deck.Owned:
		return r.route(msg.Body)
	case deck.Arrived:
		r.awaiting = msg.Line
		return r.arrived()
	case deck.Refused:
		r.fail("switch to "+msg.Name, msg.Err)
		r.say(client.Explain(msg.Err).Sentence, ui.ToneBad)
	case screenMsg:
		return r.owned(msg)
	case deploying.Seen:
		return tea.Batch(r.learn(msg), r.waitFunctions(), r.arrived())
	case feeds.Pushed:
		return tea.Batch(r.refresh(msg.Kinds), r.waitPush())
	case feeds.LinkMsg:
		return r.linked(string(msg))
	case feeds.ThrottleMsg:
		r.throttled[msg.From.Trace.Context] = msg.Until
		return r.waitThrottle(msg.From)
	case tickMsg:
		if time.Time(msg).Equal(r.pulse) {
			r.pulse = time.Time{} // A tick that a sooner one replaced starts no new ones.
		}
	case reloaded:
		return r.takeOver(msg)
	default:
		if cmd, mine := r.terminal(msg); mine {
			return cmd
		}
		if cmd, mine := r.answered(msg); mine {
			return cmd
		}
		return r.toOverlays(msg)
	}
	return nil
}

// terminal takes what the terminal tells; false if that is not what it is.
func (r *root) terminal(msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		r.width, r.height, r.fits = msg.Width, msg.Height, nil
	case tea.BackgroundColorMsg:
		r.background(msg.IsDark())
	case tea.ColorProfileMsg:
		r.profile(msg.Profile)
	case tea.KeyPressMsg:
		return tea.Batch(r.followFile(), r.key(msg)), true
	case tea.MouseWheelMsg:
		return r.wheel(msg.Mouse()), true
	case tea.MouseClickMsg:
		return r.click(msg.Mouse()), true
	case tea.FocusMsg:
		r.watched = true
		return tea.Batch(r.followFile(), r.comeBack()), true
	case tea.BlurMsg:
		r.watched = false
		r.away.Store(true)
	case tea.PasteMsg:
		return r.paste(msg), true
	default:
		return nil, false
	}
	return nil, true
}

// answered takes what forms, dialogs and commands end with; false if that is not
// what it is.
func (r *root) answered(msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case forms.RunAction:
		return r.start(msg), true
	case actionDone:
		return r.tell(msg), true
	case forms.PromoteTo:
		return r.openFor(msg), true
	case promoteOpened:
		return r.promoteTo(msg), true
	case bothCalled:
		return r.showBoth(msg), true
	case contextTested:
		r.tellTested(msg)
	case forms.AddContext:
		return r.addContext(msg), true
	case contextChanged:
		return r.tellChanged(msg), true
	case allDone:
		return r.tellAll(msg), true
	case logread.Saved:
		return r.saved(msg), true
	case questionKnown:
		return r.complete(msg), true
	case drifts.Looked:
		r.drifts.Took(msg)
	case prefilled:
		return r.prefill(msg), true
	case forms.SignedIn:
		r.say("signed in to "+msg.Context, ui.ToneOK)
		if msg.Note != "" {
			r.say("signed in to "+msg.Context+"; "+msg.Note, ui.ToneWarn)
		}
		return r.refresh(nil), true
	case forms.Copy:
		return copyText(r.shell, msg.What, msg.Text), true
	case forms.Failed:
		r.fail(msg.Operation, msg.Err)
	case forms.Told:
		r.say(msg.Sentence, ui.ToneInfo)
	case forms.Called:
		r.keepGiven(msg.FunctionID, msg.Data)
	case palette.Chosen:
		return r.perform(r.offered[msg.Index]), true
	case palette.Checked:
		return r.checked(msg.On), true
	case form.Confirmed:
		return r.confirmed(msg), true
	default:
		return nil, false
	}
	return nil, true
}

// linked shows, or takes down, the banner of a backend that is being reconnected.
func (r *root) linked(lost string) tea.Cmd {
	if r.lost != "" && lost == "" {
		r.say("the engine was lost and is back; what ran in it has failed", ui.ToneWarn)
		r.fail("reach the engine", &client.Error{Code: client.CodeUnavailable, Message: r.lost, Hint: "it is back; what ran in it has failed"})
	}
	r.lost = lost
	return tea.Batch(r.refresh(nil), r.waitLink())
}

// owned hands a message to its screen, if the history still leads to it.
func (r *root) owned(msg screenMsg) tea.Cmd {
	for _, p := range r.history {
		if p.screen == msg.owner {
			return tea.Batch(msg.owner.Update(msg.body), r.typedAhead())
		}
	}
	return nil
}

// toOverlays hands a message that nobody else knows to what lies on top.
func (r *root) toOverlays(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	kept := r.overlays[:0:0]
	var results []tea.Cmd
	for _, o := range r.overlays {
		cmd, done := o.Update(msg)
		if done {
			results = append(results, cmd)
			continue
		}
		cmds, kept = append(cmds, cmd), append(kept, o)
	}
	r.overlays = kept
	for _, result := range results {
		cmds = append(cmds, r.result(result))
	}
	return tea.Batch(cmds...)
}

// tick schedules the next look at the clock, if anything visible needs one. Only
// one tick is ever pending; a sooner need replaces a later one.
func (r *root) tick() tea.Cmd {
	if r.left.Load() {
		return nil
	}
	now := r.clock()
	every := r.screen().Pulse()
	if r.toast.Shown(now) {
		every = sooner(every, r.toast.Until.Sub(now))
	}
	for _, until := range r.throttled {
		if until.After(now) {
			every = sooner(every, time.Second) // The header counts them down.
		}
	}
	if status, ok := client.IdentityOf(r.backend); ok && !status.Ends.IsZero() {
		every = sooner(every, time.Minute) // The header counts them.
	}
	switch top := r.top().(type) {
	case *form.Confirm:
		every = sooner(every, time.Second) // It says when it begins to listen.
	case interface{ Pulse() time.Duration }:
		if pulse := top.Pulse(); pulse > 0 {
			every = sooner(every, pulse)
		}
	}
	if every <= 0 {
		return nil
	}
	due := now.Add(every)
	if !r.pulse.IsZero() && !due.Before(r.pulse) {
		return nil
	}
	r.pulse = due
	ctx := r.ctx
	return r.bind(func() tea.Msg {
		feeds.Pause(ctx, every)
		if ctx.Err() != nil {
			return nil
		}
		return tickMsg(due)
	})
}

// top is the overlay that has the keys, nil if there is none.
func (r *root) top() ui.Overlay {
	if len(r.overlays) == 0 {
		return nil
	}
	return r.overlays[len(r.overlays)-1]
}

func sooner(a, b time.Duration) time.Duration {
	if a <= 0 || b < a {
		return b
	}
	return a
}
