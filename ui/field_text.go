package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// textLimit bounds a field of one line; a longer paste is refused with a note,
// because nobody can see or edit it there.
const textLimit = 32 << 10

// Text is a field of one line.
type Text struct {
	fieldHead
	buf    buffer
	start  string
	left   int
	masked bool
	full   bool
}

// NewText makes a field of one line.
func NewText(spec FieldSpec) *Text {
	t := &Text{fieldHead: fieldHead{spec: spec}, buf: newBuffer(spec.Value), start: spec.Value}
	t.check(spec.Value)
	return t
}

// NewMasked makes a field whose value is drawn as stars. It keeps line breaks of
// a paste, since keys have some.
func NewMasked(spec FieldSpec) *Text {
	t := NewText(spec)
	t.masked = true
	return t
}

// Value returns what was typed.
func (t *Text) Value() string { return t.buf.value() }

// SetValue replaces the text and puts the cursor at its end.
func (t *Text) SetValue(value string) {
	t.buf = newBuffer(value)
	t.check(value)
}

func (t *Text) dirty() bool      { return t.buf.value() != t.start }
func (t *Text) rows() (int, int) { return 1, 1 }

func (t *Text) update(msg tea.Msg) bool {
	t.full = false
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if t.buf.size+len(msg.Text) <= textLimit && !t.buf.edit(msg) {
			return false
		}
	case tea.PasteMsg:
		text := t.oneLine(pasted(msg.Content))
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
func (t *Text) oneLine(text string) string {
	if t.masked {
		return text
	}
	return strings.ReplaceAll(strings.Trim(text, "\n"), "\n", " ")
}

func (t *Text) draw(theme *Theme, width, _ int, focused bool) []string {
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
	if t.masked {
		return strings.Repeat("*", clusters(line)), clusters(line[:cursor])
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
