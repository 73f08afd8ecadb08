package ui

import "fmt"

// indexOf is where the row of an id is shown, -1 if it is not. It is looked for where
// the cursor is, then at the row on which it was, which a filter may have moved or
// hidden, then among the rows as they come, in which they are read fastest.
func (t *Table) indexOf(id string) int {
	if t.cursor < t.order.Len() && t.rows.ID(t.order.At(t.cursor)) == id {
		return t.cursor
	}
	if t.row < t.rows.Len() && t.rows.ID(t.row) == id {
		return t.order.Place(t.row)
	}
	for row := range t.rows.Len() {
		if t.rows.ID(row) == id {
			return t.order.Place(row)
		}
	}
	return -1
}

func (t *Table) clamp() {
	t.cursor = max(0, min(t.cursor, t.order.Len()-1))
	if t.height <= 0 {
		return
	}
	t.top = max(min(t.top, t.cursor), t.cursor-t.height+1)
	t.top = max(0, min(t.top, t.order.Len()-t.height))
}

func (t *Table) remember() {
	t.current = ""
	if t.cursor < t.order.Len() {
		t.row = t.order.At(t.cursor)
		t.current = t.rows.ID(t.row)
	}
}

// Cursor returns the snapshot's row under the cursor; ok is false when there is
// none or when the row that it stood on is gone.
func (t *Table) Cursor() (row int, ok bool) {
	if t.cursor >= t.order.Len() || t.gone {
		return 0, false
	}
	return t.order.At(t.cursor), true
}

// Move moves the cursor by some rows.
func (t *Table) Move(by int) {
	t.cursor += by
	t.gone, t.awaited = false, ""
	t.clamp()
	t.remember()
	t.drawRange()
}

// Page moves the cursor by pages of the visible height.
func (t *Table) Page(by int) { t.Move(by * max(1, t.height-1)) }

// HalfPage moves the cursor by half pages.
func (t *Table) HalfPage(by int) { t.Move(by * max(1, t.height/2)) }

// MoveTo puts the cursor on the first row (0) or, with a large index, the last.
func (t *Table) MoveTo(index int) { t.Move(index - t.cursor) }

// Select puts the cursor on a row by its id, now or as soon as it appears, unless
// the cursor is moved before that.
func (t *Table) Select(id string) {
	t.awaited = id
	t.again()
}

// Position is the cursor's place, "3/128", or "0/128" when nothing is shown.
func (t *Table) Position() string {
	if t.order.Len() == 0 {
		return fmt.Sprintf("0/%d", t.order.Len())
	}
	return fmt.Sprintf("%d/%d", t.cursor+1, t.order.Len())
}

// RowAt returns the index, among the shown rows, of what stands in a line of the
// last View; false above and below the rows.
func (t *Table) RowAt(line int) (index int, ok bool) {
	index = t.top + line - 1 // The titles have the first line.
	return index, line > 0 && line <= t.height && index < t.order.Len()
}

// Selected reports whether the cursor is on a shown row, by its index.
func (t *Table) Selected(index int) bool { return t.cursor == index }

// ColumnAt returns the column whose title stands at a cell of the first line of
// the last View, -1 between columns.
func (t *Table) ColumnAt(x int) int {
	shown, gap := solveColumns(t.Columns, t.needs, t.needsWidth, t.Wide)
	at := leadWidth
	for _, p := range shown {
		if x >= at && x < at+p.width {
			return p.column
		}
		at += p.width + gap
	}
	return -1
}
