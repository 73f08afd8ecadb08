package main

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

// printTable writes a sheet as columns. Every cell is cleaned, so that nothing
// that a function or a server named can drive the terminal.
func (a *app) printTable(s sheet, wide bool) error {
	columns := len(s.header)
	header := s.header
	if wide {
		header = append(append([]string{}, s.header...), s.wide...)
		columns = len(header)
	}
	if len(s.rows) == 0 && s.empty != "" {
		a.note("%s", ui.Clean(s.empty))
	}
	lines := make([][]string, 0, len(s.rows)+1)
	if !a.flags.noHeaders && len(s.rows) > 0 {
		lines = append(lines, header)
	}
	for _, r := range s.rows {
		cells := make([]string, columns)
		for i := range cells {
			cells[i] = cell(r.cells[i], wide)
		}
		lines = append(lines, cells)
	}
	return a.write([]byte(a.layout(lines)))
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

// layout pads the cells of each column to the widest of them.
func (a *app) layout(lines [][]string) string {
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
				out.WriteString(a.painted(text, text))
				break
			}
			out.WriteString(a.painted(text, ui.Pad(text, widths[i])) + gap)
		}
		out.WriteString("\n")
	}
	return out.String()
}
