package form

import (
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// buffer is text while it is edited. It keeps every byte it was given: what the
// screen cannot show is made visible when it is drawn, never changed here. That
// is why the ready-made text area of the toolkit is not used: it turns tabs to
// spaces, doubles CR LF and drops control characters, so that what was typed
// would not be what is sent.
//
// The zero value is an empty text.
type buffer struct {
	lines []string
	row   int
	// col is a byte offset in the row, always between two grapheme clusters.
	col int
	// goal is the column in cells that moving up and down tries to keep, 0 if
	// the last move was sideways.
	goal int
	size int
}

func newBuffer(text string) buffer {
	b := buffer{lines: strings.Split(text, "\n"), size: len(text)}
	b.bottom()
	return b
}

func (b *buffer) value() string { return strings.Join(b.lines, "\n") }

// around is the text before and behind the cursor.
func (b *buffer) around() (before, after string) {
	line := b.line()
	before = strings.Join(append(b.lines[:b.row:b.row], line[:b.col]), "\n")
	return before, strings.Join(append([]string{line[b.col:]}, b.lines[b.row+1:]...), "\n")
}

func (b *buffer) line() string {
	if len(b.lines) == 0 {
		b.lines = []string{""}
	}
	return b.lines[b.row]
}

// insert puts text at the cursor and moves behind it.
func (b *buffer) insert(text string) {
	line := b.line()
	head, tail := line[:b.col], line[b.col:]
	parts := strings.Split(text, "\n")
	b.size += len(text)
	b.goal = 0
	if len(parts) == 1 {
		b.lines[b.row] = head + text + tail
		b.col = len(head) + len(text)
		b.settle()
		return
	}
	last := len(parts) - 1
	end := len(parts[last])
	parts[0] = head + parts[0]
	parts[last] += tail
	rest := append(parts, b.lines[b.row+1:]...)
	b.lines = append(b.lines[:b.row:b.row], rest...)
	b.row, b.col = b.row+last, end
	b.settle()
}

// settle moves the cursor to the next cluster boundary: an inserted combining
// mark joins the cluster before it, and the cursor must not stand inside.
func (b *buffer) settle() {
	line := b.line()
	if b.col >= len(line) || line[b.col] < utf8.RuneSelf && (b.col == 0 || line[b.col-1] < utf8.RuneSelf) {
		return
	}
	for at := 0; ; {
		if at >= b.col {
			b.col = at
			return
		}
		at += clusterLen(line, at)
	}
}

// cut removes bytes of the cursor's line and leaves the cursor in their place.
func (b *buffer) cut(from, to int) {
	line := b.line()
	b.lines[b.row] = line[:from] + line[to:]
	b.size -= to - from
	b.col, b.goal = from, 0
	b.settle()
}

func (b *buffer) joinNext() {
	if b.row+1 >= len(b.lines) {
		return
	}
	b.lines[b.row] = b.line() + b.lines[b.row+1]
	b.lines = append(b.lines[:b.row+1:b.row+1], b.lines[b.row+2:]...)
	b.size--
	b.goal = 0
	b.settle()
}

func (b *buffer) backspace() {
	switch {
	case b.col > 0:
		b.cut(clusterStart(b.line(), b.col), b.col)
	case b.row > 0:
		b.row--
		b.col = len(b.lines[b.row])
		b.joinNext()
	}
}

func (b *buffer) deleteForward() {
	if line := b.line(); b.col < len(line) {
		b.cut(b.col, b.col+clusterLen(line, b.col))
		return
	}
	b.joinNext()
}

func (b *buffer) deleteWord() {
	if b.col == 0 {
		b.backspace()
		return
	}
	b.cut(wordStart(b.line(), b.col), b.col)
}

func (b *buffer) left() {
	b.goal = 0
	switch {
	case b.col > 0:
		b.col = clusterStart(b.line(), b.col)
	case b.row > 0:
		b.row--
		b.col = len(b.lines[b.row])
	}
}

func (b *buffer) right() {
	b.goal = 0
	switch line := b.line(); {
	case b.col < len(line):
		b.col += clusterLen(line, b.col)
	case b.row+1 < len(b.lines):
		b.row, b.col = b.row+1, 0
	}
}

func (b *buffer) home() { b.col, b.goal = 0, 0 }
func (b *buffer) end()  { b.col, b.goal = len(b.line()), 0 }

func (b *buffer) bottom() {
	b.line()
	b.row = len(b.lines) - 1
	b.end()
}

// vertical moves by lines and keeps the column, as far as the lines allow.
func (b *buffer) vertical(delta int) {
	if line := b.line(); b.goal == 0 {
		b.goal = columnOf(line, b.col)
	}
	b.row = min(max(b.row+delta, 0), len(b.lines)-1)
	line := b.lines[b.row]
	b.col = 0
	for x := 0; b.col < len(line) && x < b.goal; {
		piece := pieceAt(line, b.col)
		x += piece.width
		b.col += piece.bytes
	}
}

// edit applies the keys that change or walk a single line; it reports whether
// it knew the key.
func (b *buffer) edit(key tea.KeyPressMsg) bool {
	b.line()
	switch key.String() {
	case "left":
		b.left()
	case "right":
		b.right()
	case "ctrl+left", "alt+left", "alt+b":
		b.col, b.goal = wordStart(b.line(), b.col), 0
	case "ctrl+right", "alt+right", "alt+f":
		b.col, b.goal = wordEnd(b.line(), b.col), 0
	case "home":
		b.home()
	case "end", "ctrl+e":
		b.end()
	case "backspace", "ctrl+h":
		b.backspace()
	case "delete", "ctrl+d":
		b.deleteForward()
	case "ctrl+w", "alt+backspace":
		b.deleteWord()
	case "ctrl+k":
		b.cut(b.col, len(b.line()))
	case "ctrl+u":
		*b = newBuffer("")
	default:
		if !types(key) {
			return false
		}
		b.insert(key.Text)
	}
	return true
}

// types reports whether a key puts text in.
func types(key tea.KeyPressMsg) bool {
	return key.Text != "" && key.Mod&(tea.ModCtrl|tea.ModAlt) == 0
}

// pasted is a paste as it was copied: terminals send a line's end as CR.
func pasted(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// clusterLen is the length in bytes of the cluster that starts at an offset.
func clusterLen(line string, at int) int {
	if line[at] < utf8.RuneSelf && (at+1 == len(line) || line[at+1] < utf8.RuneSelf) {
		return 1
	}
	cluster, _ := ansi.FirstGraphemeCluster(line[at:], ansi.GraphemeWidth)
	return max(len(cluster), 1)
}

// clusterStart is where the cluster before an offset begins.
func clusterStart(line string, before int) int {
	if before <= 1 {
		return 0
	}
	if line[before-1] < utf8.RuneSelf && line[before-2] < utf8.RuneSelf {
		return before - 1
	}
	start := 0
	for at := 0; at < before; {
		start = at
		at += clusterLen(line, at)
	}
	return start
}

func wordStart(line string, at int) int {
	head := strings.TrimRight(line[:at], " \t")
	return strings.LastIndexAny(head, " \t/\"") + 1
}

func wordEnd(line string, at int) int {
	rest := line[at:]
	skipped := len(rest) - len(strings.TrimLeft(rest, " \t/\""))
	if n := strings.IndexAny(rest[skipped:], " \t/\""); n >= 0 {
		return at + skipped + n
	}
	return len(line)
}
