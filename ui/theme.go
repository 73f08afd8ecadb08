package ui

import "charm.land/lipgloss/v2"

// Tone is what a piece of text means, independent of how it is coloured.
type Tone int

// The tones.
const (
	ToneText Tone = iota
	ToneDim
	ToneAccent
	ToneOK
	ToneWarn
	ToneBad
	ToneInfo
	toneCount
)

// Theme holds every style of the console. Styles are made once, here; drawing
// only applies them. A Theme is never changed after NewTheme.
type Theme struct {
	Text, Dim, Accent, OK, Warn, Bad, Info lipgloss.Style
	// Selection is the line under the cursor, Border boxes and rules, Match a
	// search hit, Banner the line of a protected or lost context.
	Selection, Border, Match, Banner lipgloss.Style
	// Current is the match that n and N have gone to.
	Current lipgloss.Style
	// Title heads a table or a section; Flash marks a cell that just changed.
	Title, Flash lipgloss.Style
	// Sources tells the sources of a merged log apart, beside their names.
	Sources [8]lipgloss.Style
	// ASCII asks for glyphs that every terminal draws in one cell.
	ASCII bool
	// SevenBit says that the terminal takes bytes above 0x7f for controls.
	SevenBit        bool
	tones, selected [toneCount]lipgloss.Style
}

// palette is one table of colours; the values are sRGB and the renderer takes
// them down to what the terminal has.
type palette struct {
	dim, accent, onAccent            string
	ok, warn, bad, info              string
	selected, selection, border      string
	match, onMatch, banner, onBanner string
	sources                          [8]string
	// plainSelection says that the tones do not read on the selection.
	plainSelection bool
}

// The palettes. Not every multiplexer passes on what the background is, so the
// neutral one reads on both kinds. Text itself keeps the terminal's colour,
// except on a background of ours.
var (
	darkPalette = palette{
		dim: "#8a919e", accent: "#7aa2f7", onAccent: "#16181d", ok: "#7fb972", warn: "#d7a65f", bad: "#e5727e", info: "#5fb3c9",
		selected: "#e6e9ef", selection: "#2c3548", border: "#4a5263",
		match: "#e0c068", onMatch: "#16181d", banner: "#b4464f", onBanner: "#ffffff",
		sources: [8]string{"#7aa2f7", "#7fb972", "#d7a65f", "#c792ea", "#5fb3c9", "#e58fb1", "#b5bd68", "#d08770"},
	}
	lightPalette = palette{
		dim: "#666c77", accent: "#2257c4", onAccent: "#ffffff", ok: "#2f7d32", warn: "#8f5c00", bad: "#b3261e", info: "#0b6b85",
		selected: "#16181d", selection: "#d8e2f5", border: "#a4abb8",
		match: "#ffd75f", onMatch: "#16181d", banner: "#b3261e", onBanner: "#ffffff",
		sources: [8]string{"#2257c4", "#2f7d32", "#8f5c00", "#7a3eb1", "#0b6b85", "#a8326e", "#5f6b00", "#9c4a1a"},
	}
	neutralPalette = palette{
		dim: "#7d8590", accent: "#4f83e0", onAccent: "#ffffff", ok: "#47964a", warn: "#ad7c1f", bad: "#d9534f", info: "#2c8fab",
		selected: "#ffffff", selection: "#3a588c", border: "#7d8590",
		match: "#e0c068", onMatch: "#16181d", banner: "#b4464f", onBanner: "#ffffff",
		sources:        [8]string{"#4f83e0", "#47964a", "#ad7c1f", "#9a63c9", "#2c8fab", "#c2588c", "#7f8a24", "#b8653c"},
		plainSelection: true,
	}
)

// NewTheme makes the theme for a dark or a light background.
func NewTheme(dark, ascii bool) *Theme {
	if dark {
		return newTheme(darkPalette, ascii)
	}
	return newTheme(lightPalette, ascii)
}

// NewNeutralTheme makes the theme for a background that is not known.
func NewNeutralTheme(ascii bool) *Theme { return newTheme(neutralPalette, ascii) }

func newTheme(p palette, ascii bool) *Theme {
	plain := lipgloss.NewStyle()
	fg := func(hex string) lipgloss.Style { return plain.Foreground(lipgloss.Color(hex)) }
	on := func(front, back string) lipgloss.Style { return fg(front).Background(lipgloss.Color(back)) }
	t := &Theme{
		Text: plain, Dim: fg(p.dim), Accent: fg(p.accent), OK: fg(p.ok), Warn: fg(p.warn), Bad: fg(p.bad), Info: fg(p.info),
		Selection: on(p.selected, p.selection).Bold(true),
		Border:    fg(p.border),
		Match:     on(p.onMatch, p.match),
		Current:   on(p.onAccent, p.accent).Bold(true),
		Banner:    on(p.onBanner, p.banner).Bold(true),
		Title:     fg(p.dim).Bold(true),
		Flash:     fg(p.accent).Bold(true),
		ASCII:     ascii,
	}
	for i, hex := range p.sources {
		t.Sources[i] = fg(hex)
	}
	t.tones = [toneCount]lipgloss.Style{t.Text, t.Dim, t.Accent, t.OK, t.Warn, t.Bad, t.Info}
	for i := range t.selected {
		t.selected[i] = t.Selection
	}
	if p.plainSelection {
		return t
	}
	for _, tone := range []Tone{ToneOK, ToneWarn, ToneBad, ToneInfo} {
		t.selected[tone] = t.tones[tone].Bold(true).Background(lipgloss.Color(p.selection))
	}
	return t
}

// FewColors returns the theme for a terminal with 16 colours or none: there the
// backgrounds of selection and match would vanish, so they are reversed.
func (t *Theme) FewColors() *Theme {
	few := *t
	plain := lipgloss.NewStyle()
	few.Selection = plain.Reverse(true)
	few.Match = plain.Reverse(true).Bold(true)
	few.Current = plain.Reverse(true).Underline(true)
	few.Banner = plain.Reverse(true).Bold(true)
	few.Flash = plain.Bold(true)
	for i := range few.selected {
		few.selected[i] = few.Selection
	}
	return &few
}

// Selected returns the style of a tone on the line under the cursor.
func (t *Theme) Selected(tone Tone) lipgloss.Style {
	if tone < 0 || tone >= toneCount {
		return t.Selection
	}
	return t.selected[tone]
}

// Tone returns the style of a tone.
func (t *Theme) Tone(tone Tone) lipgloss.Style {
	if tone < 0 || tone >= toneCount {
		return t.Text
	}
	return t.tones[tone]
}
