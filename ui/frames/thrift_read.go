package frames

import (
	"bytes"
	"strings"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// linkOpens is how a link begins; one to nowhere ends it (OSC 8).
const linkOpens = "\x1b]8;"

// take follows what stands first in p and returns its length.
func (t *thrift) take(p []byte) int {
	c := p[0]
	if c >= ' ' && c <= '~' && (len(p) == 1 || p[1] < utf8.RuneSelf) {
		t.print(string(c))
		return 1
	}
	if c >= ' ' && c <= '~' || c >= utf8.RuneSelf && utf8.RuneStart(c) {
		return t.character(p)
	}
	switch {
	case bytes.HasPrefix(p, []byte("\r\n")) && !t.lost && t.y < t.height-1:
		t.move(0, t.y+1)
		return len("\r\n")
	case c == '\r' && !t.lost:
		t.move(0, t.y)
		return 1
	case c == '\n':
		t.newline()
		return 1
	case c == '\b' && !t.lost:
		t.shift(p[:1], -1, 0)
		return 1
	case c == '\t' && t.tab(1):
		return 1
	}
	seq, _, n, state := ansi.DecodeSequence(p, ansi.NormalState, t.parser)
	switch {
	case state != ansi.NormalState: // It goes on in the next write.
		t.lose()
		t.verbatim(p)
		return len(p)
	case !bytes.HasPrefix(seq, []byte("\x1b[")) || !t.command(seq):
		t.unknown(seq)
	}
	return n
}

// character follows a character that is not ASCII, or has marks that are not, and
// returns its length.
func (t *thrift) character(p []byte) int {
	seq, width := ansi.FirstGraphemeCluster(p, ansi.GraphemeWidth)
	switch {
	case width == 1:
		t.print(string(seq))
	case width > 1:
		t.wide(seq)
	default:
		t.unknown(seq)
	}
	return len(seq)
}

func (t *thrift) print(text string) {
	t.last = text
	t.put(text, 1)
}

// wide is for a text of several cells. Terminals do not agree on how many, so the
// rest of the row is left to them.
func (t *thrift) wide(seq []byte) {
	const each = 2 // No character takes more.
	most := t.x + each*utf8.RuneCount(seq)
	switch {
	case t.lost:
	case most > t.width:
		t.lose()
	case !t.adrift:
		t.reach()
		t.adrift = true
	}
	t.x = most
	t.verbatim(seq)
	t.forgetRow()
}

func (t *thrift) unknown(seq []byte) {
	t.lose()
	t.verbatim(seq)
	if rest, ok := strings.CutPrefix(string(seq), linkOpens); ok {
		_, url, _ := strings.Cut(rest, ";")
		t.linked = strings.Trim(url, "\a\x1b\\") != ""
	}
}

// command follows a control sequence; false if it is none of those that are
// known.
func (t *thrift) command(seq []byte) bool {
	cmd := ansi.Cmd(t.parser.Command())
	param := func(i, standard int) int {
		n, _, ok := t.parser.Params().Param(i, standard)
		if !ok {
			return standard
		}
		return n
	}
	count := max(1, param(0, 1))
	switch {
	case cmd.Prefix() == '?':
		return (cmd.Final() == 'h' || cmd.Final() == 'l') && t.mode(seq, param(0, 0))
	case cmd.Prefix() != 0 || cmd.Intermediate() != 0:
		return false
	}
	switch cmd.Final() {
	case 'm':
		pen := *t.pen
		uv.ReadStyle(t.parser.Params(), &pen)
		t.pen = &pen
	case 'H':
		if len(t.cells) == 0 {
			return false
		}
		t.move(max(1, param(1, 1))-1, count-1)
	case 'A':
		t.shift(seq, 0, -count)
	case 'B':
		t.shift(seq, 0, count)
	case 'C':
		t.shift(seq, count, 0)
	case 'D':
		t.shift(seq, -count, 0)
	case 'G', '`':
		if t.lost {
			return false
		}
		t.move(count-1, t.y)
	case 'd':
		if !t.settled() {
			return false
		}
		t.move(t.x, count-1)
	case 'I':
		return t.tab(count)
	case 'Z':
		return t.tab(-count)
	case 'b':
		if t.last == "" {
			return false
		}
		t.put(t.last, count)
	case 'X':
		t.blank(seq, count)
	case 'K':
		if param(0, 0) != 0 || t.x == t.width {
			return false
		}
		t.blank(seq, t.width-t.x)
	case 'J':
		return t.erase(seq, param(0, 0))
	default:
		return false
	}
	return true
}

// mode passes on those modes that neither move nor draw: wrapping, which matters
// at the margin only, whether the cursor is seen, and synchronised output.
func (t *thrift) mode(seq []byte, mode int) bool {
	if mode != 7 && mode != 25 && mode != 2026 {
		return false
	}
	t.out = append(t.out, seq...)
	return true
}

// erase clears the whole screen from its beginning, which is also how an operator gets rid of what
// another program has left: the cursor may not be where it should.
func (t *thrift) erase(seq []byte, what int) bool {
	whole := (what == 0 || what == 2) && t.x == 0 && t.y == 0
	if !whole || t.lost || t.adrift || t.pen.Bg != nil {
		return false
	}
	t.atX = nowhere
	t.reach()
	t.verbatim(seq)
	for i := range t.cells {
		t.cells[i] = glyph{" ", plain()}
	}
	return true
}
