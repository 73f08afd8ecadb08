package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// HelpSection is one block of the help: a title and its bindings, as they stand.
type HelpSection struct {
	Title    string
	Bindings []Binding
}

// helpTwoColumns is the width from which the help stands in two columns.
const helpTwoColumns = 100

// Help is the overlay that lists the live bindings.
type Help struct {
	sections []HelpSection
	top      int
	most     int
}

var _ Overlay = (*Help)(nil)

// NewHelp makes the help of a screen.
func NewHelp(sections []HelpSection) *Help { return &Help{sections: sections} }

// Title implements Overlay.
func (h *Help) Title() string { return "help" }

// Hints implements Overlay.
func (h *Help) Hints() []Hint {
	return []Hint{{Key: "esc", Label: "close"}, {Key: "j k", Label: "scroll"}}
}

// Update implements Overlay.
func (h *Help) Update(msg tea.Msg) (tea.Cmd, bool) {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	const page = 10
	switch KeyName(key) {
	case "esc", "q", "?", "f1", "enter":
		return nil, true
	case "j", "down":
		h.scroll(1)
	case "k", "up":
		h.scroll(-1)
	case "pgdown", "ctrl+f", "space":
		h.scroll(page)
	case "pgup", "ctrl+b":
		h.scroll(-page)
	case "g", "home":
		h.top = 0
	case "G", "end":
		h.top = h.most
	}
	return nil, false
}

// Wheel scrolls by lines.
func (h *Help) Wheel(by int) { h.scroll(by) }

func (h *Help) scroll(by int) { h.top = max(0, min(h.top+by, h.most)) }

// View implements Overlay.
func (h *Help) View(theme *Theme, width, height int) []string {
	var lines []string
	if width >= helpTwoColumns && len(h.sections) > 1 {
		lines = h.sideBySide(theme, width)
	} else {
		for _, s := range h.sections {
			lines = append(lines, h.section(theme, s, width)...)
		}
	}
	h.most = max(0, len(lines)-height)
	h.scroll(0)
	lines = lines[h.top:]
	for len(lines) < height {
		lines = append(lines, "")
	}
	return lines[:height]
}

// sideBySide puts the first section left and the others right.
func (h *Help) sideBySide(theme *Theme, width int) []string {
	half := width / 2
	left := h.section(theme, h.sections[0], half)
	var right []string
	for _, s := range h.sections[1:] {
		right = append(right, h.section(theme, s, width-half)...)
	}
	for len(left) < len(right) {
		left = append(left, "")
	}
	for i := range left {
		left[i] = Pad(left[i], half)
		if i < len(right) {
			left[i] += right[i]
		}
	}
	return left
}

func (h *Help) section(theme *Theme, s HelpSection, width int) []string {
	keys := 0
	for _, b := range s.Bindings {
		keys = max(keys, Width(theme.ShowKeys(b.Keys)))
	}
	keys = min(keys, width/3)
	lines := []string{theme.Title.Render(Truncate(" "+strings.ToUpper(s.Title), width))}
	for _, b := range s.Bindings {
		text, style := b.Help, theme.Text
		if text == "" {
			text = b.Label
		}
		if b.Reason != "" {
			text, style = b.Label+": "+Clean(b.Reason), theme.Dim
		}
		room := max(0, width-keys-4)
		lines = append(lines, " "+theme.Accent.Render(Pad(theme.ShowKeys(b.Keys), keys))+"  "+style.Render(Truncate(text, room)))
	}
	return append(lines, "")
}
