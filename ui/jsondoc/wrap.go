package jsondoc

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"fndeck/ui"
)

// wrapMost is how many bytes of a value are wrapped; nobody reads on beyond, and
// more would be felt at each key. A copy has all of it.
const wrapMost = 64 << 10

// spot is a line of a wrapped row.
type spot struct {
	row  Row
	line int
}

// wrapping is how long rows stand in several lines: where the cursor and the top of
// the screen are in theirs. Both hold for the row that they were set for; another
// one begins at its first line.
type wrapping struct {
	on          bool
	theme       *ui.Theme
	width       int
	cursor, top spot
	// last is the row that was wrapped last: moving through a long one asks for it
	// again and again.
	last struct {
		at    int
		kind  Kind
		width int
		theme *ui.Theme
		lines []string
	}
}

// ToggleWrap shows long rows in several lines, or cuts them.
func (v *View) ToggleWrap() {
	v.wrap = wrapping{on: !v.wrap.on, theme: v.wrap.theme, width: v.wrap.width}
	v.left = 0
}

// in is the spot of a row: s, if that is of this row.
func (s spot) in(r Row) spot {
	if s.row.Offset() != r.Offset() {
		return spot{row: r}
	}
	return spot{row: r, line: s.line}
}

func (s spot) equal(other spot) bool {
	return s.row.Offset() == other.row.Offset() && s.line == other.line
}

// moveLines moves the cursor by lines of wrapped rows.
func (v *View) moveLines(by int) {
	at := v.wrap.cursor.in(v.cursor)
	for ; by > 0; by-- {
		at = v.after(at)
	}
	for ; by < 0; by++ {
		at = v.before(at)
	}
	v.cursor, v.wrap.cursor = at.row, at
}

// after is the next line, the same one at the end.
func (v *View) after(s spot) spot {
	if s.line+1 < len(v.lines(s.row)) {
		return spot{row: s.row, line: s.line + 1}
	}
	rows, err := v.doc.Rows(s.row, 2)
	v.note(err)
	if len(rows) < 2 {
		return s
	}
	return spot{row: rows[1]}
}

// before is the previous line, the same one at the beginning.
func (v *View) before(s spot) spot {
	if s.line > 0 {
		return spot{row: s.row, line: s.line - 1}
	}
	rows, err := v.doc.Before(s.row, 1)
	v.note(err)
	if len(rows) == 0 {
		return s
	}
	return spot{row: rows[0], line: len(v.lines(rows[0])) - 1}
}

// viewWrapped draws height lines with the cursor's among them.
func (v *View) viewWrapped(height int) []string {
	cursor := v.wrap.cursor.in(v.cursor)
	cursor.line = min(cursor.line, len(v.lines(v.cursor))-1)
	top, first := v.wrap.top.in(v.top), cursor
	for range height - 1 { // As far up as the cursor leaves it on the screen.
		if first.equal(top) {
			break
		}
		first = v.before(first)
	}
	if cursor.row.Offset() < top.row.Offset() || cursor.row.Offset() == top.row.Offset() && cursor.line < top.line {
		first = cursor
	}
	v.top, v.wrap.top, v.wrap.cursor = first.row, first, cursor
	var lines []string
	for at, row := first, v.lines(first.row); len(lines) < height; {
		line := row[at.line]
		if at.equal(cursor) {
			line = v.selected(v.wrap.theme, line, v.wrap.width)
		}
		lines = append(lines, line)
		next := v.after(at)
		if next.equal(at) {
			break
		}
		if next.row.Offset() != at.row.Offset() {
			row = v.lines(next.row)
		}
		at = next
	}
	return lines
}

// lines is a row in lines of the screen's width.
func (v *View) lines(r Row) []string {
	last, w := &v.wrap.last, v.wrap
	if last.lines == nil || last.at != r.Offset() || last.kind != r.Kind || last.width != w.width || last.theme != w.theme {
		last.at, last.kind, last.width, last.theme, last.lines = r.Offset(), r.Kind, w.width, w.theme, v.wrapped(r)
	}
	return last.lines
}

// wrapped breaks a row. What does not fit into the first line goes on below its key.
func (v *View) wrapped(r Row) []string {
	width := v.wrap.width
	indent := strings.Repeat(" ", min(r.Depth*indentBy, width/2))
	line, used := indent, len(indent)
	var lines []string
	add := func(style lipgloss.Style, text string) {
		first := ui.Cut(text, 0, width-used)
		line, used = line+style.Render(first), used+ui.Width(first)
		if text = text[len(first):]; text == "" {
			return
		}
		for _, part := range ui.Wrap(text, max(1, width-len(indent))) {
			lines = append(lines, line)
			line, used = indent+style.Render(part), len(indent)+ui.Width(part)
		}
	}
	theme := v.wrap.theme
	if r.Key != nil {
		add(theme.Accent, ui.Clean(string(r.Key[:min(len(r.Key), wrapMost)])))
		add(theme.Dim, ": ")
	}
	text, style := v.value(theme, r, wrapMost)
	if left := len(r.Value) - wrapMost; left > 0 && r.Kind == Scalar {
		text += fmt.Sprintf("… +%s bytes", ui.Grouped(int64(left)))
	}
	add(style, text)
	if r.Comma {
		add(theme.Dim, ",")
	}
	return append(lines, line)
}

// lineOf goes to the line of the cursor's row that a place in the document is on.
func (v *View) lineOf(at int) {
	if !v.wrap.on || v.wrap.width == 0 {
		return
	}
	r := v.cursor
	before := v.doc.data[r.Offset():max(r.Offset(), min(at, r.Offset()+wrapMost))]
	room := max(1, v.wrap.width-min(r.Depth*indentBy, v.wrap.width/2))
	v.wrap.cursor = spot{row: r, line: ui.Width(ui.Clean(string(before))) / room}
}
