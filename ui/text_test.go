package ui

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/vt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCleanShowsWhatATerminalWouldExecute(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"plain", "ingest-pi v12", "ingest-pi v12"},
		{"empty", "", ""},
		{"letters", "blåbær 管理 שלום ไทย", "blåbær 管理 שלום ไทย"},
		{"combining", "cafe\u0301", "cafe\u0301"},
		{"escape", "\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"},
		{"carriage return", "A\rB", "A␍B"},
		{"newline", "a\r\nb\nc", "a␊b␊c"},
		{"tab", "ab\tc\td", "ab      c       d"},
		{"nul, backspace and delete", "\x00\x08\x7f", "␀␈␡"},
		{"C1 in UTF-8", "\u009b31m", `\u009b31m`},
		{"C1 as a byte", "\x9b31m", `\x9b31m`},
		{"invalid UTF-8", "a\xffb\xc3", `a\xffb\xc3`},
		{"invalid after a letter that takes marks", "é\xff", `é\xff`},
		{"a true replacement character", "\ufffd", "\ufffd"},
		{"bidi", "a\u202eb\u2066c\u200fd\u061ce", `a\u202eb\u2066c\u200fd\u061ce`},
		{"zero width", "a\u200bb\u2060c\ufeffd", `a\u200bb\u2060c\ufeffd`},
		{"tags", "a\U000e0041b", `a\U000e0041b`},
		{"line separators", "a\u2028b\u2029c", `a\u2028b\u2029c`},
		{"soft hyphen", "a\u00adb", `a\u00adb`},
		{"joined emoji", "\U0001f469\u200d\U0001f467", "\U0001f469\\u200d\U0001f467"},
		{"presentation selector", "\u26a0\ufe0f disk", "\u26a0 disk"},
		{"lone mark", "\u0301x", `\u0301x`},
		{"lone flag half", "\U0001f1f3", `\U0001f1f3`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, Clean(c.in)) })
	}
}

func TestCleanCapsTheMarksOnOneLetter(t *testing.T) {
	out := Clean("Z" + strings.Repeat("\u0301", 40))
	assert.Equal(t, 7, strings.Count(out, "\u0301"))
	assert.Equal(t, 33, strings.Count(out, `\u0301`))
}

func TestCleanClipsALongLineAndSaysByHowMuch(t *testing.T) {
	out := Clean(strings.Repeat("x", clipBytes+17))
	assert.True(t, strings.HasSuffix(out, "x… +17 bytes"))
	assert.Len(t, out, clipBytes+len("… +17 bytes"))

	wide := Clean(strings.Repeat("管", clipBytes))
	assert.True(t, utf8.ValidString(wide))
	assert.NotContains(t, wide, `\x`, "the clip must not cut a character in two")
}

func TestCleanLinesSplitsAtNewlinesOnly(t *testing.T) {
	assert.Nil(t, CleanLines(""))
	assert.Equal(t, []string{"a", "b␍c", ""}, CleanLines("a\r\nb\rc\n\n"))
	assert.Equal(t, []string{"one"}, CleanLines("one\n"))
}

func TestPadIsExactAlsoWhenAWideCharacterDoesNotFit(t *testing.T) {
	for _, s := range []string{"", "abc", "管理管理", "a管b管c", "cafe\u0301 au lait"} {
		for width := range 12 {
			assert.Equal(t, width, Width(Pad(s, width)), "%q in %d", s, width)
			assert.Equal(t, width, Width(PadLeft(s, width)), "%q in %d", s, width)
			assert.LessOrEqual(t, Width(Truncate(s, width)), width)
		}
	}
}

// hostile is a corpus of text that drives, queries or confuses terminals.
var hostile = []string{
	"\x1b]0;title\x07", "\x1b]52;c;cHduZWQ=\x1b\\", "\x1b[2J\x1b[H", "\x1b[6n", "\x1b[c", "\x1bP$qm\x1b\\", "\x1bc",
	"\x1b[?1049l", "\x1b[?1000h", "\x1b_Gi=1\x1b\\", "\u009b2J", "\x9b2J", "A\rB", "abc\b\b\bX", "\x0e\x0f\a",
	"\u202egnp.exe", "a\u200db", "\xf0\x9f\x92", "\xed\xa0\x80", "\u0600 12", "e\u0301\u0301", "\U0001f469\u200d\U0001f4bb",
	"\U0001f44d\U0001f3fd", "\U0001f1f3\U0001f1f4\U0001f1f8", "\u0928\u0940", "\u1100\u1161\u11a8", "1\ufe0f\u20e3", "\u2028",
	"a\xcc", "\u0d4ea", "\u115f\u3164", "\u00a0\u3000", "x\U000e0100", "\ufffe\uffff",
}

func FuzzCleanIsInert(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 4096 {
			return
		}
		out := Clean(s)
		requireInert(t, out)
		assert.Equal(t, Width(out)+2, Width("x"+out+"x"), "a cell must not grow together with its neighbours: %q", out)
		requireOnlyItsWidth(t, out)
		for _, line := range CleanLines(s) {
			requireInert(t, line)
		}
	})
}

// requireInert fails if s holds a byte or code point that a terminal obeys.
func requireInert(t *testing.T, s string) {
	t.Helper()
	require.True(t, utf8.ValidString(s), "%q", s)
	for _, r := range s {
		if r < ' ' || r == 0x7f || r >= 0x80 && r <= 0x9f {
			t.Fatalf("control %U left in %q", r, s)
		}
	}
}

// requireOnlyItsWidth draws s into an emulator and fails if anything but the
// cells it covers has changed.
func requireOnlyItsWidth(t *testing.T, s string) {
	t.Helper()
	width := Width(s)
	screen := vt.NewEmulator(width+2, 3)
	defer func() { require.NoError(t, screen.Close()) }()
	replies := make(chan int, 1)
	go func() {
		total, buf := 0, make([]byte, 64)
		for {
			n, err := screen.Read(buf)
			total += n
			if err != nil {
				replies <- total
				return
			}
		}
	}()
	events := 0
	screen.SetCallbacks(vt.Callbacks{
		Bell:      func() { events++ },
		Title:     func(string) { events++ },
		IconName:  func(string) { events++ },
		AltScreen: func(bool) { events++ },
	})
	below := strings.Repeat("=", width+2)
	_, err := screen.WriteString("\x1b[2;1H" + below + "\x1b[1;1H" + s)
	require.NoError(t, err)
	at := screen.CursorPosition()
	assert.Equal(t, width, at.X, "cursor after %q", s)
	assert.Equal(t, 0, at.Y, "cursor after %q", s)
	_, err = screen.WriteString("|")
	require.NoError(t, err)
	cell := screen.CellAt(width, 0)
	require.NotNil(t, cell)
	assert.Equal(t, "|", cell.Content, "the next column after %q", s)
	for x := range width + 2 {
		assert.Equal(t, "=", screen.CellAt(x, 1).Content, "the line below %q at %d", s, x)
	}
	assert.Zero(t, events, "an event after %q", s)
	require.NoError(t, screen.InputPipe().(interface{ Close() error }).Close())
	assert.Zero(t, <-replies, "the terminal answered to %q", s)
}
