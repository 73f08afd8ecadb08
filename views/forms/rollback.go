package forms

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
)

// rollbackChooser lists a function's kept versions and makes one serve again.
type rollbackChooser struct {
	d        Deps
	fn       client.Function
	cancel   context.CancelFunc
	loading  bool
	err      error
	versions []client.Version
	at, top  int
	// said is why the last enter did nothing.
	said string
	// waiting are the keys that came before the versions.
	waiting []tea.KeyPressMsg
}

// versionsRead answers the chooser that asked.
type versionsRead struct {
	owner    *rollbackChooser
	versions []client.Version
	err      error
}

// NewRollback makes the chooser and the command that reads the versions.
func NewRollback(d Deps, fn client.Function) (ui.Overlay, tea.Cmd) {
	r := &rollbackChooser{d: d, fn: fn}
	return r, r.load()
}

func (r *rollbackChooser) load() tea.Cmd {
	ctx, cancel := context.WithCancel(r.d.Ctx)
	r.cancel, r.loading, r.err, r.said = cancel, true, nil, ""
	backend, id := r.d.Backend, r.fn.ID
	return func() tea.Msg {
		defer cancel()
		versioner, err := client.As[client.Versioner](backend, client.CanVersion)
		if err != nil {
			return versionsRead{owner: r, err: err}
		}
		versions, err := versioner.Versions(ctx, id)
		return versionsRead{owner: r, versions: versions, err: err}
	}
}

// Title implements ui.Overlay.
func (r *rollbackChooser) Title() string { return "roll back " + nameAndVersion(r.fn) }

// Hints implements ui.Overlay.
func (r *rollbackChooser) Hints() []ui.Hint {
	if len(r.versions) == 0 {
		return []ui.Hint{{Key: "ctrl+r", Label: "read again"}, {Key: "esc", Label: "close"}}
	}
	hints := []ui.Hint{{Key: "↑↓", Label: "choose"}, {Key: "esc", Label: "cancel"}}
	if r.unfit(r.versions[min(r.at, len(r.versions)-1)]) != "" {
		return hints
	}
	return append([]ui.Hint{{Key: "enter", Label: "make it serve"}}, hints...)
}

// Update implements ui.Overlay.
func (r *rollbackChooser) Update(msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case versionsRead:
		if msg.owner == r {
			return r.read(msg)
		}
	case tea.KeyPressMsg:
		if key := msg.String(); r.loading && key != "esc" && key != "q" {
			r.waiting = append(r.waiting, msg)
			return nil, false
		}
		return r.key(msg.String())
	}
	return nil, false
}

// read takes the versions, selects the one a roll back would mean without
// further words, and then takes the keys that waited.
func (r *rollbackChooser) read(msg versionsRead) (tea.Cmd, bool) {
	r.loading, r.err, r.versions = false, msg.err, msg.versions
	before := action.VersionBefore(r.versions, r.fn.Version)
	r.at = max(0, slices.IndexFunc(r.versions, func(v client.Version) bool { return v.Number == before.Number }))
	waiting := r.waiting
	r.waiting = nil
	for _, key := range waiting {
		if cmd, done := r.key(key.String()); cmd != nil || done {
			return cmd, done
		}
	}
	return nil, false
}

func (r *rollbackChooser) key(key string) (tea.Cmd, bool) {
	r.said = ""
	last := len(r.versions) - 1
	switch key {
	case "esc", "q":
		r.cancel()
		return nil, true
	case "ctrl+r":
		if !r.loading {
			return r.load(), false
		}
	case "down", "j":
		r.at = min(r.at+1, max(last, 0))
	case "up", "k":
		r.at = max(r.at-1, 0)
	case "home", "g":
		r.at = 0
	case "end", "G":
		r.at = max(last, 0)
	case "enter":
		return r.take()
	}
	return nil, false
}

func (r *rollbackChooser) take() (tea.Cmd, bool) {
	if r.loading || r.at >= len(r.versions) {
		return nil, false
	}
	v := r.versions[r.at]
	if r.said = r.unfit(v); r.said != "" {
		return nil, false
	}
	return run(RunAction{
		Action: action.Rollback,
		Target: action.Target{Function: &r.fn},
		Values: action.Values{Version: v.Number},
	}), true
}

// unfit is why a version cannot be made to serve, "" if it can.
func (r *rollbackChooser) unfit(v client.Version) string {
	switch {
	case v.Serving:
		return fmt.Sprintf("v%d serves already", v.Number)
	case v.Status != client.FunctionReady:
		return fmt.Sprintf("v%d is %s and cannot serve: choose a Ready one", v.Number, ui.Clean(string(v.Status)))
	}
	return ""
}

// View implements ui.Overlay.
func (r *rollbackChooser) View(theme *ui.Theme, width, height int) []string {
	lines := []string{theme.Dim.Render(ui.Truncate("  The version you choose answers calls and schedules; the others are kept.", width)), ""}
	if height < 6 {
		lines = nil
	}
	switch {
	case r.loading:
		lines = append(lines, theme.Dim.Render("  reading versions"))
	case r.err != nil:
		x := client.Explain(r.err)
		for _, line := range ui.WrapWords(ui.Clean(x.Sentence), max(width-2, 1)) {
			lines = append(lines, "  "+theme.Bad.Render(line))
		}
		if x.Hint != "" {
			lines = append(lines, "  "+theme.Dim.Render(ui.Clean(x.Hint)))
		}
	case len(r.versions) == 0:
		lines = append(lines, theme.Dim.Render("  No version is kept: nothing to go back to."))
	default:
		lines = append(lines, r.table(theme, width, height-len(lines)-1)...)
	}
	said, style := r.said, theme.Warn
	if said == "" && !r.loading && r.at < len(r.versions) {
		said, style = r.unfit(r.versions[r.at]), theme.Dim
	}
	if said != "" {
		lines = append(lines[:min(len(lines), max(height-1, 0))], "  "+style.Render(ui.Truncate(said, max(width-2, 0))))
	}
	return sized(lines, width, height)
}

func (r *rollbackChooser) table(theme *ui.Theme, width, height int) []string {
	if height < 2 {
		height = 2
	}
	lines := []string{theme.Title.Render(ui.Pad(rollbackRow(width, "VERSION", "STATE", "AGE", "SIZE", "HASH"), width))}
	rows := height - 1
	r.top = min(max(r.top, r.at-rows+1, 0), r.at)
	now := r.d.Clock()
	for i := r.top; i < len(r.versions) && len(lines) < height; i++ {
		v := r.versions[i]
		state, tone := theme.StateText(string(v.Status))
		if v.Serving {
			state += ", serves"
		}
		row := rollbackRow(width, fmt.Sprintf("v%d", v.Number), state, ui.Age(now.Sub(v.Created)), ui.Bytes(v.SizeBytes), shortHash(v.CodeSHA256))
		if i == r.at {
			lines = append(lines, theme.Selection.Render(ui.Pad(theme.Glyph('›')+row[1:], width)))
			continue
		}
		if v.Serving {
			tone = ui.ToneAccent
		}
		lines = append(lines, theme.Tone(tone).Render(ui.Truncate(row, width)))
	}
	return lines
}

// rollbackRow lays out one line; size and hash go first where it is narrow.
func rollbackRow(width int, version, state, age, size, hash string) string {
	row := "  " + ui.Pad(version, 8) + ui.Pad(state, 18) + ui.PadLeft(age, 5)
	if width >= 60 {
		row += "  " + ui.PadLeft(size, 8) + "  " + ui.Pad(hash, 12)
	}
	return row
}

// shortHash is as much of a hash as people compare.
func shortHash(hash string) string {
	return ui.Clean(hash[:min(len(hash), 12)])
}

// sized makes lines exactly height high and at most width wide.
func sized(lines []string, width, height int) []string {
	out := make([]string, max(height, 0))
	for i := range out {
		if i < len(lines) {
			out[i] = ui.Cut(lines[i], 0, max(width, 0))
		}
	}
	return out
}
