package views

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/ui/form"
	"fndeck/ui/palette"
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
	width, height int
	// fits are the lines of the last frame that were no wider than the screen: most
	// come again, and measuring a styled line costs more than drawing it.
	fits map[string]bool
	// pulse is when the pending tick is due, zero if there is none.
	pulse time.Time
}

var _ tea.Model = (*root)(nil)

// tickMsg wakes the frame because the time that it names has come.
type tickMsg time.Time

func newRoot(d deps, lost func() (string, <-chan struct{})) *root {
	return &root{shell: newShell(d), push: feeds.NewPump(d.source()), link: &feeds.Link{Ctx: d.ctx, Lost: lost}}
}

// Init implements tea.Model.
func (r *root) Init() tea.Cmd {
	var ask tea.Cmd
	if !r.fixedTheme && !r.few {
		ask = tea.RequestBackgroundColor
	}
	return tea.Batch(ask, r.screen().Show(), r.waitFunctions(), r.push.Run(), r.push.Wait(), r.link.Wait(""))
}

// Update implements tea.Model.
func (r *root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := r.route(msg)
	return r, tea.Batch(cmd, r.tick())
}

func (r *root) route(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		r.width, r.height, r.fits = msg.Width, msg.Height, nil
	case tea.BackgroundColorMsg:
		r.background(msg.IsDark())
	case tea.ColorProfileMsg:
		r.profile(msg.Profile)
	case tea.KeyPressMsg:
		return tea.Batch(r.followFile(), r.key(msg))
	case tea.MouseWheelMsg:
		return r.wheel(msg.Mouse())
	case tea.MouseClickMsg:
		return r.click(msg.Mouse())
	case tea.FocusMsg:
		r.watched = true
		return tea.Batch(r.followFile(), r.comeBack())
	case tea.BlurMsg:
		r.watched = false
		r.away.Store(true)
	case reloaded:
		return r.takeOver(msg)
	case tea.PasteMsg:
		return r.paste(msg)
	case screenMsg:
		return r.owned(msg)
	case functionsMsg:
		return tea.Batch(r.learn(msg), r.waitFunctions())
	case feeds.Pushed:
		return tea.Batch(r.refresh(msg.Kinds), r.push.Wait())
	case feeds.LinkMsg:
		if r.lost != "" && msg == "" {
			r.say("the engine was lost and is back; what ran in it has failed", ui.ToneWarn)
			r.fail("reach the engine", &client.Error{Code: client.CodeUnavailable, Message: r.lost, Hint: "it is back; what ran in it has failed"})
		}
		r.lost = string(msg)
		return tea.Batch(r.refresh(nil), r.link.Wait(r.lost))
	case tickMsg:
		if time.Time(msg).Equal(r.pulse) {
			r.pulse = time.Time{} // A tick that a sooner one replaced starts no new ones.
		}
	case forms.RunAction:
		return r.start(msg)
	case actionDone:
		return r.tell(msg)
	case contextTested:
		r.tellTested(msg)
	case allDone:
		return r.tellAll(msg)
	case logread.Saved:
		return r.saved(msg)
	case questionKnown:
		return r.complete(msg)
	case prefilled:
		return r.prefill(msg)
	case forms.Failed:
		r.fail(msg.Operation, msg.Err)
	case forms.Told:
		r.say(msg.Sentence, ui.ToneInfo)
	case forms.Called:
		r.keepGiven(msg.FunctionID, msg.Data)
	case palette.Chosen:
		return r.perform(r.offered[msg.Index])
	case palette.Checked:
		return r.checked(msg.On)
	case form.Confirmed:
		return r.confirmed(msg)
	default:
		return r.toOverlays(msg)
	}
	return nil
}

// owned hands a message to its screen, if the history still leads to it.
func (r *root) owned(msg screenMsg) tea.Cmd {
	for _, p := range r.history {
		if p.screen == msg.owner {
			return msg.owner.Update(msg.body)
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
	now := r.clock()
	every := r.screen().Status().pulse
	if r.toast.Shown(now) {
		every = sooner(every, r.toast.Until.Sub(now))
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
	return func() tea.Msg {
		feeds.Pause(ctx, every)
		if ctx.Err() != nil {
			return nil
		}
		return tickMsg(due)
	}
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
