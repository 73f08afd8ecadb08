package form

import (
	"strings"

	"charm.land/lipgloss/v2"

	"fndeck/ui"
)

// piece is one grapheme cluster of a line that is being edited, as it is drawn.
type piece struct {
	text         string
	width, bytes int
}

// pieceAt returns the cluster at an offset that is inside the line.
func pieceAt(line string, at int) piece {
	n := clusterLen(line, at)
	if c := line[at]; n == 1 && c >= ' ' && c <= '~' {
		return piece{text: line[at : at+1], width: 1, bytes: 1}
	}
	text := ui.Clean(line[at : at+n])
	return piece{text: text, width: ui.Width(text), bytes: n}
}

// columnOf is the column at which the byte offset is drawn.
func columnOf(line string, offset int) int {
	x := 0
	for at := 0; at < offset; {
		p := pieceAt(line, at)
		x += p.width
		at += p.bytes
	}
	return x
}

// window is the part of a line that is visible.
type window struct {
	// left is the first visible column, width how many there are.
	left, width int
	// cursor is a byte offset, -1 for none.
	cursor int
	style  lipgloss.Style
}

// draw returns the visible part of a line, at most width cells. A cluster that
// the left edge cuts is left out, its cells blank, so that columns stay.
func (w window) draw(line string) string {
	var before, under, after strings.Builder
	target := &before
	x, end := 0, w.left+w.width
	for at := 0; at < len(line) && x < end; {
		p := pieceAt(line, at)
		text := p.text
		switch {
		case x+p.width <= w.left:
			text = ""
		case x < w.left || x+p.width > end:
			text = strings.Repeat(" ", max(min(x+p.width, end)-max(x, w.left), 0))
		}
		if at == w.cursor {
			under.WriteString(text)
			target = &after
		} else {
			target.WriteString(text)
		}
		x += p.width
		at += p.bytes
	}
	if w.cursor == len(line) && x >= w.left && x < end {
		under.WriteByte(' ')
	}
	return render(w.style, before.String()) + render(w.style.Reverse(true), under.String()) + render(w.style, after.String())
}

// render keeps an empty piece from costing escape sequences.
func render(style lipgloss.Style, text string) string {
	if text == "" {
		return ""
	}
	return style.Render(text)
}

// follow returns the first visible column that keeps the cursor in view. The
// line's beginning shows again as soon as the cursor allows it.
func follow(left, cursor, width int) int {
	switch {
	case cursor < width:
		return 0
	case cursor < left:
		return max(cursor-width/4, 0)
	case cursor >= left+width:
		return cursor - width + 1 + width/4
	}
	return left
}
