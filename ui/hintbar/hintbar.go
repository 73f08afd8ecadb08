// Package hintbar draws the keys that can be pressed, as many as there is room for.
package hintbar

import (
	"strings"

	"fndeck/ui"
)

// Draw is one key with its word, behind two spaces.
func Draw(theme *ui.Theme, h ui.Hint) string {
	if h.Label == "" {
		return "  " + theme.Accent.Render(theme.ShowKey(h.Key))
	}
	return "  " + theme.Dim.Render(h.Label+" ") + theme.Accent.Render(theme.ShowKey(h.Key))
}

// Fit is the hints that fit into a number of cells, and behind them always those that
// are shown whatever else is not.
func Fit(theme *ui.Theme, hints, always []ui.Hint, room int) string {
	for _, h := range always {
		room -= width(h)
	}
	line := ""
	for _, h := range hints {
		if h.Key == "" || width(h) > room {
			continue
		}
		room -= width(h)
		line += Draw(theme, h)
	}
	for _, h := range always {
		line += Draw(theme, h)
	}
	return strings.TrimPrefix(line, " ")
}

// InRule is the hints for the end of a title, where the screen has no line for them:
// the first and the last, with a word where that fits into a number of cells.
func InRule(theme *ui.Theme, hints []ui.Hint, room int) string {
	if len(hints) == 0 {
		return ""
	}
	first, last := hints[0], hints[len(hints)-1]
	if ui.Width(first.Label) > room {
		first.Label = ""
	}
	line := Draw(theme, first)
	if first.Key != "esc" && last.Key != first.Key {
		line += Draw(theme, ui.Hint{Key: last.Key})
	}
	return strings.TrimPrefix(line, " ") + " "
}

func width(h ui.Hint) int { return ui.Width(h.Label) + ui.Width(h.Key) + 3 }
