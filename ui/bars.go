package ui

import "strings"

// Bar is one row of a bar chart.
type Bar struct {
	Label string
	Count int
}

// Bars draws a row for each bar, at most width cells wide: its label, its bar,
// its count. What is not nothing shows at least one mark.
func Bars(bars []Bar, mark string, width int) []string {
	most, label, digits := 0, 0, 0
	for _, b := range bars {
		most, label, digits = max(most, b.Count), max(label, Width(b.Label)), max(digits, len(Grouped(int64(b.Count))))
	}
	room := max(width-label-digits-4, 1)
	lines := make([]string, len(bars))
	for i, b := range bars {
		n := 0
		if b.Count > 0 {
			n = max(1, b.Count*room/most)
		}
		line := PadLeft(b.Label, label) + "  " + strings.Repeat(mark, n)
		if b.Count > 0 {
			line += "  " + Grouped(int64(b.Count))
		}
		lines[i] = Truncate(line, width)
	}
	return lines
}
