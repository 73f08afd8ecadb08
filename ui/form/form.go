// Package form is what an operator types into and answers: fields, forms, the
// picker of folders, and questions. A burst of keys lands where it was meant to,
// text keeps every byte that was typed, and nothing here knows what it is for.
package form

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
)

// Event says what a message did to a form.
type Event int

// The events. After Submitted and Cancelled the form is over, though it
// still holds what was typed: an owner that cannot go on may show it again.
// After Opening the owner opens the text of Opened in an editor and hands it back
// to Reopened; until then the form takes nothing. After Recalling it shows what
// was entered here earlier.
const (
	GoesOn Event = iota
	Submitted
	Cancelled
	Opening
	Recalling
)

// Form is a list of labelled fields. Every key takes effect before Update
// returns: a burst of keys lands where it was meant to, however fast it came.
type Form struct {
	fields []Field
	at     int
	clock  func() time.Time
	// tried is true once ctrl+s was refused: then every error shows.
	tried bool
	// asking is true while the form asks whether what was typed may go.
	asking bool
	grace  grace
	top    int
	// refused is why what was submitted did not go through.
	refused string
	// opened is the field whose text is in an editor of the operator's.
	opened *Editor
	// Recalls says that earlier data can be had, for ctrl+r.
	Recalls bool
}

// New makes a form with the focus on its first field that takes one.
func New(clock func() time.Time, fields ...Field) *Form {
	f := &Form{fields: fields, clock: clock, at: -1}
	f.step(1)
	return f
}

// Focus puts the focus on a field of this form.
func (f *Form) Focus(field Field) {
	for i := range f.fields {
		if f.fields[i] == field {
			f.at = i
		}
	}
}

// Hide takes a field out of the form, or puts it back. A hidden field keeps its
// value and cannot be wrong.
func (f *Form) Hide(field Field, hidden bool) {
	field.head().hidden = hidden
	if hidden && f.focused() == field {
		f.step(1)
	}
}

// Opened is the text to be opened after Opening, and a file name for it.
func (f *Form) Opened() (text, fileName string) {
	if f.opened == nil {
		return "", ""
	}
	return f.opened.Value(), f.opened.FileName()
}

// Reopened hands back what became of the text of Opened. With a reason why it
// could not be edited, the field stays as it was and says so.
func (f *Form) Reopened(text, why string) {
	e := f.opened
	if e == nil {
		return
	}
	f.opened = nil
	e.said = why
	if why == "" && text != e.Value() {
		e.Selected, f.refused = false, ""
		e.SetValue(text)
	}
}

// Refused shows the form again after Submitted, with everything that was
// typed, and says why it did not go through.
func (f *Form) Refused(why string) { f.refused = ui.Clean(why) }

// Dirty reports whether the operator changed anything.
func (f *Form) Dirty() bool {
	for _, field := range f.fields {
		if field.dirty() {
			return true
		}
	}
	return false
}

// Update takes a key or a paste and ignores all else. Submitted comes only
// when no field has an error.
func (f *Form) Update(msg tea.Msg) Event {
	event := f.update(msg)
	if f.tried && f.wrong() == 0 {
		f.tried = false // What was refused is mended; a later fault is a new one.
	}
	return event
}

// wrong is how many fields have an error.
func (f *Form) wrong() int {
	n := 0
	for _, field := range f.fields {
		if field.head().wrong() {
			n++
		}
	}
	return n
}

func (f *Form) update(msg tea.Msg) Event {
	key, isKey := msg.(tea.KeyPressMsg)
	if f.opened != nil {
		return GoesOn // These keys were for the editor, which had not come up.
	}
	if f.asking {
		if isKey {
			return f.answer(key.String())
		}
		return GoesOn
	}
	if isKey {
		switch key.String() {
		case "ctrl+s":
			return f.submit()
		case "esc":
			return f.cancel()
		case "tab":
			f.step(1)
			return GoesOn
		case "shift+tab":
			f.step(-1)
			return GoesOn
		case "ctrl+r":
			if f.Recalls {
				return Recalling
			}
		case "ctrl+o":
			return f.open()
		}
	}
	field := f.focused()
	if field == nil {
		return GoesOn
	}
	before := field.value()
	handled := field.update(msg)
	if field.value() != before {
		f.refused = "" // It was about what stood there; moving about leaves it to be read.
	}
	if handled || !isKey {
		return GoesOn
	}
	switch key.String() {
	case "enter", "down":
		f.step(1)
	case "up":
		f.step(-1)
	}
	return GoesOn
}

// open begins to open the focused text in an editor, or says why not.
func (f *Form) open() Event {
	e, ok := f.focused().(*Editor)
	switch {
	case !ok:
		return GoesOn
	case !e.Opens():
		e.said = "not opened in an editor: what is masked is not written to a file"
		return GoesOn
	}
	f.opened = e
	return Opening
}

func (f *Form) focused() Field {
	if f.at < 0 || f.at >= len(f.fields) {
		return nil
	}
	return f.fields[f.at]
}

// step moves the focus to the next field that takes it, round the ends.
func (f *Form) step(delta int) {
	if field := f.focused(); field != nil {
		field.head().left = true
	}
	n := len(f.fields)
	for i := 1; i <= n; i++ {
		next := ((f.at+delta*i)%n + n) % n
		if f.at < 0 {
			next = i - 1
		}
		if head := f.fields[next].head(); !head.passive && head.there() {
			f.at = next
			return
		}
	}
}

func (f *Form) submit() Event {
	for i, field := range f.fields {
		if field.head().wrong() {
			f.tried = true
			f.at = i
			return GoesOn
		}
	}
	f.refused = ""
	return Submitted
}

func (f *Form) cancel() Event {
	if !f.Dirty() && f.refused == "" {
		return Cancelled
	}
	f.asking = true
	f.grace = newGrace(f.clock)
	return GoesOn
}

// answer takes the answer to the question whether what was typed may go. No is
// the default, as in every dialog.
func (f *Form) answer(key string) Event {
	if f.grace.swallows() {
		return GoesOn
	}
	switch key {
	case "y", "Y":
		f.asking = false
		return Cancelled
	case "n", "N", "esc", "enter":
		f.asking = false
	}
	return GoesOn
}

// Hints returns the keys that work now; send is the word for ctrl+s. It stands
// first and esc last, as in every overlay: those are shown wherever there is room
// for two.
func (f *Form) Hints(send string) []ui.Hint {
	if f.asking {
		return []ui.Hint{{Key: "y", Label: "throw away"}, {Key: "n", Label: "go on"}}
	}
	hints := []ui.Hint{{Key: "ctrl+s", Label: send}, {Key: "tab", Label: "next field"}}
	e, isEditor := f.focused().(*Editor)
	if isEditor && e.Opens() {
		hints = append(hints, ui.Hint{Key: "ctrl+o", Label: "editor"})
	}
	if f.Recalls {
		hints = append(hints, ui.Hint{Key: "ctrl+r", Label: "earlier"})
	}
	if isEditor && e.Tidy != nil {
		hints = append(hints, ui.Hint{Key: "ctrl+t", Label: "tidy"})
	}
	if field := f.focused(); field != nil {
		hints = append(hints, field.head().hints...)
	}
	return append(hints, ui.Hint{Key: "esc", Label: "cancel"})
}
