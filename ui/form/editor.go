package form

import (
	"fmt"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
)

// What the editor edits in place; above it holds the text and shows a summary,
// because nobody edits that much in a field and every key would cost more.
const (
	editorLines = 500
	editorBytes = 64 << 10
	// editorRows is how many lines the editor asks for at least, and editorShows
	// how many it can use whatever it holds.
	editorRows  = 2
	editorShows = 12
)

// Editor is a field of many lines.
type Editor struct {
	fieldHead
	buf   buffer
	start string
	// text is the value as it was after the last change, so that nothing is put
	// together anew for a draw. Where it is too large to be edited here, big is
	// set, buf is empty and lines counts what it has.
	text     string
	big      bool
	lines    int
	top, col int
	page     int
	said     string
	// Tidy lays the text out anew, for ctrl+t; nil where there is no such thing.
	Tidy func(text string) (string, error)
	// Selected says that the text is only a proposal: what is typed or pasted first
	// replaces it, and any other key of the field keeps it.
	Selected bool
	// MaskAfter hides what follows this character in each line; 0 hides nothing.
	MaskAfter byte
}

// NewEditor makes a field of many lines.
func NewEditor(spec FieldSpec) *Editor {
	e := &Editor{fieldHead: fieldHead{spec: spec}, start: spec.Value}
	e.set(spec.Value)
	e.hints = []ui.Hint{{Key: "ctrl+u", Label: "clear"}}
	return e
}

// Value returns the text, byte for byte as it was typed, pasted or handed in.
func (e *Editor) Value() string { return e.text }

// SetValue replaces the text.
func (e *Editor) SetValue(text string) { e.set(text) }

// Propose replaces the text by one that counts as not typed: typing replaces it,
// and any other key keeps it to be edited.
func (e *Editor) Propose(text string) {
	e.start, e.Selected = text, true
	e.set(text)
}

// Say tells something above the text until the next key.
func (e *Editor) Say(text string) { e.said = text }

// Replaces reports whether a key replaces a proposed text whatever it is.
func Replaces(key tea.KeyPressMsg) bool { return types(key) || key.String() == "ctrl+u" }

func (e *Editor) set(text string) {
	e.lines = 1 + strings.Count(text, "\n")
	e.big = len(text) > editorBytes || e.lines > editorLines
	e.text, e.buf = text, buffer{}
	if !e.big {
		e.buf = newBuffer(text)
	}
	e.check(text)
}

// settle takes over what the buffer has become, and moves a text that grew too
// large out of it.
func (e *Editor) settle() {
	if e.buf.size > editorBytes || len(e.buf.lines) > editorLines {
		e.set(e.buf.value())
		return
	}
	e.text, e.lines = e.buf.value(), len(e.buf.lines)
	e.check(e.text)
}

func (e *Editor) value() string    { return e.text }
func (e *Editor) dirty() bool      { return e.text != e.start }
func (e *Editor) rows() (int, int) { return editorRows, max(len(e.buf.lines)+2, editorShows) }

func (e *Editor) update(msg tea.Msg) bool {
	e.said = ""
	switch msg := msg.(type) {
	case tea.PasteMsg:
		return e.paste(pasted(msg.Content))
	case tea.KeyPressMsg:
		if types(msg) {
			e.replaceSelected()
		}
		handled := e.key(msg)
		e.Selected = e.Selected && !handled
		return handled
	}
	return false
}

// paste puts text at the cursor. One that makes the whole too large never goes
// through the buffer.
func (e *Editor) paste(text string) bool {
	if e.big && !e.Selected {
		return e.refuse()
	}
	e.replaceSelected()
	if e.buf.size+len(text) > editorBytes {
		before, after := e.buf.around()
		e.set(before + text + after)
		return true
	}
	e.buf.insert(text)
	e.settle()
	return true
}

func (e *Editor) replaceSelected() {
	if e.Selected {
		e.Selected = false
		e.set("")
	}
}

func (e *Editor) key(msg tea.KeyPressMsg) bool {
	switch key := msg.String(); {
	case key == "ctrl+t" && e.Tidy != nil:
		e.tidy()
		return true
	case key == "ctrl+u":
		e.set("")
		return true
	case e.big:
		if msg.Text == "" && key != "enter" && key != "backspace" && key != "delete" {
			return false
		}
		return e.refuse()
	case e.walk(key):
		return true
	case !e.buf.edit(msg):
		return false
	}
	e.settle()
	return true
}

// walk applies the keys of a text of many lines that do not change it, and the
// line break.
func (e *Editor) walk(key string) bool {
	switch key {
	case "up":
		e.buf.vertical(-1)
	case "down":
		e.buf.vertical(1)
	case "pgup":
		e.buf.vertical(-max(e.page, 1))
	case "pgdown":
		e.buf.vertical(max(e.page, 1))
	case "ctrl+home":
		e.buf.row = 0
		e.buf.home()
	case "ctrl+end":
		e.buf.bottom()
	case "enter":
		// Nothing is indented by itself: what was typed is what is sent.
		e.buf.insert("\n")
		e.settle()
	default:
		return false
	}
	return true
}

func (e *Editor) refuse() bool {
	e.said = "too large to be edited here: ctrl+u clears it"
	if e.Opens() {
		e.said = "too large to be edited here: ctrl+o opens $EDITOR, ctrl+u clears it"
	}
	return true
}

// Opens reports whether the text may be opened in an editor of the operator's. A
// masked one may not: it would lie in a file.
func (e *Editor) Opens() bool { return e.MaskAfter == 0 }

// FileName is what a file with the text is called, so that an editor knows what
// it holds.
func (e *Editor) FileName() string {
	name := strings.ToLower(strings.ReplaceAll(e.spec.Label, " ", "-"))
	if e.Tidy != nil {
		return name + ".json"
	}
	return name + ".txt"
}

func (e *Editor) tidy() {
	tidied, err := e.Tidy(e.Value())
	if err != nil {
		e.said = "not tidied: " + err.Error()
		return
	}
	e.set(tidied)
}

func (e *Editor) draw(theme *ui.Theme, width, height int, focused bool) []string {
	if width <= 0 || height <= 0 {
		return nil
	}
	lines := make([]string, 0, height)
	if e.said != "" {
		for _, line := range few(ui.WrapWords(ui.Clean(e.said), width), max(height-1, 1)) {
			lines = append(lines, theme.Warn.Render(fit(theme, line, width)))
		}
		height -= len(lines)
	}
	if e.big {
		return e.drawSummary(theme, lines, width, height)
	}
	if height <= 0 {
		return lines
	}
	e.buf.line()
	e.page = height
	e.top = min(max(e.top, e.buf.row-height+1, 0), e.buf.row, max(len(e.buf.lines)-height, 0))
	if e.buf.row >= e.top+height {
		e.top = e.buf.row - height + 1
	}
	digits := len(strconv.Itoa(max(len(e.buf.lines), 10)))
	room := width - digits - 1
	if focused && e.MaskAfter == 0 {
		e.col = follow(e.col, columnOf(e.buf.line(), e.buf.col), room)
	}
	for row := e.top; row < len(e.buf.lines) && row < e.top+height; row++ {
		number := strings.Repeat(" ", digits+1)
		if len(e.buf.lines) > 1 || e.buf.lines[0] != "" { // A 1 beside nothing reads like a count.
			number = theme.Dim.Render(ui.PadLeft(strconv.Itoa(row+1), digits) + " ")
		}
		lines = append(lines, ui.Cut(number+e.drawRow(theme, row, room, focused), 0, width))
	}
	return lines
}

func (e *Editor) drawRow(theme *ui.Theme, row, room int, focused bool) string {
	line, cursor, style := e.buf.lines[row], e.buf.col, theme.Text
	if e.MaskAfter != 0 {
		line, cursor = mask(line, cursor, e.MaskAfter)
	}
	if e.Selected {
		style = theme.Selection
	}
	w := window{left: e.col, width: max(room, 0), cursor: -1, style: style}
	if focused && row == e.buf.row {
		w.cursor = cursor
		if e.MaskAfter != 0 {
			w.left = follow(0, columnOf(line, cursor), room)
		}
	} else if e.MaskAfter != 0 {
		w.left = 0
	}
	return w.draw(line)
}

// mask replaces what follows the separator by stars, and moves the cursor along. A
// cursor in another line may be beyond the end of this one.
func mask(line string, cursor int, separator byte) (masked string, at int) {
	begin := strings.IndexByte(line, separator) + 1
	if begin == 0 {
		return line, cursor
	}
	masked = line[:begin] + strings.Repeat("*", clusters(line[begin:]))
	if cursor = min(cursor, len(line)); cursor > begin {
		cursor = begin + clusters(line[begin:cursor])
	}
	return masked, cursor
}

// drawSummary says how much there is, and shows the beginning.
func (e *Editor) drawSummary(theme *ui.Theme, lines []string, width, height int) []string {
	said := fmt.Sprintf("%s, %s", ui.Counted(e.lines, "line"), ui.Bytes(int64(len(e.text))))
	if e.Opens() {
		said += ": ctrl+o opens $EDITOR"
	}
	style := theme.Text
	if e.Selected {
		style = theme.Selection
	}
	head := e.text[:min(len(e.text), 4*width)]
	summary := []string{
		style.Render(fit(theme, said, width)),
		theme.Dim.Render(fit(theme, "begins "+ui.Clean(head), width)),
	}
	return append(lines, summary[:min(len(summary), max(height, 0))]...)
}
