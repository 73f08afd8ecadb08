package ui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// Choice picks one of several values. Typing jumps to the first one that holds
// what was typed, so that it is quick also with a hundred.
type Choice struct {
	fieldHead
	options []string
	start   int
	at      int
	typed   buffer
}

// NewChoice makes a choice; spec.Value is the one selected at first, otherwise
// it is the first.
func NewChoice(spec FieldSpec, options []string) *Choice {
	c := &Choice{fieldHead: fieldHead{spec: spec}, options: options}
	for i, option := range options {
		if option == spec.Value {
			c.at = i
		}
	}
	c.start = c.at
	c.hints = []Hint{{"←→", "choose"}}
	c.check(c.Value())
	return c
}

// Index returns which option is selected, -1 if there are none.
func (c *Choice) Index() int {
	if len(c.options) == 0 {
		return -1
	}
	return c.at
}

// Value returns the selected option, empty if there are none.
func (c *Choice) Value() string {
	if len(c.options) == 0 {
		return ""
	}
	return c.options[c.at]
}

func (c *Choice) dirty() bool      { return c.at != c.start }
func (c *Choice) rows() (int, int) { return 1, 1 }

func (c *Choice) update(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if !c.key(msg) {
			return false
		}
	case tea.PasteMsg:
		c.typed.insert(strings.TrimSpace(pasted(msg.Content)))
		c.search()
	default:
		return false
	}
	c.check(c.Value())
	return true
}

func (c *Choice) key(msg tea.KeyPressMsg) bool {
	switch msg.String() {
	case "left":
		c.step(-1)
	case "right", "space":
		c.step(1)
	case "backspace", "ctrl+h", "ctrl+u", "ctrl+w":
		c.typed.edit(msg)
		c.search()
	default:
		if msg.Text == "" {
			return false
		}
		c.typed.edit(msg)
		c.search()
	}
	return true
}

func (c *Choice) step(delta int) {
	c.typed = buffer{}
	if n := len(c.options); n > 0 {
		c.at = (c.at + delta + n) % n
	}
}

// search prefers an option that begins with what was typed to one that holds it.
func (c *Choice) search() {
	want := strings.ToLower(c.typed.value())
	if want == "" {
		return
	}
	holds := -1
	for i, option := range c.options {
		lower := strings.ToLower(option)
		if strings.HasPrefix(lower, want) {
			c.at = i
			return
		}
		if holds < 0 && strings.Contains(lower, want) {
			holds = i
		}
	}
	if holds >= 0 {
		c.at = holds
	}
}

// matches reports whether the selected option holds what was typed.
func (c *Choice) matches() bool {
	return strings.Contains(strings.ToLower(c.Value()), strings.ToLower(c.typed.value()))
}

func (c *Choice) draw(theme *Theme, width, _ int, focused bool) []string {
	if len(c.options) == 0 {
		return []string{theme.Dim.Render(fit(theme, "nothing to choose from", width))}
	}
	if !focused {
		return []string{fit(theme, Clean(c.Value()), width)}
	}
	count := fmt.Sprintf("%d of %d", c.at+1, len(c.options))
	if typed := Clean(c.typed.value()); typed != "" {
		count += "  typed: " + typed
		if !c.matches() {
			count = "nothing matches " + typed
		}
	}
	value := fit(theme, Clean(c.Value()), max(width-6, 1))
	rest := fit(theme, count, width-Width(value)-6)
	line := theme.Accent.Render("< ") + theme.Text.Render(value) + theme.Accent.Render(" >") + "  " + render(theme.Dim, rest)
	return []string{Cut(line, 0, width)}
}
