package frames

import (
	"slices"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// thrift leaves out of what the renderer says what the terminal shows already. The
// renderer (ultraviolet of August 2026) writes a row from the first cell that has
// changed to the last, with all that lies between and its colours; thrift goes over
// the cells that stay. It follows the few sequences that a frame consists of. What
// it does not know goes through as it is, and makes it forget what it knew.
type thrift struct {
	width, height int
	cells         []glyph

	// The renderer's cursor and pen. Its column is the width behind the last cell.
	x, y int
	pen  *uv.Style
	last string // what was printed last
	// lost says that nothing is known of the cursor, adrift that its column is at
	// most x: then the terminal's own is where the renderer's is.
	lost, adrift bool
	linked       bool // what is printed is part of a link

	// The terminal's cursor and pen; an atX of nowhere is not known.
	atX, atY int
	atPen    *uv.Style

	out    []byte
	parser *ansi.Parser
}

// glyph is what a cell shows; the zero value is not known.
type glyph struct {
	text  string
	style *uv.Style
}

const nowhere = -1

// plain is the pen without any style.
func plain() *uv.Style { return &uv.Style{} }

func newThrift() *thrift {
	return &thrift{lost: true, pen: plain(), atPen: plain(), parser: ansi.NewParser()}
}

// resize forgets everything and goes on with another size.
func (t *thrift) resize(width, height int) {
	t.width, t.height, t.cells = width, height, make([]glyph, max(0, width*height))
	t.forget()
}

// forget is for when somebody else may have written.
func (t *thrift) forget() {
	clear(t.cells)
	t.lost = true
}

// spare returns what has to be written of what the renderer wrote. It is good
// until the next call.
func (t *thrift) spare(p []byte) []byte {
	t.out = t.out[:0]
	for len(p) > 0 {
		p = p[t.take(p):]
	}
	if !t.lost && !t.adrift {
		t.reach() // Whoever writes next finds the cursor where the renderer has it.
	}
	t.draw()
	return t.out
}

// at is the cell under the renderer's cursor.
func (t *thrift) at() *glyph { return &t.cells[t.y*t.width+t.x] }

// shows reports whether the next n cells show a text in the pen's style.
func (t *thrift) shows(text string, style *uv.Style, n int) bool {
	at := t.y*t.width + t.x
	return !slices.ContainsFunc(t.cells[at:at+n], func(g glyph) bool {
		return g.text != text || g.style != style && !g.style.Equal(style)
	})
}

// put prints a text of one cell, n times.
func (t *thrift) put(text string, n int) {
	if !t.lost && t.x+n > t.width {
		t.lose() // It wraps, or does not.
	}
	if t.lost || t.adrift {
		t.verbatim([]byte(strings.Repeat(text, n)))
		t.forgetRow()
		t.x += n
		return
	}
	// The last cell is always printed: it leaves the cursor in a place of its own.
	if !t.linked && t.x+n < t.width && t.shows(text, t.pen, n) {
		t.x += n
		return
	}
	t.reach()
	t.draw()
	t.out = append(t.out, text...)
	if repeat := ansi.RepeatPreviousCharacter(n - 1); n > 1 && len(repeat) < (n-1)*len(text) {
		t.out = append(t.out, repeat...)
	} else {
		for range n - 1 {
			t.out = append(t.out, text...)
		}
	}
	g := glyph{text, t.pen}
	if t.linked {
		g = glyph{}
	}
	for range n {
		*t.at() = g
		t.x++
	}
	t.atX = t.x
}

// blank clears n cells, which seq does.
func (t *thrift) blank(seq []byte, n int) {
	if !t.settled() {
		t.verbatim(seq)
		t.forgetRow()
		return
	}
	n = min(n, t.width-t.x)
	if t.pen.Bg == nil && t.shows(" ", plain(), n) {
		return
	}
	t.reach()
	t.verbatim(seq)
	g := glyph{" ", plain()}
	if t.pen.Bg != nil {
		g = glyph{} // Terminals differ in what colour that is.
	}
	at := t.y*t.width + t.x
	for i := range n {
		t.cells[at+i] = g
	}
}

// verbatim passes on what does not depend on what was left out before.
func (t *thrift) verbatim(seq []byte) {
	t.draw()
	t.out = append(t.out, seq...)
}

// lose forgets everything before something that is not followed.
func (t *thrift) lose() {
	if !t.lost && !t.adrift {
		t.reach()
	}
	t.adrift = false
	t.forget()
}

// forgetRow forgets the row of a cursor whose column is not known.
func (t *thrift) forgetRow() {
	if !t.lost {
		clear(t.cells[t.y*t.width : (t.y+1)*t.width])
	}
}

// draw gives the terminal the renderer's pen.
func (t *thrift) draw() {
	t.out = append(t.out, uv.StyleDiff(t.atPen, t.pen)...)
	t.atPen = t.pen
}
