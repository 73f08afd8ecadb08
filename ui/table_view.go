package ui

import (
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
	cells := t.window()
	shown, gap := t.solve(cells, width-leadWidth)
	lines = append(lines, t.titles(theme, shown, gap, width))
	for i, row := range cells {
		lines = append(lines, t.line(theme, row, shown, gap, width, t.top+i == t.cursor))
	}
	for len(lines) < height {
		lines = append(lines, strings.Repeat(" ", width))
	}
	return lines[:height]
}

// leadWidth is the room for the cursor and the mark before the columns.
const leadWidth = 2

type windowRow struct {
	id    string
	cells []Cell
}

func (t *Table) window() []windowRow {
	var rows []windowRow
	for i := t.top; i < min(len(t.order), t.top+t.height); i++ {
		r := windowRow{id: t.rows.ID(t.order[i]), cells: make([]Cell, len(t.Columns))}
		for c := range t.Columns {
			r.cells[c] = t.rows.Cell(t.order[i], c)
		}
		rows = append(rows, r)
	}
	return rows
}

// solve measures the window. Widths only grow until the terminal or the filter
// changes, so that columns do not jitter while data changes.
func (t *Table) solve(rows []windowRow, width int) ([]placed, int) {
	if len(t.needs) != len(t.Columns) || t.needsWidth != width {
		t.needs, t.needsWidth = make([]int, len(t.Columns)), width
	}
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
			if t.reverse {
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
