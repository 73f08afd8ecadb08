package form

import (
	"fmt"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
)

// What the editor edits in place; above it holds the text and shows a summary,
// because nobody edits that much in a field.
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
	// big holds a text that is too large to be edited here; buf is then empty.
	big      string
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
func (e *Editor) Value() string {
	if e.big != "" {
		return e.big
	}
	return e.buf.value()
}

// SetValue replaces the text.
func (e *Editor) SetValue(text string) { e.set(text) }

func (e *Editor) set(text string) {
	e.buf, e.big = newBuffer(text), ""
	e.settle()
}

// settle moves a text that grew too large out of the buffer and checks it.
func (e *Editor) settle() {
	if e.buf.size > editorBytes || len(e.buf.lines) > editorLines {
		e.big = e.buf.value()
		e.buf = newBuffer("")
	}
	e.check(e.Value())
}

func (e *Editor) dirty() bool      { return e.Value() != e.start }
func (e *Editor) rows() (int, int) { return editorRows, max(len(e.buf.lines)+2, editorShows) }

func (e *Editor) update(msg tea.Msg) bool {
	e.said = ""
	switch msg := msg.(type) {
	case tea.PasteMsg:
		if e.big != "" {
			return e.refuse()
		}
		e.replaceSelected()
		e.buf.insert(pasted(msg.Content))
		e.settle()
		return true
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
	case e.big != "":
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
	return true
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
		lines = append(lines, theme.Warn.Render(fit(theme, ui.Clean(e.said), width)))
		height--
	}
	if e.big != "" {
		return e.drawSummary(theme, lines, width, height)
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
		number := theme.Dim.Render(ui.PadLeft(strconv.Itoa(row+1), digits) + " ")
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

// mask replaces what follows the separator by stars, and moves the cursor along.
func mask(line string, cursor int, separator byte) (masked string, at int) {
	begin := strings.IndexByte(line, separator) + 1
	if begin == 0 {
		return line, cursor
	}
	masked = line[:begin] + strings.Repeat("*", clusters(line[begin:]))
	if cursor > begin {
		cursor = begin + clusters(line[begin:cursor])
	}
	return masked, cursor
}

func (e *Editor) drawSummary(theme *ui.Theme, lines []string, width, height int) []string {
	count := 1 + strings.Count(e.big, "\n")
	head := e.big[:min(len(e.big), 4*width)]
	summary := []string{
		theme.Text.Render(fit(theme, fmt.Sprintf("%s in %s: too large to be edited here", ui.Bytes(int64(len(e.big))), ui.Counted(count, "line")), width)),
		theme.Dim.Render(fit(theme, "begins "+ui.Clean(head), width)),
	}
	return append(lines, summary[:min(len(summary), max(height, 0))]...)
}
