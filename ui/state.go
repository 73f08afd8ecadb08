package ui

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// state is how one word for the state of something is shown. Glyph, word and
// tone say the same, so that none of them has to be seen.
type state struct {
	word  string
	glyph string
	ascii string
	tone  Tone
}

// states is the one table of state words.
var states = []state{
	{"Queued", "○", ".", ToneDim},
	{"Deploying", "◐", "~", ToneInfo},
	{"Running", "◐", "~", ToneInfo},
	{"Ready", "●", "*", ToneOK},
	{"Active", "●", "*", ToneOK},
	{"Completed", "✓", "+", ToneOK},
	{"Failed", "✗", "x", ToneBad},
	{"Timeout", "✗", "T", ToneBad},
	{"Paused", "‖", "=", ToneWarn},
	{"Disabled", "‖", "=", ToneWarn},
	{"Interrupted", "✗", "!", ToneWarn},
	{"Missed", "–", "-", ToneWarn},
	{"Skipped", "–", "-", ToneWarn},
	{"Replaced", "–", "-", ToneDim},
	{"Cancelled", "–", "-", ToneDim},
	{"Never fires", "–", "-", ToneWarn},
}

// State returns the glyph and the tone of a state word. A word that is not in
// the table gets "?": the caller prints the word itself as it came, cleaned.
func (t *Theme) State(word string) (glyph string, tone Tone) {
	for _, s := range states {
		if s.word != word {
			continue
		}
		if t.ASCII {
			return s.ascii, s.tone
		}
		return s.glyph, s.tone
	}
	return "?", ToneWarn
}

// StateText returns glyph and word for a cell, and their tone.
func (t *Theme) StateText(word string) (text string, tone Tone) {
	glyph, tone := t.State(word)
	return glyph + " " + Clean(word), tone
}

// chrome is a glyph of the chrome as text, and its ASCII form, both one cell wide.
type chrome struct{ glyph, ascii string }

// twins are the glyphs of the chrome.
var twins = map[rune]chrome{
	'…': {"…", "."}, '–': {"–", "-"}, '·': {"·", "-"}, '→': {"→", ">"}, '←': {"←", "<"}, '↑': {"↑", "^"}, '↓': {"↓", "v"},
	'⇣': {"⇣", "v"}, '›': {"›", ">"}, '│': {"│", "|"}, '─': {"─", "-"}, '┌': {"┌", "+"}, '┐': {"┐", "+"}, '└': {"└", "+"},
	'┘': {"┘", "+"}, '├': {"├", "+"}, '┤': {"┤", "+"}, '╭': {"╭", "+"}, '╮': {"╮", "+"}, '╰': {"╰", "+"}, '╯': {"╯", "+"},
	'×': {"×", "x"}, '●': {"●", "*"}, '○': {"○", "."}, '◐': {"◐", "~"}, '✓': {"✓", "+"}, '✗': {"✗", "x"}, '‖': {"‖", "="},
	'Δ': {"Δ", "d"}, '▲': {"▲", "^"}, '▼': {"▼", "v"}, '█': {"█", "#"}, '░': {"░", "."}, '▏': {"▏", "|"}, '▌': {"▌", "|"},
	'▁': {"▁", "_"}, '▂': {"▂", "."}, '▃': {"▃", "-"}, '▄': {"▄", ":"}, '▅': {"▅", "="}, '▆': {"▆", "+"}, '▇': {"▇", "*"},
}

// Glyph returns the form of a glyph of the chrome that this theme draws.
func (t *Theme) Glyph(r rune) string {
	twin, ok := twins[r]
	switch {
	case !ok:
		return string(r)
	case t.ASCII:
		return twin.ascii
	}
	return twin.glyph // A text made of r would be allocated for each cell.
}

// Twins replaces the glyphs of the chrome by their ASCII twins, wherever they
// stand, and leaves letters alone. The width stays: an ellipsis at the end of a
// cut text takes the place of its last letters.
func Twins(s string) string {
	return rewrite(s, func(cluster string, _ int) string { return cluster })
}

// ASCIIOnly is Twins with every other character beyond ASCII as question marks
// of the same width, for terminals that read bytes above 0x7f as controls.
func ASCIIOnly(s string) string {
	return rewrite(s, func(_ string, width int) string { return strings.Repeat("?", width) })
}

// Shown is foreign text, cleaned before, as this theme can show it: for a terminal
// without UTF-8 what is beyond ASCII becomes visible escapes, so that two names that
// differ still do. Chrome has its twins instead.
func (t *Theme) Shown(s string) string {
	if !t.SevenBit {
		return s
	}
	return rewrite(s, func(cluster string, _ int) string { return escapeAll(cluster) })
}

func rewrite(s string, other func(cluster string, width int) string) string {
	var b []byte
	for len(s) > 0 {
		if s[0] < utf8.RuneSelf {
			b = append(b, s[0])
			s = s[1:]
			continue
		}
		cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		s = s[len(cluster):]
		r, _ := utf8.DecodeRuneInString(cluster)
		twin, ok := twins[r]
		switch {
		case cluster == "…" && cutHere(b, s):
			b = append(b[:len(b)-2], "..."...)
		case ok:
			b = append(b, twin.ascii...)
		default:
			b = append(b, other(cluster, width)...)
		}
	}
	return string(b)
}

// cutHere reports whether an ellipsis between before and after ends a cut word
// of at least two letters, whose place it can take.
func cutHere(before []byte, after string) bool {
	n := len(before)
	ends := after == "" || after[0] == ' ' || after[0] == 0x1b
	return ends && n >= 2 && isLetter(before[n-1]) && isLetter(before[n-2])
}

// isLetter leaves out m, with which a style ends.
func isLetter(c byte) bool { return c > ' ' && c < 0x7f && c != 'm' }
