package ui

import (
	"image/color"
	"math"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKeysAreNamedByTheirTextElseByTheirName(t *testing.T) {
	cases := []struct {
		msg  tea.KeyPressMsg
		want string
	}{
		{tea.KeyPressMsg{Code: 'r', Text: "r"}, "r"},
		{tea.KeyPressMsg{Code: 'r', Text: "R", Mod: tea.ModShift}, "R"},
		{tea.KeyPressMsg{Code: '/', Text: "?", Mod: tea.ModShift}, "?"},
		{tea.KeyPressMsg{Code: 'é', Text: "é"}, "é"},
		{tea.KeyPressMsg{Code: 'd', Mod: tea.ModCtrl}, "ctrl+d"},
		{tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}, "shift+tab"},
		{tea.KeyPressMsg{Code: 'i', Mod: tea.ModCtrl}, "tab"},
		{tea.KeyPressMsg{Code: 'm', Mod: tea.ModCtrl}, "enter"},
		{tea.KeyPressMsg{Code: '[', Mod: tea.ModCtrl}, "esc"},
		{tea.KeyPressMsg{Code: 'h', Mod: tea.ModCtrl}, "backspace"},
		{tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}, "space"},
	}
	for _, c := range cases {
		assert.Equal(t, c.want, KeyName(c.msg))
	}
}

func TestAKeymapNamesItsConflicts(t *testing.T) {
	k := NewKeymap([]Binding{
		{ID: "a", Scope: ScopeList, Keys: []string{"x", "y"}},
		{ID: "b", Scope: ScopeText, Keys: []string{"x"}},
		{ID: "c", Scope: ScopeList, Keys: []string{"y"}},
		{ID: "d", Scope: ScopeGlobal, Keys: []string{"x"}},
		{ID: "e", Scope: ScopeGlobal},
	})
	assert.ElementsMatch(t, []string{"x is bound to a and d", "y is bound to a and c", "x is bound to b and d"}, k.Conflicts())
	assert.Equal(t, "x", k.Key("a"))
	assert.Empty(t, k.Key("e"))
	assert.True(t, k.Bound("a", "y"))
	assert.False(t, k.Bound("nobody", "y"))
}

func TestTheFrameCollapsesInItsOrder(t *testing.T) {
	cases := []struct {
		width, height    int
		foot             int
		full, crumb, end bool
		body             int
	}{
		{120, 40, 0, true, true, true, 37},
		{80, 20, 0, true, true, true, 17},
		{80, 20, 3, true, true, true, 15},
		{79, 20, 0, false, true, true, 17},
		{80, 19, 0, true, false, true, 17},
		{80, 15, 0, true, false, false, 14},
		{80, 15, 1, true, false, true, 13},
		{40, 10, 0, false, false, false, 9},
	}
	for _, c := range cases {
		l := NewLayout(c.width, c.height, Lines{Foot: c.foot})
		assert.Empty(t, l.TooSmall)
		assert.Equal(t, c, struct {
			width, height    int
			foot             int
			full, crumb, end bool
			body             int
		}{c.width, c.height, c.foot, l.FullHeader, l.Crumbs, l.Foot, l.BodyHeight})
	}
	assert.Equal(t, "too small: 38x9, need 40x10", NewLayout(38, 9, Lines{Foot: 1}).TooSmall)
}

func TestStatesSayTheSameInGlyphAndWord(t *testing.T) {
	color, ascii := NewTheme(true, false), NewTheme(true, true)
	text, tone := color.StateText("Failed")
	assert.Equal(t, "✗ Failed", text)
	assert.Equal(t, ToneBad, tone)
	text, _ = ascii.StateText("Timeout")
	assert.Equal(t, "T Timeout", text)
	text, tone = color.StateText("Hibernating\x1b[2J")
	assert.Equal(t, "? Hibernating␛[2J", text, "an unknown word as it came, cleaned")
	assert.Equal(t, ToneWarn, tone)
	for _, s := range states {
		assert.Equal(t, 1, Width(s.glyph), s.word)
		assert.Len(t, s.ascii, 1, s.word)
	}
}

func TestTwinsKeepTheWidth(t *testing.T) {
	for glyph, twin := range twins {
		assert.Equal(t, string(glyph), twin.glyph)
		assert.Equal(t, Width(twin.glyph), len(twin.ascii), twin.glyph)
	}
	assert.Equal(t, "* Ready v7>v8 blå", Twins("● Ready v7→v8 blå"))
	assert.Equal(t, "nightly-rep...", Twins("nightly-repor…"))
	assert.Equal(t, "bl? ??? x", ASCIIOnly("blå 管? x"))
	assert.Equal(t, "\x1b[1ma.\x1b[m", ASCIIOnly("\x1b[1ma…\x1b[m"), "a style is not eaten")
	for _, s := range []string{"abc…", "… x", "a…", "管…", "\x1b[31m…\x1b[m"} {
		assert.Equal(t, Width(s), Width(ASCIIOnly(s)), "%q", s)
	}
}

func TestDurationsAndAges(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": -time.Second, "810ms": 810 * time.Millisecond, "2.4s": 2449 * time.Millisecond, "42s": 42*time.Second + 900*time.Millisecond,
		"2m04s": 124 * time.Second, "3h05m": 185 * time.Minute, "4d02h": 98 * time.Hour,
	} {
		assert.Equal(t, want, Duration(d))
	}
	for want, d := range map[string]time.Duration{
		"now": 9 * time.Second, "40s": 49 * time.Second, "12m": 12*time.Minute + 59*time.Second, "47h": 47 * time.Hour, "9d": 9 * 24 * time.Hour,
	} {
		assert.Equal(t, want, Age(d))
	}
	assert.Equal(t, "now", Age(-time.Hour), "a clock that is ahead makes no negative age")
	assert.Equal(t, "0s", Elapsed(-time.Second))
}

func TestADocumentKeepsItsPlaceWhenItsTextIsReadAnew(t *testing.T) {
	text := func(n int) string {
		return strings.Repeat("line\n", n)
	}
	doc, err := NewDocument(t.TempDir(), text(100))
	require.NoError(t, err)
	theme := NewTheme(true, false)
	doc.View(theme, 80, 10, time.Unix(0, 0))
	doc.Move(40)
	require.NoError(t, doc.Search("line"))
	newer, err := NewDocument(t.TempDir(), text(101))
	require.NoError(t, err)
	require.NoError(t, doc.Take(newer))
	doc.View(theme, 80, 10, time.Unix(0, 0))
	assert.Equal(t, "searching 0%  50/101", doc.Status(theme))
	assert.Equal(t, "line", doc.Searched())
	assert.False(t, doc.Following())
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{"abc", "!abc", "/a.c/", "name:x status:!y", `"a b" c`, "/(/", "name:/[/", "::", "!", `"`, "/a b/ c"} {
		f.Add(s, "abc")
	}
	columns := []string{"name", "status"}
	f.Fuzz(func(t *testing.T, source, cell string) {
		filter, err := ParseFilter(source, columns)
		if err != nil {
			assert.Nil(t, filter)
			return
		}
		filter.MatchRow(2, func(int) string { return cell }, func(string) string { return cell })
		for _, span := range filter.Spans(cell, 10) {
			require.True(t, 0 <= span[0] && span[0] < span[1] && span[1] <= len(cell), "%v of %q in %q", span, source, cell)
		}
		// A word and its inverse never both match.
		if word := strings.Trim(source, `"!/: `); word != "" && parserOf(word) == nil && !strings.ContainsAny(word, "\"!/: \t\n\r\v\f\u0085\u00a0") && len(strings.Fields(word)) == 1 {
			yes, err := ParseFilter(word, columns)
			require.NoError(t, err)
			no, err := ParseFilter("!"+word, columns)
			require.NoError(t, err)
			require.NotEqual(t, yes.MatchText(cell), no.MatchText(cell), "%q on %q", word, cell)
		}
	})
}

// contrast is the WCAG contrast ratio of two colours.
func contrast(a, b color.Color) float64 {
	luminance := func(c color.Color) float64 {
		r, g, bl, _ := c.RGBA()
		part := func(v uint32) float64 {
			x := float64(v) / 0xffff
			if x <= 0.04045 {
				return x / 12.92
			}
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		return 0.2126*part(r) + 0.7152*part(g) + 0.0722*part(bl)
	}
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestEveryToneReadsOnItsBackground(t *testing.T) {
	const least = 3.0 // WCAG 2.2, for user interface components and large text.
	black, white := color.RGBA{A: 255}, color.RGBA{R: 255, G: 255, B: 255, A: 255}
	for name, c := range map[string]struct {
		theme *Theme
		backs []color.Color
	}{
		"dark":    {NewTheme(true, false), []color.Color{black, color.RGBA{0x2e, 0x34, 0x40, 255}}},
		"light":   {NewTheme(false, false), []color.Color{white, color.RGBA{0xfd, 0xf6, 0xe3, 255}}},
		"neutral": {NewNeutralTheme(false), []color.Color{black, white}},
	} {
		for tone := ToneDim; tone < toneCount; tone++ {
			for _, back := range c.backs {
				assert.GreaterOrEqual(t, contrast(c.theme.Tone(tone).GetForeground(), back), least, "%s: tone %d on %v", name, tone, back)
			}
		}
		for tone := ToneText; tone < toneCount; tone++ {
			s := c.theme.Selected(tone)
			assert.GreaterOrEqual(t, contrast(s.GetForeground(), s.GetBackground()), least, "%s: tone %d selected", name, tone)
		}
		for _, s := range []lipgloss.Style{c.theme.Match, c.theme.Current, c.theme.Banner} {
			assert.GreaterOrEqual(t, contrast(s.GetForeground(), s.GetBackground()), least, name)
		}
	}
}

func TestALongToastTakesAFewLinesAndKeepsItsEnd(t *testing.T) {
	theme := NewTheme(true, false)
	drawn := func(toast Toast, width int) string {
		lines := toast.View(theme, width)
		require.LessOrEqual(t, len(lines), 3)
		for i, line := range lines {
			lines[i] = strings.TrimPrefix(plainText(line), " ")
			require.Less(t, Width(lines[i]), width)
		}
		return strings.Join(lines, " ")
	}
	toast := NewToast("ingest: the deploy failed: no matching distribution for pandass", ToneBad, time.Unix(0, 0))
	toast.Keep, toast.More = ". v1 still serves. l shows the build", "! shows all"
	assert.Equal(t, toast.Text+toast.Keep, drawn(toast, 60), "nothing is cut where there is room")
	toast.Text += strings.Repeat(" and more", 40)
	cut := drawn(toast, 60)
	assert.Contains(t, cut, "ingest: the deploy failed: no matching distribution for pandass and more")
	assert.True(t, strings.HasSuffix(cut, "… ! shows all. v1 still serves. l shows the build"), cut)
	drawn(toast, 20)
	drawn(toast, 3)
}
