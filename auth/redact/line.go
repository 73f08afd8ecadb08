package redact

import (
	"strings"
	"unicode"
)

// maxForeignLine bounds a line of foreign text in a sentence.
const maxForeignLine = 300

// Clean takes from foreign text what could drive a terminal or reorder what is
// read: control and format characters become spaces, invalid bytes U+FFFD.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}

// Clip cleans a text and cuts it after n characters.
func Clip(text string, n int) string {
	runes := []rune(Clean(text))
	if len(runes) > n {
		return string(runes[:n]) + "…"
	}
	return string(runes)
}

// Line is the first line of foreign text, fit for a sentence: cleaned, cut
// and without what looks like a secret.
func Line(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return Clip(strings.TrimSpace(Shapes(line)), maxForeignLine)
}
