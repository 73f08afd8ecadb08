package views

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/ui/form"
	"fndeck/ui/help"
	"fndeck/ui/hintbar"
	"fndeck/ui/palette"
	"fndeck/views/forms"
	"fndeck/views/header"
	"fndeck/views/standing"
)

// background follows what the terminal says of its background, unless the
// operator has set it.
func (r *root) background(dark bool) {
	if r.fixedTheme {
		return
	}
	r.dark, r.look.known = dark, true
	r.retheme()
}

// profile follows how many colours the terminal has.
func (r *root) profile(p colorprofile.Profile) {
	r.few = p < colorprofile.ANSI256
	r.retheme()
}

func (r *root) retheme() {
	r.theme = ui.NewNeutralTheme(r.ascii)
	if r.look.known {
		r.theme = ui.NewTheme(r.dark, r.ascii)
	}
	if r.few {
		r.theme = r.theme.FewColors()
	}
	r.theme.SevenBit = r.plainBytes
}

// View implements tea.Model.
func (r *root) View() tea.View {
	v := tea.NewView(r.frame())
	v.AltScreen = true
	v.ReportFocus = true // Who comes back may have changed the configuration meanwhile.
	if r.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

// frame draws everything: header, crumbs, body, foot.
func (r *root) frame() string {
	if r.width <= 0 || r.height <= 0 {
		return ""
	}
	foot := r.urgent()
	l := r.layout(len(foot))
	if l.TooSmall != "" {
		return ui.Truncate(l.TooSmall, r.width)
	}
	var lines []string
	if l.Header {
		lines = append(lines, r.header(l))
	}
	if l.Crumbs {
		lines = append(lines, r.crumbs())
	}
	lines = append(lines, r.body(l.BodyHeight)...)
	if l.Foot {
		if len(foot) == 0 {
			foot = []string{r.hints()}
		}
		lines = append(lines, foot...)
	}
	fits := make(map[string]bool, len(lines))
	for i, line := range lines {
		if !r.fits[line] && ui.Width(line) > r.width {
			lines[i] = ui.Cut(line, 0, r.width)
		} else {
			fits[line] = true
		}
	}
	r.fits = fits
	for i := range lines {
		switch {
		case r.plainBytes:
			lines[i] = ui.ASCIIOnly(lines[i])
		case r.ascii:
			lines[i] = ui.Twins(lines[i])
		}
	}
	return strings.Join(lines, "\n")
}

// layout divides the terminal as the operator wants it.
func (r *root) layout(foot int) ui.Layout {
	return ui.NewLayout(r.width, r.height, ui.Lines{
		NoHeader: r.noHeader || r.bodyOnly, NoCrumbs: r.noCrumbs || r.bodyOnly, NoHints: r.bodyOnly, Foot: foot,
	})
}

// body is the overlay on top, under its title, or the screen.
func (r *root) body(height int) []string {
	if len(r.overlays) == 0 {
		return fill(r.screen().View(r.theme, r.width, height), height)
	}
	top := r.overlays[len(r.overlays)-1]
	keys := ""
	if !r.layout(0).Foot {
		keys = hintbar.InRule(r.theme, top.Hints(), r.width/5)
	}
	title := " " + r.theme.Accent.Render(ui.Truncate(r.theme.Shown(ui.Clean(r.titleOf(top))), r.width-4-ui.Width(keys))) + " "
	rule := strings.Repeat(r.theme.Glyph('─'), max(0, r.width-ui.Width(title)-1-ui.Width(keys)))
	lines := []string{r.theme.Border.Render(r.theme.Glyph('─')) + title + r.theme.Border.Render(rule) + keys}
	return fill(append(lines, top.View(r.theme, r.width, height-1)...), height)
}

// titleOf is the title of an overlay. That of a form names a context that is
// protected, and one that has others beside it; a question has it in its own words, and to look costs nothing.
func (r *root) titleOf(o ui.Overlay) string {
	d, side := r.pointedAt()
	switch o.(type) {
	case *form.Confirm, *help.Help, *palette.Palette, forms.OfContexts:
		return o.Title()
	}
	if side == 0 && !d.Protected {
		return o.Title()
	}
	return o.Title() + " in " + d.Name
}

// header is the context at the left, alarms at the right.
func (r *root) header(l ui.Layout) string {
	d := r.backend.Describe()
	if one, side := r.pointedAt(); !l.FullHeader && side > 0 { // There is no room for a column that says it.
		d = one
		d.Name = fmt.Sprintf("%s of %d", one.Name, side)
	}
	h := header.Header{Theme: r.theme, Width: r.width, Full: l.FullHeader, Now: r.clock(), Context: d, Alarms: r.alarms(l)}
	if status, ok := client.IdentityOf(r.backend); ok {
		h.Identity = &status
	}
	if !l.Foot && len(r.overlays) == 0 {
		h.Help = hintbar.Draw(r.theme, r.hint(command{id: "app.help"})) // There is no line for keys; this one leads to all.
	}
	return h.View()
}

// pointedAt is the context of this console; of several side by side that of what is
// under the cursor or on the page, and how many there are: 0 if it is not one of them.
func (r *root) pointedAt() (d client.Description, side int) {
	d = r.backend.Describe()
	screen, ok := r.screen().(interface{ Pointed() string })
	if !ok {
		return d, 0
	}
	one := client.Holding(r.backend, screen.Pointed()).Describe()
	if one.Name == d.Name {
		return d, 0
	}
	return one, len(client.SplitContexts(d.Name))
}

// alarms are what must not be missed.
func (r *root) alarms(l ui.Layout) header.Alarms {
	d, st, now := r.backend.Describe(), r.screen().Status(), r.clock()
	status, _ := client.IdentityOf(r.backend)
	a := header.Alarms{
		ReadOnly: d.ReadOnly, Lost: r.lost, Outdated: d.Outdated != "",
		Skews: standing.Skews(r.backend, status, l.FullHeader), Throttled: r.throttled,
		Deploying: len(r.deploying), Interrupted: r.interrupted, Unread: r.errors.unread(),
		Contexts: r.standing.Alarms(now, l.FullHeader),
		Rows:     header.Rows{Err: st.err, At: st.at, RetryAt: st.retryAt, Silent: st.silent},
	}
	if !r.layout(0).Foot {
		a.Paused = st.paused
	}
	if !l.Crumbs && st.filter != "" {
		a.Filter = filterText(st)
	}
	return a
}

// crumbs are the way to here, with the count and the filter in force.
func (r *root) crumbs() string {
	depth := r.history[r.here].depth
	var names []string
	for i := r.here; i >= 0 && len(names) <= depth; i-- {
		names = append([]string{r.history[i].screen.Title()}, names...)
	}
	st := r.screen().Status()
	separator := r.theme.Dim.Render(" > ")
	line := " "
	for i, name := range names {
		if i > 0 {
			line += separator
		}
		name = r.theme.Shown(name)
		if i < len(names)-1 {
			name = r.theme.Dim.Render(name)
		}
		line += name
	}
	if st.count != "" {
		line += r.theme.Dim.Render(" (" + st.count + ")")
	}
	if st.filter != "" {
		line += separator + r.theme.Accent.Render(filterText(st))
	}
	return ui.Truncate(line, r.width)
}

// filterText is the filter in force as it is shown.
func filterText(st status) string {
	if st.named {
		return st.filter
	}
	return "/" + st.filter
}

// urgent is what the foot shows before the hints: the prompt, a toast, or why
// the rows are stale. A long sentence takes a few lines.
func (r *root) urgent() []string {
	switch st := r.screen().Status(); {
	case r.prompt != nil:
		return r.prompt.view(r.theme, r.width)
	case r.toast.Shown(r.clock()):
		return r.told()
	case st.err != nil && !st.at.IsZero():
		return ui.FewLines(r.theme.Warn, ui.Clean(client.Explain(st.err).Sentence), "", r.allShown(), r.width)
	case st.waits != "" && len(r.overlays) == 0:
		return ui.FewLines(r.theme.Warn, st.waits, "", "", r.width)
	}
	return nil
}

// allShown says where the whole of a long error is.
func (s *shell) allShown() string { return s.keys.Key("app.errors") + " shows all" }

// told is the toast, with the keys beside it where there is room.
func (r *root) told() []string {
	lines := r.toast.View(r.theme, r.width)
	if len(lines) != 1 {
		return lines
	}
	toast := lines[0]
	keys, always := r.shownHints()
	hints := hintbar.Fit(r.theme, keys, always, r.width-ui.Width(toast)-2)
	gap := r.width - ui.Width(toast) - ui.Width(hints) - 1
	if hints == "" || gap < 2 {
		return lines
	}
	return []string{toast + strings.Repeat(" ", gap) + hints}
}

// hints are the keys with the position at the right. Keys give way to it, all but
// those that always stand there; then its beginning does, because how to go on from
// a pause and where one is stand at its end.
func (r *root) hints() string {
	keys, always := r.shownHints()
	position := ""
	if len(r.overlays) == 0 {
		position = r.screen().Status().position
		room, wide := r.width/2, ui.Width(position)
		if wide > room {
			room = max(room, r.width-ui.Width(hintbar.Fit(r.theme, nil, always, 0))-4)
		}
		if wide > room {
			position = r.theme.Glyph('…') + ui.Cut(position, wide-room+1, room-1)
		}
	}
	line := hintbar.Fit(r.theme, keys, always, r.width-ui.Width(position)-3)
	return line + strings.Repeat(" ", max(1, r.width-ui.Width(line)-ui.Width(position)-1)) + r.theme.Dim.Render(position) + " "
}

// shownHints are the keys of the overlay or the screen, and those that are shown
// whatever else is not: how to get out, or filter and help.
func (r *root) shownHints() (hints, always []ui.Hint) {
	if len(r.overlays) == 0 {
		return r.screenHints()
	}
	hints = r.overlays[len(r.overlays)-1].Hints()
	if n := len(hints); n > 1 {
		return hints[:n-1], hints[n-1:]
	}
	return hints, nil
}

func (r *root) screenHints() (hints, always []ui.Hint) {
	var urgent []ui.Hint
	commands := r.screen().Commands() // Each asks whether it can be done: once for a frame.
	for _, c := range commands {
		switch {
		case c.reason != "":
		case c.urgent:
			urgent = append(urgent, r.hint(c))
		case c.hinted:
			hints = append(hints, r.hint(c))
		}
	}
	hints = append(urgent, hints...)
	if r.unfilterable() == "" {
		always = append(always, ui.Hint{Key: r.keys.Key("app.filter"), Label: r.searchWord(commands)})
	}
	return hints, append(always, ui.Hint{Key: r.keys.Key("app.help"), Label: "help"})
}

func (r *root) hint(c command) ui.Hint {
	b, _ := r.keys.Lookup(c.id)
	label := b.Label
	if c.label != "" {
		label = c.label
	}
	return ui.Hint{Key: r.keys.Key(c.id), Label: label}
}

func (r *root) searchWord(commands []command) string {
	for _, c := range commands {
		if b, ok := r.keys.Lookup(c.id); ok && b.Scope == ui.ScopeText {
			return "search"
		}
	}
	return "filter"
}
