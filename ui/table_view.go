package ui

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
)

// View draws the title line and the visible rows: exactly height lines of width
// cells. It costs as much as what it shows.
func (t *Table) View(theme *Theme, width, height int) []string {
	lines := make([]string, 0, height)
	if height <= 0 {
		return lines
	}
	t.height = height - 1
	t.clamp()
	rows := t.window(theme)
	shown, gap := t.solve(rows, width-leadWidth)
	lines = append(lines, t.titles(theme, shown, gap, width))
	as := layout{theme: theme, shown: shown, gap: gap, width: width}
	known := t.drawn.rows
	if !t.drawn.equal(as) {
		known = nil
	}
	t.drawn = drawing{layout: as, rows: make(map[string]drawnRow, len(rows))}
	for i, row := range rows {
		look := drawnRow{cells: row.cells, selected: t.top+i == t.cursor, marked: t.marks.ids[row.id], flashes: t.flashes[row.id]}
		if before, ok := known[row.id]; ok && before.looks(look) {
			look = before
		} else {
			look.line = t.line(theme, row, shown, gap, width, look.selected)
		}
		t.drawn.rows[row.id] = look
		lines = append(lines, look.line)
	}
	for len(lines) < height {
		lines = append(lines, strings.Repeat(" ", width))
	}
	return lines[:height]
}

// LeftOut is how many columns had no room when the table was drawn last.
func (t *Table) LeftOut() int { return len(t.Columns) - len(t.drawn.shown) }

// leadWidth is the room for the cursor and the mark before the columns.
const leadWidth = 2

// layout is what all rows are drawn with.
type layout struct {
	theme      *Theme
	shown      []placed
	gap, width int
}

func (l layout) equal(other layout) bool {
	return l.theme == other.theme && l.gap == other.gap && l.width == other.width && slices.Equal(l.shown, other.shown)
}

// drawing remembers the rows of the last frame: a cursor that moves changes two of
// them, and styling is most of what a frame costs.
type drawing struct {
	layout
	rows map[string]drawnRow
}

// drawnRow is a row's line and what it was drawn of.
type drawnRow struct {
	cells            []Cell
	selected, marked bool
	flashes          uint64
	line             string
}

func (d drawnRow) looks(like drawnRow) bool {
	return d.selected == like.selected && d.marked == like.marked && d.flashes == like.flashes && slices.Equal(d.cells, like.cells)
}

type windowRow struct {
	id    string
	cells []Cell
}

func (t *Table) window(theme *Theme) []windowRow {
	var rows []windowRow
	for i := t.top; i < min(t.order.Len(), t.top+t.height); i++ {
		r := windowRow{id: t.rows.ID(t.order.At(i)), cells: make([]Cell, len(t.Columns))}
		for c, column := range t.Columns {
			if t.Wide || column.Priority < widePriority {
				r.cells[c] = t.rows.Cell(t.order.At(i), c)
				r.cells[c].Text = theme.Shown(r.cells[c].Text)
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// LooksSame reports whether the rows in view have the same texts in later, which are
// the rows of the table at another moment.
func (t *Table) LooksSame(later Rows) bool {
	same := true
	t.Visible(func(row int) bool {
		for c, column := range t.Columns {
			if t.Wide || column.Priority < widePriority {
				same = same && t.rows.Cell(row, c).Text == later.Cell(row, c).Text
			}
		}
		return same
	})
	return same
}

// solve measures the window. Widths only grow until the terminal or the filter
// changes, so that columns do not jitter while data changes.
func (t *Table) solve(rows []windowRow, width int) ([]placed, int) {
	measured := t.drawn.rows // Their widths are in needs already.
	if len(t.needs) != len(t.Columns) || t.needsWidth != width {
		t.needs, t.needsWidth, measured = make([]int, len(t.Columns)), width, nil
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(r windowRow) bool {
		before, ok := measured[r.id]
		return ok && slices.Equal(before.cells, r.cells)
	})
	for c, column := range t.Columns {
		need := Width(column.Title)
		if t.sortBy == c+1 {
			need += 2 // The order's arrow.
		}
		for _, r := range rows {
			need = max(need, Width(r.cells[c].Text))
		}
		if column.Max > 0 {
			need = min(need, column.Max)
		}
		t.needs[c] = max(t.needs[c], need)
	}
	return solveColumns(t.Columns, t.needs, width, t.Wide)
}

func (t *Table) titles(theme *Theme, shown []placed, gap, width int) string {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", leadWidth))
	for i, p := range shown {
		if i > 0 {
			b.WriteString(strings.Repeat(" ", gap))
		}
		title := t.Columns[p.column].Title
		if t.sortBy == p.column+1 {
			arrow := '↑'
			if t.reverse != t.Columns[p.column].Down {
				arrow = '↓'
			}
			title += " " + theme.Glyph(arrow)
		}
		b.WriteString(align(title, p.width, t.Columns[p.column].Align))
	}
	return theme.Title.Render(Pad(b.String(), width))
}

func (t *Table) line(theme *Theme, row windowRow, shown []placed, gap, width int, selected bool) string {
	var b strings.Builder
	used := leadWidth
	space := strings.Repeat(" ", gap)
	lead := " "
	if selected {
		lead = theme.Glyph('›')
	}
	if t.marks.ids[row.id] {
		lead += theme.Glyph('▌')
	}
	lead = Pad(Truncate(lead, width), min(used, width))
	switch {
	case selected:
		space, lead = theme.Selection.Render(space), theme.Selection.Render(lead)
	case t.marks.ids[row.id]:
		lead = theme.Accent.Render(lead)
	}
	b.WriteString(lead)
	for i, p := range shown {
		if i > 0 && used+gap < width {
			b.WriteString(space)
			used += gap
		}
		cell := row.cells[p.column]
		room := min(p.width, max(0, width-used))
		text := align(cell.Text, room, t.Columns[p.column].Align)
		used += room
		b.WriteString(t.style(theme, row.id, p.column, cell.Tone, selected).Render(text))
	}
	if rest := strings.Repeat(" ", max(0, width-used)); selected {
		b.WriteString(theme.Selection.Render(rest))
	} else {
		b.WriteString(rest)
	}
	return b.String()
}

func (t *Table) style(theme *Theme, id string, column int, tone Tone, selected bool) lipgloss.Style {
	switch {
	case selected:
		return theme.Selected(tone)
	case t.flashes[id]&(1<<column) != 0:
		return theme.Flash
	}
	return theme.Tone(tone)
}

func align(text string, width int, a Align) string {
	if a == AlignRight {
		return PadLeft(text, width)
	}
	return Pad(text, width)
}
