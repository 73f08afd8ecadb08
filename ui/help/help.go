// Package help is the overlay that lists the live bindings.
package help

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
)

// Section is one block of the help: a title and its bindings, as they stand.
type Section struct {
	Title    string
	Bindings []ui.Binding
}

const (
	// twoColumns is the width from which the help stands in two columns.
	twoColumns = 100
	// page is how far a page key scrolls.
	page = 10
)

// Help lists bindings. What is typed behind a / leaves those that have it.
type Help struct {
	keys     ui.Keymap
	sections []Section
	top      int
	most     int
	filter   string
	typing   bool
}

var _ ui.Overlay = (*Help)(nil)

// New makes the help of a screen, whose bindings are part of keys.
func New(keys ui.Keymap, sections []Section) *Help { return &Help{keys: keys, sections: sections} }

// Title implements ui.Overlay.
func (h *Help) Title() string {
	if h.typing || h.filter != "" {
		return "help /" + h.filter
	}
	title := "help"
	if h.keys.Profile != "" {
		title += "  " + h.keys.Profile + " keys"
	}
	if n := h.keys.Rebound(); n > 0 {
		title += fmt.Sprintf(", %d rebound", n)
	}
	return title
}

// Hints implements ui.Overlay.
func (h *Help) Hints() []ui.Hint {
	if h.typing {
		return []ui.Hint{{Key: "enter", Label: "keep"}, {Key: "esc", Label: "all"}}
	}
	return []ui.Hint{{Key: "esc", Label: "close"}, {Key: "j k", Label: "scroll"}, {Key: "/", Label: "filter"}}
}

// Update implements ui.Overlay.
func (h *Help) Update(msg tea.Msg) (tea.Cmd, bool) {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	if h.typing {
		h.typed(key)
		return nil, false
	}
	switch ui.KeyName(key) {
	case "esc":
		if h.filter == "" {
			return nil, true
		}
		h.filter = ""
	case "q", "?", "f1", "enter":
		return nil, true
	case "/":
		h.typing = true
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

// typed takes a key for the filter.
func (h *Help) typed(key tea.KeyPressMsg) {
	switch name := ui.KeyName(key); {
	case name == "enter":
		h.typing = false
	case name == "esc":
		h.typing, h.filter = false, ""
	case name == "backspace" && h.filter == "":
		h.typing = false
	case name == "backspace":
		runes := []rune(h.filter)
		h.filter = string(runes[:len(runes)-1])
	default:
		h.filter += ui.Clean(key.Text)
	}
	h.top = 0
}

// Wheel scrolls by lines.
func (h *Help) Wheel(by int) { h.scroll(by) }

func (h *Help) scroll(by int) { h.top = max(0, min(h.top+by, h.most)) }

// View implements ui.Overlay.
func (h *Help) View(theme *ui.Theme, width, height int) []string {
	sections := h.matching()
	var lines []string
	switch {
	case len(sections) == 0:
		lines = []string{"", "  nothing here has " + ui.Clean(h.filter)}
	case width >= twoColumns && len(sections) > 1:
		lines = sideBySide(theme, sections, width)
	default:
		for _, s := range sections {
			lines = append(lines, section(theme, s, width)...)
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

// matching are the sections with the bindings that the filter leaves.
func (h *Help) matching() []Section {
	var found []Section
	wanted := strings.ToLower(h.filter)
	for _, s := range h.sections {
		s.Bindings = slices.DeleteFunc(slices.Clone(s.Bindings), func(b ui.Binding) bool {
			return !strings.Contains(strings.ToLower(strings.Join(b.Keys, " ")+" "+b.Label+" "+b.Help), wanted)
		})
		if len(s.Bindings) > 0 {
			found = append(found, s)
		}
	}
	return found
}

// sideBySide puts the first section left and the others right.
func sideBySide(theme *ui.Theme, sections []Section, width int) []string {
	half := width / 2
	left := section(theme, sections[0], half)
	var right []string
	for _, s := range sections[1:] {
		right = append(right, section(theme, s, width-half)...)
	}
	for len(left) < len(right) {
		left = append(left, "")
	}
	for i := range left {
		left[i] = ui.Pad(left[i], half)
		if i < len(right) {
			left[i] += right[i]
		}
	}
	return left
}

func section(theme *ui.Theme, s Section, width int) []string {
	keys := 0
	for _, b := range s.Bindings {
		keys = max(keys, ui.Width(theme.ShowKeys(b.Keys)))
	}
	keys = min(keys, width/3)
	lines := []string{theme.Title.Render(ui.Truncate(" "+strings.ToUpper(s.Title), width))}
	for _, b := range s.Bindings {
		text, style := b.Help, theme.Text
		if text == "" {
			text = b.Label
		}
		if b.Reason != "" {
			text, style = b.Label+": "+ui.Clean(b.Reason), theme.Dim
		}
		if b.Rebound {
			text += " (rebound)"
		}
		shown := theme.ShowKeys(b.Keys)
		for _, part := range ui.WrapWords(text, max(1, width-keys-4)) {
			lines = append(lines, " "+theme.Accent.Render(ui.Pad(ui.Truncate(shown, keys), keys))+"  "+style.Render(part))
			shown = ""
		}
	}
	return append(lines, "")
}
