package ui

// marks are the rows of a table that the operator has marked, by their ids. They
// stay over refreshes, filters and orders, and go with their rows.
type marks struct {
	ids map[string]bool
	// anchor is the row where a range began, "" if none is being drawn; before
	// are the marks that it adds to.
	anchor string
	before map[string]bool
}

// Mark marks the row under the cursor, or takes its mark away, and goes on to the
// next row.
func (t *Table) Mark() {
	if _, ok := t.Cursor(); !ok {
		return
	}
	t.endRange()
	if t.marks.ids[t.current] {
		delete(t.marks.ids, t.current)
	} else {
		t.marks.set(t.current)
	}
	t.Move(1)
}

func (m *marks) set(id string) {
	if m.ids == nil {
		m.ids = map[string]bool{}
	}
	m.ids[id] = true
}

// MarkRange begins a range at the cursor, which moving draws on, or ends it.
func (t *Table) MarkRange() {
	if t.marks.anchor != "" {
		t.endRange()
		return
	}
	if _, ok := t.Cursor(); !ok {
		return
	}
	t.marks.anchor, t.marks.before = t.current, t.marks.ids
	t.drawRange()
}

func (t *Table) endRange() { t.marks.anchor, t.marks.before = "", nil }

// drawRange marks what lies between the anchor and the cursor.
func (t *Table) drawRange() {
	if t.marks.anchor == "" {
		return
	}
	from := t.indexOf(t.marks.anchor)
	if from < 0 { // filtered away, or deleted
		t.endRange()
		return
	}
	ids := map[string]bool{}
	for id := range t.marks.before {
		ids[id] = true
	}
	for i := min(from, t.cursor); i <= max(from, t.cursor); i++ {
		ids[t.rows.ID(t.order.At(i))] = true
	}
	t.marks.ids = ids
}

// Unmark takes all marks away, also those that a filter hides.
func (t *Table) Unmark() {
	t.endRange()
	t.marks.ids = nil
}

// InvertMarks turns the marks of the rows that pass the filter round.
func (t *Table) InvertMarks() {
	t.endRange()
	for i := range t.order.Len() {
		if id := t.rows.ID(t.order.At(i)); t.marks.ids[id] {
			delete(t.marks.ids, id)
		} else {
			t.marks.set(id)
		}
	}
}

// Marked returns the snapshot's rows that are marked, in their order on the
// screen first, then those that a filter hides.
func (t *Table) Marked() []int {
	if len(t.marks.ids) == 0 || t.rows == nil {
		return nil
	}
	var found []int
	shown := make(map[int]bool, t.order.Len())
	for i := range t.order.Len() {
		row := t.order.At(i)
		shown[row] = true
		if t.marks.ids[t.rows.ID(row)] {
			found = append(found, row)
		}
	}
	for row := range t.rows.Len() {
		if !shown[row] && t.marks.ids[t.rows.ID(row)] {
			found = append(found, row)
		}
	}
	return found
}

// MarkCount is how many rows are marked.
func (t *Table) MarkCount() int { return len(t.marks.ids) }

// Ranging reports whether moving draws a range of marks.
func (t *Table) Ranging() bool { return t.marks.anchor != "" }

// forgetMarks drops the marks of rows that are gone: an action on marks must
// never reach what is not there any more.
func (t *Table) forgetMarks() {
	if len(t.marks.ids) == 0 {
		return
	}
	kept := map[string]bool{}
	for row := range t.rows.Len() {
		if id := t.rows.ID(row); t.marks.ids[id] {
			kept[id] = true
		}
	}
	t.marks.ids = kept
	if !kept[t.marks.anchor] {
		t.endRange()
	}
}
