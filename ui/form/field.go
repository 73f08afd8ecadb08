package form

import "fndeck/ui"

import tea "charm.land/bubbletea/v2"

// Field is one labelled input of a Form: a *Text, *Choice, *Editor, *Fold or *Note.
type Field interface {
	head() *fieldHead
	// update takes a key or a paste and reports whether it was for this field.
	update(msg tea.Msg) bool
	// draw returns the input itself, at most height lines of at most width cells.
	draw(theme *ui.Theme, width, height int, focused bool) []string
	// rows says how many lines the input needs and how many it can use.
	rows() (least, most int)
	// value is what the field holds.
	value() string
	// dirty reports whether the operator changed the value.
	dirty() bool
}

// FieldSpec describes a field.
type FieldSpec struct {
	// Label names it in a word or two, Help says in one line what belongs there.
	Label, Help string
	// Value is what it holds at first.
	Value string
	// Check judges a value. It runs on every keystroke: it must be quick and do no
	// I/O. Nil accepts everything.
	Check func(value string) Report
}

// Report is what a check says of a value. It is drawn under the field, cleaned.
type Report struct {
	// Error says why the value cannot be sent, empty if it can.
	Error string
	// Notes are shown in any case: words, previews, warnings.
	Notes []Remark
}

// Remark is one line with its tone.
type Remark struct {
	Tone ui.Tone
	Text string
	// Short stands for Text where that does not fit; it may be empty.
	Short string
}

// in returns what fits of a remark, cleaned.
func (r Remark) in(theme *ui.Theme, width int) string {
	text := ui.Clean(r.Text)
	if r.Short != "" && ui.Width(text) > width {
		text = ui.Clean(r.Short)
	}
	return fit(theme, text, width)
}

// fieldHead is what all fields have beside their input.
type fieldHead struct {
	spec   FieldSpec
	report Report
	// left is true once the focus has been here and gone: from then on an empty
	// value may be called missing.
	left bool
	// passive fields never take the focus, hidden ones are not there, and folded ones
	// are not there while their fold is closed.
	passive, hidden, folded bool
	hints                   []ui.Hint
}

func (h *fieldHead) head() *fieldHead { return h }

// there reports whether the field can be seen.
func (h *fieldHead) there() bool { return !h.hidden && !h.folded }

// wrong reports whether the field keeps the form from being sent.
func (h *fieldHead) wrong() bool { return h.report.Error != "" && !h.hidden }

func (h *fieldHead) check(value string) {
	if h.spec.Check != nil {
		h.report = h.spec.Check(value)
	}
}

// Note is a read-only line or more in a form.
type Note struct {
	fieldHead
	remarks []Remark
}

// NewNote makes a field that only shows something.
func NewNote(label string, remarks ...Remark) *Note {
	return &Note{fieldHead: fieldHead{spec: FieldSpec{Label: label}, passive: true}, remarks: remarks}
}

// Set replaces what the note shows.
func (n *Note) Set(remarks ...Remark) { n.remarks = remarks }

func (n *Note) update(tea.Msg) bool { return false }
func (n *Note) dirty() bool         { return false }
func (n *Note) value() string       { return "" }
func (n *Note) rows() (int, int)    { return len(n.remarks), len(n.remarks) }

func (n *Note) draw(theme *ui.Theme, width, height int, _ bool) []string {
	return drawRemarks(theme, n.remarks, width, height)
}

func drawRemarks(theme *ui.Theme, remarks []Remark, width, height int) []string {
	lines := make([]string, 0, min(len(remarks), height))
	for _, r := range remarks[:min(len(remarks), max(height, 0))] {
		lines = append(lines, render(theme.Tone(r.Tone), r.in(theme, width)))
	}
	return lines
}

// fit shortens clean text with the mark of the theme.
func fit(theme *ui.Theme, text string, width int) string {
	if width <= 0 {
		return ""
	}
	if ui.Width(text) <= width {
		return text
	}
	return ui.Cut(text, 0, width-1) + theme.Glyph('…')
}
