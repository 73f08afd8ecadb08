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
	return p.Write([]byte(p.Layout(lines)))
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
	if len(lines) == 0 {
		return ""
	}
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, text := range line {
			widths[i] = max(widths[i], ui.Width(text))
		}
	}
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
