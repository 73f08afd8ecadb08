package frames

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/charmbracelet/x/vt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pair is a terminal that gets everything and one that gets what thrift leaves.
type pair struct {
	t           *testing.T
	thrift      *thrift
	whole, kept *vt.Emulator
	sent, spent int
}

func newPair(t *testing.T, width, height int) *pair {
	t.Helper()
	p := &pair{t: t, thrift: newThrift(), whole: vt.NewEmulator(width, height), kept: vt.NewEmulator(width, height)}
	p.thrift.resize(width, height)
	return p
}

// write writes a frame to both and compares what they show.
func (p *pair) write(frame string) {
	p.t.Helper()
	left := p.thrift.spare([]byte(frame))
	_, _ = p.whole.WriteString(frame) // An emulator takes everything.
	_, _ = p.kept.Write(left)
	p.sent, p.spent = p.sent+len(frame), p.spent+len(left)
	require.Equal(p.t, p.whole.Render(), p.kept.Render(), "after %q, of which was left %q", frame, left)
	require.Equal(p.t, p.whole.CursorPosition(), p.kept.CursorPosition(), "after %q, of which was left %q", frame, left)
}

func TestWhatTheTerminalShowsIsNotSentAgain(t *testing.T) {
	p := newPair(t, 60, 5)
	row := func(y int, id, took string) string {
		return fmt.Sprintf("\x1b[%d;1H\x1b[31m%s\x1b[m  function-000001  manual  \x1b[32m%s\x1b[m", y, id, took)
	}
	p.write("\x1b[H\x1b[2J" + row(2, "1001", "15ms") + row(3, "1002", "16ms"))
	before := p.spent
	p.write(row(2, "1003", "15ms") + row(3, "1002", "17ms"))
	assert.LessOrEqual(t, p.spent-before, len("\x1b[2;4H\x1b[31m3\x1b[3;33H\x1b[32m7\x1b[m")+len("\x1b[3;36H"))
	before = p.spent
	p.write("\x1b[4;1H\x1b[20X\x1b[5;1H\x1b[K\x1b[3;36H")
	assert.Equal(t, before, p.spent, "they were blank")
}

func TestASequenceThatIsNotFollowedIsPassedOnAndForgottenAbout(t *testing.T) {
	for _, seq := range []string{
		"\x1b[2L", "\x1b[2M", "\x1b[2S", "\x1b[T", "\x1bM", "\x1b[2;4r\x1b[4;1H\n\x1b[r", "\x1b[2P", "\x1b[3@", "\x1b[1K", "\x1b[2K", "\x1b[1J",
		"\x1b[3;1H\x1b[J", "\x1b[41m\x1b[5X\x1b[m", "\x1b[41m\x1b[K\x1b[m", "\x1b[5;1H\n", "\x1b[5;1H\r\n", "\x1b[?1049h", "\x1b[1;20Hover the edge", "\x1b[2;24H函", "\x1bc",
	} {
		p := newPair(t, 24, 5)
		page := ""
		for y := 1; y <= 5; y++ {
			page += fmt.Sprintf("\x1b[%d;1H\x1b[3%dmrow %d of the page\x1b[m", y, y, y)
		}
		p.write("\x1b[H\x1b[2J" + page)
		p.write("\x1b[2;3H" + seq)
		p.write("a\x1b[Cb")
		p.write(page)
		p.write(strings.ReplaceAll(page, "page", "leaf"))
	}
}

func TestAClearedScreenIsDrawnAnewWhereverTheCursorWas(t *testing.T) {
	p := newPair(t, 24, 5)
	p.write("\x1b[H\x1b[2Jone\x1b[H")
	_, _ = p.kept.WriteString("\x1b[3;3Hwritten by another program")
	p.write("\x1b[H\x1b[2Jone\x1b[2;1Htwo")
}

func TestALinkIsNotTakenForTheTextThatItWas(t *testing.T) {
	p := newPair(t, 24, 5)
	p.write("\x1b[Htext")
	p.write("\x1b]8;;http://host/\x1b\\\x1b[Htext\x1b]8;;\x1b\\")
	p.write("\x1b[Htext")
}

// piece is one of the things that a renderer says, and some that it does not.
func piece(random *rand.Rand, width, height int) string {
	n := func(most int) int { return 1 + random.IntN(most) }
	switch random.IntN(22) {
	case 0, 1, 2, 3:
		return fmt.Sprintf("\x1b[%d;%dH", n(height), n(width))
	case 4:
		return fmt.Sprintf("\x1b[%dC", n(9))
	case 5:
		return fmt.Sprintf("\x1b[%dD", n(9))
	case 6:
		return fmt.Sprintf("\x1b[%d%c", n(3), "AB"[random.IntN(2)])
	case 7:
		return "\r\n"
	case 8:
		return []string{"\r", "\b", "\t", "\n"}[random.IntN(4)]
	case 9:
		return fmt.Sprintf("\x1b[%dX", n(width))
	case 10:
		return "\x1b[K"
	case 11:
		return fmt.Sprintf("x\x1b[%db", n(9))
	case 12:
		return fmt.Sprintf("\x1b[%d%c", n(min(width, height)), "GdIZ"[random.IntN(4)])
	case 13, 14:
		return []string{"\x1b[m", "\x1b[1m", "\x1b[31m", "\x1b[38;5;102m", "\x1b[44m", "\x1b[22;39m", "\x1b[4:3;58;5;9m", "\x1b[7m"}[random.IntN(8)]
	case 15:
		return []string{"函数", "👩‍🚀", "e\u0301", "…", "✓", "▁▂▃"}[random.IntN(6)]
	case 16:
		return []string{"\x1b[J", "\x1b[2J", "\x1b[H\x1b[2J", "\x1b[2L", "\x1b[M", "\x1b[3P", "\x1b[S"}[random.IntN(7)]
	}
	return []string{"same", "text", "of the row", "  ", "a", "text of the page"}[random.IntN(6)]
}

func FuzzScreensStayEqualWhateverIsSaid(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 1))
		width, height := 10+random.IntN(30), 3+random.IntN(6)
		p := newPair(t, width, height)
		for range 40 {
			var frame strings.Builder
			for range 1 + random.IntN(25) {
				frame.WriteString(piece(random, width, height))
			}
			p.write(frame.String())
		}
	})
}
