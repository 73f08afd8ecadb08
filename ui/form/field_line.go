package form

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
)

// textLimit bounds a field of one line; a longer paste is refused with a note,
// because nobody can see or edit it there.
const textLimit = 32 << 10

// Text is a field of one line.
type Text struct {
	fieldHead
	buf   buffer
	start string
	left  int
	full  bool
	// Selected says that the text is only a proposal, as for an Editor.
	Selected bool
}

// NewText makes a field of one line.
func NewText(spec FieldSpec) *Text {
	t := &Text{fieldHead: fieldHead{spec: spec}, buf: newBuffer(spec.Value), start: spec.Value}
	t.check(spec.Value)
	return t
}

// Value returns what was typed.
func (t *Text) Value() string { return t.buf.value() }

// SetValue replaces the text and puts the cursor at its end.
func (t *Text) SetValue(value string) {
	t.buf = newBuffer(value)
	t.check(value)
}

func (t *Text) value() string    { return t.Value() }
func (t *Text) dirty() bool      { return t.buf.value() != t.start }
func (t *Text) rows() (int, int) { return 1, 1 }

func (t *Text) update(msg tea.Msg) bool {
	t.full = false
	key, isKey := msg.(tea.KeyPressMsg)
	if t.Selected && (!isKey || types(key)) {
		t.buf = newBuffer("")
	}
	t.Selected = false
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if t.buf.size+len(msg.Text) <= textLimit && !t.buf.edit(msg) {
			return false
		}
	case tea.PasteMsg:
		text := oneLine(pasted(msg.Content))
		if t.full = t.buf.size+len(text) > textLimit; !t.full {
			t.buf.insert(text)
		}
	default:
		return false
	}
	t.check(t.buf.value())
	return true
}

// oneLine makes a paste fit a field of one line: the line break that a copied
// line ends in goes, others become spaces.
func oneLine(text string) string {
	return strings.ReplaceAll(strings.Trim(text, "\n"), "\n", " ")
}

func (t *Text) draw(theme *ui.Theme, width, _ int, focused bool) []string {
	if width <= 0 {
		return []string{""}
	}
	line, cursor := t.shown()
	if line == "" && !focused {
		return []string{theme.Dim.Render(theme.Glyph('–'))}
	}
	if t.full && focused {
		return []string{theme.Warn.Render(fit(theme, "too long for this field: the paste was not taken", width))}
	}
	w := window{width: width, cursor: -1, style: theme.Text}
	if t.Selected && focused {
		w.style = theme.Selection
	}
	if focused {
		t.left = follow(t.left, columnOf(line, cursor), width)
		w.left, w.cursor = t.left, cursor
	}
	return []string{w.draw(line)}
}

// shown is the line as it may be seen, with the cursor's offset in it.
func (t *Text) shown() (line string, cursor int) {
	line, cursor = t.buf.value(), t.buf.col
	for _, above := range t.buf.lines[:t.buf.row] {
		cursor += len(above) + 1
	}
	return line, cursor
}

func clusters(text string) int {
	n := 0
	for at := 0; at < len(text); n++ {
		at += clusterLen(text, at)
	}
	return n
}

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
	c.hints = []ui.Hint{{Key: "←→", Label: "choose"}}
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

func (c *Choice) value() string    { return c.Value() }
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

func (c *Choice) draw(theme *ui.Theme, width, _ int, focused bool) []string {
	if len(c.options) == 0 {
		return []string{theme.Dim.Render(fit(theme, "nothing to choose from", width))}
	}
	if !focused {
		return []string{fit(theme, ui.Clean(c.Value()), width)}
	}
	count := fmt.Sprintf("%d of %d", c.at+1, len(c.options))
	if typed := ui.Clean(c.typed.value()); typed != "" {
		count += "  typed: " + typed
		if !c.matches() {
			count = "nothing matches " + typed
		}
	}
	value := fit(theme, ui.Clean(c.Value()), max(width-6, 1))
	rest := fit(theme, count, width-ui.Width(value)-6)
	line := theme.Accent.Render("< ") + theme.Text.Render(value) + theme.Accent.Render(" >") + "  " + render(theme.Dim, rest)
	return []string{ui.Cut(line, 0, width)}
}
