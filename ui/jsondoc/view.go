package jsondoc

import (
	"bytes"
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"fndeck/ui"
)

// indentBy is the indentation of one depth, in cells.
const indentBy = 2

// View shows a document with a cursor. Only what is on the screen is read.
type View struct {
	doc    *Doc
	top    Row // the first row on the screen
	cursor Row
	left   int
	height int
	query  string
	hit    int // offset of the match under the cursor, -1 for none
	err    error
	wrap   wrapping
}

// NewView shows a document from its beginning.
func NewView(data []byte) (*View, error) {
	doc, err := New(data)
	if err != nil {
		return nil, err
	}
	first, err := doc.First()
	if err != nil {
		return nil, err
	}
	return &View{doc: doc, top: first, cursor: first, hit: -1}, nil
}

// Take replaces the document by a newer one; an equal one changes nothing.
func (v *View) Take(newer *View) {
	if bytes.Equal(v.doc.data, newer.doc.data) {
		return
	}
	height, query, wrap := v.height, v.query, v.wrap
	*v = *newer
	v.height, v.query, v.wrap = height, query, wrap
}

// IndexStep returns the work that makes every place reachable, for outside the
// update loop, or nil if it is done. Give its answer to Indexed.
func (v *View) IndexStep() func() (*Index, error) {
	if v.doc.Indexed() || v.err != nil {
		return nil
	}
	doc := v.doc
	return func() (*Index, error) { return doc.Index(func() bool { return false }) }
}

// Indexed takes what IndexStep found. An error is shown in place of the rest.
func (v *View) Indexed(x *Index, err error) {
	if v.err = err; err == nil {
		v.doc.Take(x)
	}
}

// Move moves the cursor by rows.
func (v *View) Move(by int) {
	if v.wrap.on && v.wrap.theme != nil {
		v.moveLines(by)
		return
	}
	if by < 0 {
		rows, err := v.doc.Before(v.cursor, -by)
		if len(rows) > 0 {
			v.cursor = rows[0]
		}
		v.note(err)
		return
	}
	rows, err := v.doc.Rows(v.cursor, by+1)
	if len(rows) > 0 {
		v.cursor = rows[len(rows)-1]
	}
	v.note(err)
}

// Page moves the cursor by screens.
func (v *View) Page(by int) { v.Move(by * max(1, v.height-1)) }

// HalfPage moves the cursor by half screens.
func (v *View) HalfPage(by int) { v.Move(by * max(1, v.height/2)) }

// Top goes to the first row.
func (v *View) Top() {
	first, err := v.doc.First()
	v.cursor = first
	v.note(err)
}

// End goes to the last row, as far as the document was read.
func (v *View) End() {
	if !v.doc.Indexed() {
		return
	}
	last, err := v.doc.Last()
	v.cursor = last
	v.note(err)
}

// Sideways scrolls the text.
func (v *View) Sideways(by int) {
	if !v.wrap.on { // Nothing is beside what is wrapped.
		v.left = max(0, v.left+by)
	}
}

// Fold closes or opens what is under the cursor.
func (v *View) Fold() {
	v.goTo(v.doc.Fold(v.cursor))
}

// FoldAll closes everything in the outermost value, or opens everything if
// something is closed.
func (v *View) FoldAll() {
	v.goTo(v.doc.FoldAll(v.cursor))
}

// goTo goes to the row that what was folded or opened has become. What was at
// the top may be inside it now.
func (v *View) goTo(r Row, err error) {
	v.cursor = r
	v.note(err)
	shown, _, err := v.doc.read(v.doc.visible(v.top.place))
	v.top = shown
	v.note(err)
}

// Path is the place under the cursor, as $.items[3].name.
func (v *View) Path() string { return v.doc.Path(v.cursor) }

// Value is the value under the cursor, as the document has it.
func (v *View) Value() string {
	value, err := v.doc.Value(v.cursor)
	v.note(err)
	return string(value)
}

// Search looks for a text as the document has it, escapes included, and goes to
// the first place at or after the cursor. An empty text ends the search.
func (v *View) Search(text string) {
	v.query, v.hit = text, -1
	if text != "" {
		v.find(v.cursor.Offset(), false)
	}
}

// Searched is the text that was searched for.
func (v *View) Searched() string { return v.query }

// Step goes to the next match, or with a negative by to the previous one; false
// if there is none that way.
func (v *View) Step(by int) bool {
	from := v.hit
	if from < 0 {
		from = v.cursor.Offset()
	}
	if by > 0 {
		return v.find(from+1, false)
	}
	return v.find(from, true)
}

func (v *View) find(from int, backward bool) bool {
	at := v.doc.Find([]byte(v.query), from, backward)
	if at < 0 {
		return false
	}
	r, err := v.doc.Reveal(at)
	v.note(err)
	if err == nil {
		v.cursor, v.hit = r, at
		v.lineOf(at)
	}
	return err == nil
}

func (v *View) note(err error) {
	if err != nil {
		v.err = err
	}
}

// Status is the place for the foot: the path, and how far into the document.
func (v *View) Status() string {
	place := fmt.Sprintf("%d%%", 100*v.cursor.Offset()/max(1, v.doc.Size()))
	switch {
	case v.err != nil:
		place = v.err.Error()
	case !v.doc.Indexed():
		place += "  reading…"
	}
	return ui.Clean(v.Path()) + "  " + place
}

// View draws the rows around the cursor, at most height of them.
func (v *View) View(theme *ui.Theme, width, height int) []string {
	v.height, v.wrap.theme, v.wrap.width = height, theme, width
	if v.wrap.on {
		return v.viewWrapped(height)
	}
	rows := v.window(height)
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = v.draw(theme, r, width)
	}
	return lines
}

// window is the rows on the screen, moved so that the cursor is among them.
func (v *View) window(height int) []Row {
	if v.cursor.Offset() < v.top.Offset() {
		v.top = v.cursor
	}
	rows, err := v.doc.Rows(v.top, height)
	v.note(err)
	for _, r := range rows {
		if r.Offset() == v.cursor.Offset() {
			return rows
		}
	}
	above, err := v.doc.Before(v.cursor, height-1)
	v.note(err)
	rows = append(above, v.cursor)
	v.top = rows[0]
	return rows
}

// draw is one row. A value of any length costs what is seen of it.
func (v *View) draw(theme *ui.Theme, r Row, width int) string {
	// A character takes at most four bytes, an escape of one twelve.
	const widest = 12
	room := (v.left + width) * widest
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", min(r.Depth*indentBy, width/2)))
	if r.Key != nil {
		b.WriteString(theme.Accent.Render(ui.Clean(string(r.Key[:min(len(r.Key), room)]))) + theme.Dim.Render(": "))
	}
	text, style := v.value(theme, r, room)
	b.WriteString(style.Render(text))
	if r.Comma {
		b.WriteString(theme.Dim.Render(","))
	}
	line := ui.Cut(b.String(), v.left, width)
	if ui.Width(b.String()) > v.left+width {
		line = ui.Cut(line, 0, width-1) + theme.Dim.Render("…")
	}
	if r.Offset() == v.cursor.Offset() {
		return v.selected(theme, line, width)
	}
	return line
}

// selected is a line under the cursor.
func (v *View) selected(theme *ui.Theme, line string, width int) string {
	return theme.Selection.Render(ui.Pad(ansi.Strip(line), width))
}

// value is what stands for a row's value, of which at most room bytes are looked at.
func (v *View) value(theme *ui.Theme, r Row, room int) (string, lipgloss.Style) {
	switch r.Kind {
	case Folded:
		text := string(r.Value[0]) + string(r.Value[len(r.Value)-1])
		if v.doc.folds[r.bracket()] {
			text = string(r.Value[0]) + "…" + string(r.Value[len(r.Value)-1]) + "  " + ui.Bytes(int64(len(r.Value)))
		}
		return text, theme.Dim
	case Open, Close:
		return string(r.Value), theme.Dim
	}
	text := ui.Clean(string(r.Value[:min(len(r.Value), room)]))
	switch r.Value[0] {
	case '"':
		return text, theme.OK
	case 't', 'f', 'n':
		return text, theme.Info
	}
	return text, theme.Warn
}
