package ui

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

// twins gives the ASCII form of each glyph of the chrome, all one cell wide.
var twins = map[rune]string{
	'…': ".", '–': "-", '·': "-", '→': ">", '←': "<", '↑': "^", '↓': "v", '⇣': "v", '›': ">", '│': "|", '─': "-",
	'┌': "+", '┐': "+", '└': "+", '┘': "+", '├': "+", '┤': "+", '╭': "+", '╮': "+", '╰': "+", '╯': "+", '×': "x",
	'●': "*", '○': ".", '◐': "~", '✓': "+", '✗': "x", '‖': "=", 'Δ': "d", '▲': "^", '▼': "v", '█': "#", '░': ".", '▏': "|", '▌': "|",
}

// Glyph returns the form of a glyph of the chrome that this theme draws.
func (t *Theme) Glyph(r rune) string {
	if t.ASCII {
		if twin, ok := twins[r]; ok {
			return twin
		}
	}
	return string(r)
}
