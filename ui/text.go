package ui

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

const (
	// clipBytes is where a line stops on screen; the whole of it stays where it
	// is stored.
	clipBytes = 64 << 10
	// tabStop is the distance of tab stops, as terminals have it.
	tabStop = 8
	// clusterRunes bounds one cell's text: letters with more marks than any
	// script needs are an attack on the lines above and below.
	clusterRunes = 8
)

// Clean makes foreign text safe to draw on one line. What a terminal would
// execute, reorder or hide is shown instead: ESC as ␛, an invalid byte as \xNN,
// C1, bidi, zero-width and tag characters as \uNNNN, a newline as ␊. Tabs become
// spaces. A text over 64 KiB ends in "… +N bytes".
//
// Clean leaves ordinary text as it is, but it is not idempotent in meaning: text
// that holds a literal \x1b looks the same as one with the byte.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	return cleanLine(strings.ReplaceAll(s, "\r\n", "\n"))
}

// CleanLines is Clean for text of several lines: it splits at newlines, and a
// final one ends the last line rather than beginning an empty one.
func CleanLines(s string) []string {
	if s == "" {
		return nil
	}
	s = strings.TrimSuffix(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if !plain(line) {
			lines[i] = cleanLine(line)
		}
	}
	return lines
}

// plain reports whether s is short printable ASCII, which needs no cleaning.
func plain(s string) bool { return len(s) <= clipBytes && printableASCII(s) }

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func cleanLine(s string) string {
	clipped := 0
	if len(s) > clipBytes {
		cut := clipBytes
		for cut > 0 && !utf8.RuneStart(s[cut]) && cut > clipBytes-utf8.UTFMax {
			cut--
		}
		clipped, s = len(s)-cut, s[:cut]
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	column := 0
	for len(s) > 0 {
		text, size := nextPiece(s, column)
		b.WriteString(text)
		column += Width(text)
		s = s[size:]
	}
	if clipped > 0 {
		fmt.Fprintf(&b, "… +%d bytes", clipped)
	}
	return b.String()
}

// nextPiece returns the safe form of the first character of s, or of its first
// run of ASCII, and how many bytes of s it stands for.
func nextPiece(s string, column int) (text string, size int) {
	run := 0
	for run < len(s) && s[run] >= ' ' && s[run] <= '~' {
		run++
	}
	if run < len(s) && s[run] >= utf8.RuneSelf {
		run-- // The last letter may carry a combining mark.
	}
	if run > 0 {
		return s[:run], run
	}
	switch c := s[0]; {
	case c == '\t':
		return strings.Repeat(" ", tabStop-column%tabStop), 1
	case c < ' ':
		return string(rune(0x2400 + int(c))), 1 // The control pictures.
	case c == 0x7f:
		return "␡", 1
	}
	if r, n := utf8.DecodeRuneInString(s); r == utf8.RuneError && n == 1 {
		return fmt.Sprintf(`\x%02x`, s[0]), 1
	}
	return nextCluster(s)
}

func nextCluster(s string) (text string, size int) {
	cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	if r, n := utf8.DecodeRuneInString(cluster); hidden(r) || joins(cluster[:n]) {
		return escape(r), n
	}
	// An invalid byte or a hidden character may sit inside the cluster; what
	// stands before it is a cluster of its own.
	for i, r := range cluster {
		if i > 0 && (r == utf8.RuneError && !strings.HasPrefix(cluster[i:], "\ufffd") || hidden(r)) {
			cluster, width = cluster[:i], ansi.StringWidth(cluster[:i])
			break
		}
	}
	if width == 0 {
		return escapeAll(cluster), len(cluster)
	}
	return agreed(cluster, width), len(cluster)
}

// joins reports whether a character at the start of a cluster would grow
// together with a letter before or after it: columns next to it could then not
// be measured on their own.
func joins(first string) bool {
	before, _ := ansi.FirstGraphemeCluster("x"+first, ansi.GraphemeWidth)
	after, _ := ansi.FirstGraphemeCluster(first+"x", ansi.GraphemeWidth)
	return len(before) != 1 || len(after) != len(first)
}

// agreed rewrites a cluster whose width terminals do not agree on. Terminals
// count either whole clusters or single code points; the presentation selectors
// and skin tones that make the difference are dropped or shown. Scripts that
// join letters (Devanagari, decomposed Hangul) stay legible instead.
func agreed(cluster string, width int) string {
	disagree := ansi.StringWidthWc(cluster) != width
	if !disagree && utf8.RuneCountInString(cluster) <= clusterRunes {
		return cluster
	}
	var b strings.Builder
	count := 0
	for _, r := range cluster {
		count++
		selector := r == 0xfe0e || r == 0xfe0f
		tone := r >= 0x1f3fb && r <= 0x1f3ff && count > 1
		regional := r >= 0x1f1e6 && r <= 0x1f1ff
		switch {
		case disagree && selector:
		case disagree && (tone || regional), count > clusterRunes:
			b.WriteString(escape(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden reports whether r changes how other text is drawn or is not drawn
// itself: format characters (bidi, zero width, tags), line separators, and C1.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Cc, unicode.Zl, unicode.Zp) || r >= 0xe0000 && r <= 0xe007f
}

func escape(r rune) string {
	if r > 0xffff {
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

func escapeAll(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(escape(r))
	}
	return b.String()
}
