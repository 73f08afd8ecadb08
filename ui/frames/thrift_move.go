package frames

import (
	"github.com/charmbracelet/x/ansi"
)

// reach brings the terminal's cursor to the renderer's, the shortest way.
func (t *thrift) reach() {
	if t.atX == t.x && t.atY == t.y {
		return
	}
	way := ansi.CursorPosition(t.x+1, t.y+1)
	for _, other := range []string{t.along(), t.below(), t.over()} {
		if other != "" && len(other) < len(way) {
			way = other
		}
	}
	t.out = append(t.out, way...)
	t.atX, t.atY = t.x, t.y
}

// sure reports whether relative movements lead where they should: at the margin
// terminals differ.
func (t *thrift) sure() bool { return t.atX != nowhere && t.atX < t.width }

// along is the way within a row.
func (t *thrift) along() string {
	switch {
	case t.atY != t.y || !t.sure():
		return ""
	case t.x > t.atX:
		return ansi.CursorForward(t.x - t.atX)
	}
	return ansi.CursorBackward(t.atX - t.x)
}

// below is the way to the next row.
func (t *thrift) below() string {
	if t.atX == nowhere || t.y != t.atY+1 {
		return ""
	}
	if t.x == 0 {
		return "\r\n"
	}
	return "\r\n" + ansi.CursorForward(t.x)
}

// over prints again what lies between, where the pen need not change for it.
func (t *thrift) over() string {
	const most = len("\x1b[99C")
	if t.atY != t.y || !t.sure() || t.x <= t.atX || t.x-t.atX >= most {
		return ""
	}
	text := ""
	for _, g := range t.cells[t.y*t.width+t.atX : t.y*t.width+t.x] {
		if g.text == "" || g.style != t.atPen && !g.style.Equal(t.atPen) {
			return ""
		}
		text += g.text
	}
	return text
}

// move is where the renderer moves its cursor to. It moves within the screen: a
// terminal would stop at its edge.
func (t *thrift) move(x, y int) {
	if t.lost || t.adrift {
		t.atX = nowhere
	}
	t.lost, t.adrift = false, false
	t.x, t.y = min(max(0, x), t.width-1), min(max(0, y), t.height-1)
}

// settled reports whether the renderer's cursor is known to be in a cell.
func (t *thrift) settled() bool { return !t.lost && !t.adrift && t.x < t.width }

// tab moves the cursor by tab stops, of which the renderer takes every eighth
// column to have one; false where it is not known from where.
func (t *thrift) tab(by int) bool {
	const every = 8
	if !t.settled() {
		return false
	}
	if by > 0 {
		t.move((t.x/every+by)*every, t.y)
	} else {
		t.move(((t.x+every-1)/every+by)*every, t.y)
	}
	return true
}

// shift moves the cursor from where it is; seq does so too.
func (t *thrift) shift(seq []byte, x, y int) {
	if !t.settled() {
		if t.x == t.width || y != 0 {
			t.lose()
		}
		t.verbatim(seq)
		t.x = min(t.x+max(0, x), t.width)
		return
	}
	t.move(t.x+x, t.y+y)
}

// newline is a line feed without a return before it: some terminals return at it.
func (t *thrift) newline() {
	if t.lost || t.y == t.height-1 {
		t.lose() // It scrolls.
		t.verbatim([]byte("\n"))
		return
	}
	if !t.adrift {
		t.reach()
	}
	t.verbatim([]byte("\n"))
	t.y++
	t.adrift, t.atY = true, t.y
}
