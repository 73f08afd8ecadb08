package views

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"fndeck/client/action"
	"fndeck/ui/palette"
)

// unlisted are commands that only move: nobody looks for them by name.
var unlisted = []string{
	"app.palette", "list.down", "list.up", "list.pagedown", "list.pageup", "list.first", "list.last",
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
		entry := palette.Entry{Label: b.Label, Help: b.Help, Where: where, Keys: r.theme.ShowKeys(b.Keys), Danger: dangerOf(c.id), Reason: c.reason}
		if c.label != "" {
			entry.Label, entry.Help = c.label, ""
		}
		entries = append(entries, entry)
		r.offered = append(r.offered, c)
	}
	return r.overlay(palette.New(r.theme, "all actions", entries), nil)
}

// dangerOf says what is asked before a command is done.
func dangerOf(id string) string {
	for _, a := range action.All() {
		if a.ID != id {
			continue
		}
		switch a.Danger {
		case action.Ask:
			return "asks first"
		case action.Typed:
			return "its name must be typed"
		}
	}
	return ""
}
