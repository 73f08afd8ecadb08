package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Width is the number of cells that s takes. Styles in s count nothing.
func Width(s string) int {
	if printableASCII(s) {
		return len(s)
	}
	return ansi.StringWidth(s)
}

// Truncate shortens s to at most width cells, ending in … where something was
// cut. It never cuts a character, so the result may be one cell short.
func Truncate(s string, width int) string {
	if width <= 0 {
		return ""
	}
	if len(s) <= width && printableASCII(s) {
		return s
	}
	return ansi.Truncate(s, width, "…")
}

// Pad makes s exactly width cells wide, shortening it or adding spaces.
func Pad(s string, width int) string {
	s = Truncate(s, width)
	if missing := width - Width(s); missing > 0 {
		s += strings.Repeat(" ", missing)
	}
	return s
}

// PadLeft is Pad with the text at the right, for numbers.
func PadLeft(s string, width int) string {
	s = Truncate(s, width)
	if missing := width - Width(s); missing > 0 {
		s = strings.Repeat(" ", missing) + s
	}
	return s
}

// Cut returns the cells of s from column left on, at most width of them.
func Cut(s string, left, width int) string {
	if width <= 0 {
		return ""
	}
	if left == 0 {
		return ansi.Truncate(s, width, "")
	}
	return ansi.Cut(s, left, left+width)
}

// Wrap breaks s into lines of at most width cells. It breaks at any character:
// logs and code read better with their spaces kept.
func Wrap(s string, width int) []string {
	if width <= 0 || Width(s) <= width {
		return []string{s}
	}
	return strings.Split(ansi.Hardwrap(s, width, true), "\n")
}

// WrapWords breaks s into lines of at most width cells, at spaces where it can.
func WrapWords(s string, width int) []string {
	if width <= 0 || Width(s) <= width {
		return []string{s}
	}
	return strings.Split(ansi.Wrap(s, width, ""), "\n")
}
