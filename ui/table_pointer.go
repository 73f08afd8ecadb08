package ui

// RowAt returns the index, among the shown rows, of what stands in a line of the
// last View; false above and below the rows.
func (t *Table) RowAt(line int) (index int, ok bool) {
	index = t.top + line - 1 // The titles have the first line.
	return index, line > 0 && line <= t.height && index < len(t.order)
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
