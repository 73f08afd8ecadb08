package form

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
)

// Fold is a line that stands for the fields below it, which few need, and shows them
// when it is asked. What is wrong cannot be folded away.
type Fold struct {
	fieldHead
	fields []Field
	open   bool
}

// NewFold makes a fold of fields, which begin folded unless one is wrong. They have to
// stand below it in the form.
func NewFold(spec FieldSpec, fields ...Field) *Fold {
	f := &Fold{fieldHead: fieldHead{spec: spec}, fields: fields}
	f.set(f.wrongWithin())
	return f
}

// Open shows the fields.
func (f *Fold) Open() { f.set(true) }

func (f *Fold) set(open bool) {
	f.open = open
	hint := "show more"
	if open {
		hint = "show less"
	}
	f.hints = []ui.Hint{{Key: "space", Label: hint}}
	for _, field := range f.fields {
		field.head().folded = !open
	}
}

func (f *Fold) wrongWithin() bool {
	for _, field := range f.fields {
		if field.head().wrong() {
			return true
		}
	}
	return false
}

func (f *Fold) update(msg tea.Msg) bool {
	key, isKey := msg.(tea.KeyPressMsg)
	if !isKey {
		return false
	}
	switch key.String() {
	case "space":
		f.set(!f.open || f.wrongWithin())
		return true
	case "enter": // and on to the first of them
		f.set(true)
	}
	return false
}

func (f *Fold) dirty() bool      { return false }
func (f *Fold) value() string    { return "" }
func (f *Fold) rows() (int, int) { return 1, 1 }

// draw names what is folded; what has been set there first, so that it is not forgotten.
func (f *Fold) draw(theme *ui.Theme, width, _ int, focused bool) []string {
	if f.open {
		return []string{render(theme.Dim, fit(theme, "shown below", width))}
	}
	var set, rest []string
	for _, field := range f.fields {
		head := field.head()
		switch name := head.spec.Label; {
		case head.hidden || head.passive:
		case field.dirty():
			set = append(set, name)
		default:
			rest = append(rest, name)
		}
	}
	text := strings.Join(rest, ", ")
	if len(set) > 0 {
		text = "set: " + strings.Join(set, ", ")
	}
	style := theme.Dim
	if focused {
		style = theme.Text
	}
	return []string{render(style, fit(theme, text, width))}
}
