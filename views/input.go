package views

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/ui/help"
	"fndeck/ui/palette"
	"fndeck/views/standing"
)

// key routes a key press: quitting always works, then the overlay on top, then
// the prompt, then the screen, then the global keys.
func (r *root) key(msg tea.KeyPressMsg) tea.Cmd {
	name := ui.KeyName(msg)
	if r.keys.Bound("app.quit", name) {
		return tea.Quit
	}
	if r.layout(0).TooSmall != "" {
		return r.keyUnseen(name)
	}
	if r.toast.Read(r.clock()) {
		r.toast = ui.Toast{} // What it hides matters more to who works on.
	}
	if len(r.overlays) > 0 {
		return r.keyOverlay(msg)
	}
	if p, ok := r.prompt.(passing); ok && p.passes(msg) {
		return tea.Batch(p.done(), r.key(msg))
	}
	if r.prompt != nil {
		return r.prompt.key(r.shell, msg)
	}
	if r.awaits() {
		if !r.keys.Bound("app.back", name) {
			r.ahead = append(r.ahead, msg)
			return nil
		}
		r.ahead = nil
	}
	return tea.Batch(r.typedAhead(), r.keyScreen(name))
}

// awaits reports whether keys are kept for what the screen is about to show.
func (r *root) awaits() bool {
	screen, ok := r.screen().(awaiter)
	return ok && screen.Awaits()
}

// typedAhead takes the keys that were kept, once they are awaited.
func (r *root) typedAhead() tea.Cmd {
	if len(r.ahead) == 0 || r.awaits() {
		return nil
	}
	kept := r.ahead
	r.ahead = nil
	var cmds []tea.Cmd
	for _, key := range kept {
		cmds = append(cmds, r.key(key))
	}
	return tea.Batch(cmds...)
}

// keyScreen gives a key to the screen, or does what it does everywhere.
func (r *root) keyScreen(name string) tea.Cmd {
	for _, c := range r.screen().Commands() {
		if r.keys.Bound(c.id, name) {
			return r.perform(c)
		}
	}
	for _, c := range r.global() {
		if r.keys.Bound(c.id, name) {
			return r.perform(c)
		}
	}
	if label := r.elsewhere(name); label != "" {
		r.say(fmt.Sprintf("%s: not in %s; %s lists what is", label, r.screen().Title(), r.keys.Key("app.help")), ui.ToneWarn)
		return nil
	}
	if slices.Contains(laterKeys, name) {
		r.say(name+" is not in this version; "+r.keys.Key("app.help")+" lists the keys", ui.ToneWarn)
	}
	return nil
}

// elsewhere is what a key does on other screens of this kind, "" if nothing.
func (r *root) elsewhere(key string) string {
	scope := ui.ScopeList
	for _, c := range r.screen().Commands() {
		if b, ok := r.keys.Lookup(c.id); ok && b.Scope == ui.ScopeText {
			scope = ui.ScopeText
		}
	}
	for _, of := range []ui.Scope{scope, ui.ScopeList, ui.ScopeText} {
		for _, b := range r.keys.Scope(of) {
			if slices.Contains(b.Keys, key) {
				return b.Label
			}
		}
	}
	return ""
}

// keyUnseen takes keys while nothing can be drawn: only leaving works, and it
// does not ask a question that nobody could read.
func (r *root) keyUnseen(name string) tea.Cmd {
	if r.keys.Bound("app.leave", name) {
		return tea.Quit
	}
	return nil
}

// perform runs a command, or says why it cannot be run.
func (r *root) perform(c command) tea.Cmd {
	if c.reason != "" {
		r.say(c.reason, ui.ToneWarn)
		return nil
	}
	return c.run()
}

// keyOverlay gives a key to the overlay on top and to nothing below it.
func (r *root) keyOverlay(msg tea.KeyPressMsg) tea.Cmd {
	top := r.overlays[len(r.overlays)-1]
	cmd, done := top.Update(msg)
	if !done {
		return cmd
	}
	r.overlays = slices.DeleteFunc(slices.Clone(r.overlays), func(o ui.Overlay) bool { return o == top })
	return r.result(cmd)
}

// result takes what an overlay closed with before another key is taken: what that
// leads to may be a form or a question, which the keys behind are meant for.
func (r *root) result(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	switch msg := cmd().(type) {
	case nil:
		return nil
	case tea.BatchMsg:
		return tea.Batch(msg...) // More than a result.
	default:
		return r.route(msg)
	}
}

// wheelBy is how many lines one step of the wheel scrolls.
const wheelBy = 3

// wheel scrolls what is on top.
func (r *root) wheel(m tea.Mouse) tea.Cmd {
	by := wheelBy
	switch m.Button {
	case tea.MouseWheelUp:
		by = -wheelBy
	case tea.MouseWheelDown:
	default:
		return nil // Sideways has keys; a trackball moves so by accident.
	}
	if top := r.top(); top != nil {
		if scrolled, ok := top.(interface{ Wheel(by int) }); ok {
			scrolled.Wheel(by)
		}
		return nil
	}
	if pointed, ok := r.screen().(pointed); ok && r.prompt == nil {
		return pointed.Wheel(by)
	}
	return nil
}

// click goes to the body of the screen; what lies on top of it is for keys.
func (r *root) click(m tea.Mouse) tea.Cmd {
	screen, ok := r.screen().(pointed)
	if !ok || m.Button != tea.MouseLeft || r.top() != nil || r.prompt != nil {
		return nil
	}
	l, above := r.layout(len(r.urgent())), 0
	for _, drawn := range []bool{l.Header, l.Crumbs} {
		if drawn {
			above++
		}
	}
	if y := m.Y - above; y >= 0 && y < l.BodyHeight {
		return screen.Click(m.X, y)
	}
	return nil
}

// paste goes where text is typed; elsewhere it is ignored and says so.
func (r *root) paste(msg tea.PasteMsg) tea.Cmd {
	left := r.pastes.LeftOut(msg.Content)
	switch {
	case len(r.overlays) > 0:
		if left > 0 {
			r.say(ui.Counted(left, "control sequence")+" of the paste left out: colours and the like are no text", ui.ToneWarn)
		}
		top := r.overlays[len(r.overlays)-1]
		cmd, _ := top.Update(msg)
		return cmd
	case r.prompt != nil:
		return r.prompt.insert(r.shell, msg.Content)
	}
	r.say("a paste belongs in a form: "+r.keys.Key("functions.call")+" opens one", ui.ToneWarn)
	return nil
}

// global are the commands that hold everywhere.
func (r *root) global() []command {
	var all []command
	for i, id := range viewNames {
		all = append(all, command{id: id, run: func() tea.Cmd { return r.switchTo(i) }})
	}
	return append(all,
		command{id: "app.next", run: func() tea.Cmd { return r.step(1) }},
		command{id: "app.previous", run: func() tea.Cmd { return r.step(-1) }},
		command{id: "view.unscope", run: r.unscope},
		command{id: "app.filter", run: r.openPrompt, reason: r.unfilterable()},
		command{id: "app.command", run: do(func() { r.prompt = newCommandLine(r.theme, r) })},
		command{id: "app.palette", run: r.openPalette},
		command{id: "app.refresh", run: r.again},
		command{id: "app.reload", reason: r.unfollowed(), run: func() tea.Cmd {
			return r.informed(func() tea.Cmd { return r.readFile(true) })
		}},
		command{id: "app.contexts", run: r.openContexts},
		command{id: "app.deploys", run: r.openDeploys},
		command{id: "app.trace", run: r.openTrace},
		command{id: "app.pulse", run: r.openPulse},
		command{id: "app.errors", run: r.openErrors},
		command{id: "app.help", run: func() tea.Cmd { return r.overlay(r.help(), nil) }},
		command{id: "app.back", run: r.back},
		command{id: "app.leave", run: r.leave},
		command{id: "app.older", run: func() tea.Cmd { return r.travel(r.here - 1) }},
		command{id: "app.newer", run: func() tea.Cmd { return r.travel(r.here + 1) }},
		command{id: "app.toggle", run: func() tea.Cmd { return r.travel(r.before) }},
		command{id: "app.body", run: do(func() { r.bodyOnly = !r.bodyOnly })},
		command{id: "app.header", run: do(func() { r.noHeader = !r.noHeader })},
		command{id: "app.crumbs", run: do(func() { r.noCrumbs = !r.noCrumbs })},
		command{id: "app.zone", run: r.changeZone},
		command{id: "app.mouse", run: do(r.toggleMouse)},
		command{id: "app.redraw", run: func() tea.Cmd { return tea.ClearScreen }},
		command{id: "app.suspend", run: func() tea.Cmd { return tea.Suspend }},
	)
}

// changeZone shows times in UTC, and back in the zone of the operator.
func (r *root) changeZone() tea.Cmd {
	r.zone, r.otherZone = r.otherZone, r.zone
	r.restyle()
	name, _ := r.clock().In(r.zone).Zone()
	if other, _ := r.clock().In(r.otherZone).Zone(); other == name {
		r.say("times are in "+name+" in either case", ui.ToneInfo)
	} else {
		r.say("times are in "+name+" now", ui.ToneInfo)
	}
	return r.refresh(nil)
}

// toggleMouse takes the mouse, or leaves it to the terminal, which then selects
// text with it.
func (r *root) toggleMouse() {
	r.mouse = !r.mouse
	text := "the mouse selects text now, as without a console"
	if r.mouse {
		text = "the mouse scrolls and picks rows now"
	}
	r.say(text, ui.ToneInfo)
}

// again reads what is visible now, also what was stopped.
func (r *root) again() tea.Cmd {
	if stopped, ok := r.screen().(stopper); ok {
		stopped.Resume()
	}
	return r.refresh(nil)
}

// unscope goes from the calls or logs of one function to those of all.
func (r *root) unscope() tea.Cmd {
	if scoped, ok := r.screen().(interface{ Unscoped() int }); ok && r.history[r.here].depth > 0 {
		return r.switchTo(scoped.Unscoped())
	}
	return nil
}

func (r *root) unfilterable() string {
	if _, ok := r.screen().(searcher); ok && !r.screen().Status().fixed {
		return ""
	}
	return "there is nothing to filter here"
}

func (r *root) openPrompt() tea.Cmd {
	text, ok := r.screen().(searcher)
	if !ok {
		return nil
	}
	r.prompt = newPrompt(r.theme, text)
	return nil
}

// openDeploys shows the deploys of all functions.
func (r *root) openDeploys() tea.Cmd {
	if shown, ok := r.screen().(*listScreen[client.Deploy]); ok && shown.Title() == "deploys" {
		return nil
	}
	return r.open(newDeploys(r.shell, client.Function{}))
}

// openTrace shows the requests of this console.
func (r *root) openTrace() tea.Cmd {
	if _, ok := r.screen().(*listScreen[client.Exchange]); ok {
		return nil
	}
	return r.open(newTrace(r.shell))
}

// openContexts shows where this console is.
func (r *root) openContexts() tea.Cmd {
	if _, ok := r.screen().(*listScreen[standing.Row]); ok {
		return nil
	}
	return r.open(newContexts(r.shell))
}

// openPulse shows what goes on.
func (r *root) openPulse() tea.Cmd {
	if _, ok := r.screen().(*pageScreen[pulse]); ok {
		return nil
	}
	return r.open(newPulse(r.shell))
}

func (r *root) openErrors() tea.Cmd {
	if _, ok := r.screen().(*listScreen[failure]); ok {
		return nil
	}
	r.errors.read()
	return r.open(newErrors(r.shell))
}

// help lists the live bindings: those of the screen, then the global ones.
func (r *root) help() ui.Overlay {
	return help.New(r.keys, []help.Section{
		{Title: r.screen().Title(), Bindings: r.bindings(r.screen().Commands())},
		{Title: "everywhere", Bindings: r.bindings(r.global())},
	})
}

// bindings are commands with the keys that they really have.
func (r *root) bindings(commands []command) []ui.Binding {
	var found []ui.Binding
	for _, c := range commands {
		b, ok := r.keys.Lookup(c.id)
		if !ok || len(b.Keys) == 0 {
			continue
		}
		if c.label != "" {
			b.Label, b.Help = c.label, c.label
		}
		b.Reason = c.reason
		found = append(found, b)
	}
	return found
}

// unlisted are commands that only move: nobody looks for them by name.
var unlisted = []string{
	"app.palette", "list.halfdown", "list.halfup", "text.halfdown", "text.halfup", "list.down", "list.up", "list.pagedown", "list.pageup", "list.first", "list.last",
	"text.down", "text.up", "text.pagedown", "text.pageup", "text.left", "text.right",
}

// openPalette lists everything that can be done here, and what cannot with the
// reason. Choosing takes the same path as the key.
func (r *root) openPalette() tea.Cmd {
	screen := r.screen().Commands()
	var entries []palette.Entry
	r.offered = nil
	for i, c := range append(slices.Clone(screen), r.global()...) {
		b, ok := r.keys.Lookup(c.id)
		if !ok || slices.Contains(unlisted, c.id) {
			continue
		}
		where := "everywhere"
		if i < len(screen) {
			where = r.screen().Title()
		}
		entry := palette.Entry{Label: b.Label, Help: b.Help, Where: where, Keys: r.theme.ShowKeys(b.Keys), Danger: r.dangerOf(c.id), Reason: c.reason}
		if c.label != "" {
			entry.Label, entry.Help = c.label, ""
		}
		entries = append(entries, entry)
		r.offered = append(r.offered, c)
	}
	return r.overlay(palette.New(r.theme, "all actions", entries), nil)
}

// dangerOf says what is asked before a command is done.
func (r *root) dangerOf(id string) string {
	for _, a := range action.All() {
		if a.ID != id {
			continue
		}
		switch a.DangerIn(r.backend.Describe()) {
		case action.Ask:
			return "asks first"
		case action.Typed:
			return "its name must be typed"
		case action.TypedTwice:
			return "its name and the context's must be typed"
		}
	}
	return ""
}

// laterKeys are keys that hands from other consoles, or the plan of this one,
// look for, and that this version does not have: silence would look like a fault.
var laterKeys = []string{
	"T",
}
