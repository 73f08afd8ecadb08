package output

import (
	"strings"

	"fndeck/ui"
)

const (
	// gap is what stands between two columns.
	gap = "  "
	// cellLimit keeps one long text from pushing the next columns off the screen.
	cellLimit = 60
)

// table writes a sheet as columns. Every cell is cleaned, so that nothing
// that a function or a server named can drive the terminal.
func (p Printer) table(s Sheet, wide bool) error {
	columns := len(s.Header)
	header := s.Header
	if wide {
		header = append(append([]string{}, s.Header...), s.Wide...)
		columns = len(header)
	}
	if len(s.Rows) == 0 && s.Empty != "" {
		p.Note(ui.Clean(s.Empty))
	}
	if s.Block && p.Width > 0 {
		return p.block(s, header)
	}
	lines := make([][]string, 0, len(s.Rows)+1)
	if !p.NoHeaders && len(s.Rows) > 0 {
		lines = append(lines, header)
	}
	for _, r := range s.Rows {
		cells := make([]string, columns)
		for i := range cells {
			cells[i] = cell(r.Cells[i], wide)
		}
		lines = append(lines, cells)
	}
	if !wide && p.Width > 0 {
		fit(lines, p.Width)
	}
	return p.Write([]byte(p.Layout(lines)))
}

// block writes a line for each column of each row, its texts whole.
func (p Printer) block(s Sheet, header []string) error {
	var lines [][]string
	for _, r := range s.Rows {
		for i, title := range header {
			lines = append(lines, []string{title, cell(r.Cells[i], true)})
		}
	}
	return p.Write([]byte(p.Layout(lines)))
}

// lastLeast is the least that fit leaves of the last column: less would say nothing,
// and then the lines wrap with all their text.
const lastLeast = 6

// fit shortens the last column of a table that would wrap in a terminal of that
// width. The columns before it are names, ids and times, which are of no use cut.
func fit(lines [][]string, width int) {
	widths := columnWidths(lines)
	if len(widths) == 0 {
		return
	}
	last := len(widths) - 1
	room := width
	for _, w := range widths[:last] {
		room -= w + len(gap)
	}
	if room < lastLeast || widths[last] <= room {
		return
	}
	for _, line := range lines {
		line[last] = ui.Truncate(line[last], room)
	}
}

// cell makes a text fit for a column.
func cell(text string, wide bool) string {
	text = ui.Clean(text)
	if text == "" {
		return "-"
	}
	if !wide {
		return ui.Truncate(text, cellLimit)
	}
	return text
}

// Layout pads the cells of each column to the widest of them.
func (p Printer) Layout(lines [][]string) string {
	widths := columnWidths(lines)
	var out strings.Builder
	for _, line := range lines {
		for i, text := range line {
			if i == len(line)-1 {
				out.WriteString(p.painted(text, text))
				break
			}
			out.WriteString(p.painted(text, ui.Pad(text, widths[i])) + gap)
		}
		out.WriteString("\n")
	}
	return out.String()
}

// columnWidths are the widths of the widest cells.
func columnWidths(lines [][]string) []int {
	if len(lines) == 0 {
		return nil
	}
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, text := range line {
			widths[i] = max(widths[i], ui.Width(text))
		}
	}
	return widths
}
