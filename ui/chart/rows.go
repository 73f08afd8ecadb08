package chart

import (
	"strings"

	"fndeck/ui"
)

// Row is one row of a histogram.
type Row struct {
	Label string
	Count int
}

// Rows draws a line for each bar, at most width cells wide: its label, its bar,
// its count. What is not nothing shows at least one mark.
func Rows(bars []Row, mark string, width int) []string {
	most, label, digits := 0, 0, 0
	for _, b := range bars {
		most, label, digits = max(most, b.Count), max(label, ui.Width(b.Label)), max(digits, len(ui.Grouped(int64(b.Count))))
	}
	room := max(width-label-digits-4, 1)
	lines := make([]string, len(bars))
	for i, b := range bars {
		n := 0
		if b.Count > 0 {
			n = max(1, b.Count*room/most)
		}
		line := ui.PadLeft(b.Label, label) + "  " + strings.Repeat(mark, n)
		if b.Count > 0 {
			line += "  " + ui.Grouped(int64(b.Count))
		}
		lines[i] = ui.Truncate(line, width)
	}
	return lines
}
