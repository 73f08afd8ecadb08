package ui

import (
	"slices"
	"time"
)

// TimeMode is how a log view shows the time of a line.
type TimeMode int

// The modes, in the order in which the key goes through them.
const (
	TimeShort TimeMode = iota
	TimeFull
	TimeRelative
	TimeOff
	timeModes
)

// LogView shows a window of a LogBuffer. It follows the end until something
// moves it up; then it never moves by itself. It renders what is visible only.
type LogView struct {
	// Buffer is what is shown; Zone is where times are shown.
	Buffer *LogBuffer
	Zone   *time.Location
	Times  TimeMode
	// ShowSource names the source of each line.
	ShowSource bool
	// Labels gives the sources, as labels, this much room; they are dim.
	Labels int
	// Static is for text that does not grow: nothing is followed or counted.
	Static bool
	// Ended says that no more lines will come; Unfollowed that they do not come by
	// themselves.
	Ended, Unfollowed bool
	// Partial says that older lines exist than the first one here, and Loading
	// that they are being read.
	Partial, Loading bool
	// Wrap breaks long lines instead of running off the screen.
	Wrap bool
	// Pretty lays lines of JSON out over several rows.
	Pretty bool

	paused  bool
	first   int // lines that are gone from the buffer
	known   int // lines that the update loop has heard of
	grown   int // of these, what the last Sync brought
	pausedN int // known when the view was paused
	top     int // first visible entry
	sub     int // rows of it that are above the screen, when wrapping
	left    int
	width   int
	height  int

	filter  *Filter
	only    bool
	matches []int
	scanned int
	hit     int
	seek    int      // line that goes to the top when the search has passed it
	scan    *logScan // of the search in force

	hidden     int // lines before it were hidden when they were the last
	since      time.Time
	sinceLabel string
	sinceAt    int // first line that is not before since
	marks      []logMark
	markFrom   int // marks before it went with the hidden lines
	moved      int // how much later the lines stand than they first did

	// leveled says that a line was seen whose level stands in a field.
	leveled bool

	laid     map[int][]string
	laidRows int
}

// NewLogView shows a buffer and follows it.
func NewLogView(buffer *LogBuffer, zone *time.Location) *LogView {
	return &LogView{Buffer: buffer, Zone: zone, hit: -1, seek: -1}
}

// Sync takes note of lines that were appended; the owner calls it when its
// follower says that the buffer has grown.
func (v *LogView) Sync() {
	before := v.known
	v.known = v.Buffer.Len()
	if v.grown = v.known - before; v.Loading {
		v.pausedN = v.known // What comes is older; nothing of it is news.
	}
	if !v.since.IsZero() && v.sinceAt >= before {
		v.sinceAt = v.firstSince(v.sinceAt) // All lines until now were too old.
	}
	first := v.Buffer.Dropped()
	if first == v.first {
		return
	}
	lines := v.lines()
	gone, _ := slices.BinarySearch(v.matches, first)
	v.matches, v.first, v.scanned = v.matches[gone:], first, max(v.scanned, first)
	if v.top -= lines - v.lines(); v.top < 0 {
		v.top, v.sub = 0, 0
	}
	if v.hit < first {
		v.hit = -1
	}
}

// Turned reports whether the last Sync has left no row of the screen where it was.
func (v *LogView) Turned() bool { return v.Following() && v.height > 0 && v.grown >= v.height }

// Swap goes on with another buffer of the same log in which every line stands
// shift places later, and keeps the place. The old buffer is forgotten.
func (v *LogView) Swap(buffer *LogBuffer, shift int) error {
	old, line := v.Buffer, v.topLine()+shift
	v.Buffer, v.first, v.sinceAt, v.laid = buffer, 0, 0, nil
	v.Shift(shift)
	v.Sync()
	if !v.since.IsZero() {
		v.sinceAt = v.firstSince(v.first)
	}
	v.pausedN += shift
	if v.hit >= 0 {
		v.hit += shift
	}
	v.matches, v.scanned, v.seek = nil, v.first, -1
	v.newScan()
	if v.only && v.filter != nil {
		v.seek = line
	}
	v.goTo(line)
	return old.Close()
}

// entries is how many things the view runs over: its lines, and behind them the
// marks that no line has followed yet.
func (v *LogView) entries() int {
	lines := v.lines()
	if len(v.marksAbove(lines)) > 0 {
		return lines + 1
	}
	return lines
}

// index maps an entry that is a line to its place in the buffer.
func (v *LogView) index(entry int) int {
	if v.only && v.filter != nil {
		return v.found()[entry]
	}
	return v.start() + entry
}

// Following reports whether the view stays at the end.
func (v *LogView) Following() bool { return !v.paused && !v.Static }

// Follow goes to the end and stays there.
func (v *LogView) Follow() {
	v.paused, v.hit = false, -1
	v.toEnd()
}

// ToggleFollow switches following on or off.
func (v *LogView) ToggleFollow() {
	if v.paused {
		v.Follow()
		return
	}
	v.pause()
}

func (v *LogView) pause() {
	if !v.paused {
		v.paused, v.pausedN = true, v.known
	}
}

// Move scrolls by some rows. Any move up pauses; reaching the end resumes.
func (v *LogView) Move(by int) {
	down := by > 0
	if by < 0 {
		v.settle()
		v.pause()
	}
	v.up(-by)
	for ; by > 0 && !v.atEnd(); by-- {
		v.sub++
		if v.sub >= v.rows(v.top) {
			v.top, v.sub = v.top+1, 0
		}
	}
	if down && !v.Static && v.atEnd() {
		v.paused = false
	}
}

// up goes up by some rows.
func (v *LogView) up(rows int) {
	for ; rows > 0 && !v.AtTop(); rows-- {
		if v.sub > 0 {
			v.sub--
			continue
		}
		v.top--
		v.sub = v.rows(v.top) - 1
	}
}

// settle fixes where a following view stands before it is moved.
func (v *LogView) settle() {
	if !v.paused {
		v.toEnd()
	}
}

// Page scrolls by screens.
func (v *LogView) Page(by int) { v.Move(by * max(1, v.height-1)) }

// HalfPage scrolls by half screens.
func (v *LogView) HalfPage(by int) { v.Move(by * max(1, v.height/2)) }

// AtTop reports whether the first line is at the top of the screen.
func (v *LogView) AtTop() bool { return v.top == 0 && v.sub == 0 }

// Top goes to the first line.
func (v *LogView) Top() {
	v.pause()
	v.top, v.sub = 0, 0
}

// End goes to the last line; a log follows from there on.
func (v *LogView) End() { v.Follow() }

// Sideways scrolls the text by some cells.
func (v *LogView) Sideways(by int) { v.left = max(0, v.left+by) }

// CycleTimes goes to the next way of showing times.
func (v *LogView) CycleTimes() { v.Times = (v.Times + 1) % timeModes }

// ToggleWrap switches wrapping; the line at the top stays at the top.
func (v *LogView) ToggleWrap() { v.Wrap, v.sub, v.left = !v.Wrap, 0, 0 }

// rows is how many rows an entry takes.
func (v *LogView) rows(entry int) int {
	marks := len(v.marksAbove(entry))
	if entry >= v.lines() {
		return max(1, marks)
	}
	if !v.Wrap && !v.Pretty {
		return marks + 1
	}
	at := v.index(entry)
	line, ok := v.Buffer.Line(at)
	if !ok {
		return marks + 1
	}
	return marks + len(v.layout(at, line))
}

// toEnd puts the last row at the bottom.
func (v *LogView) toEnd() {
	v.top, v.sub = v.entries(), 0
	for room := v.height; room > 0 && v.top > 0; {
		n := v.rows(v.top - 1)
		v.top--
		if n > room {
			v.sub = n - room
		}
		room -= n
	}
}

// atEnd reports whether the last row is visible.
func (v *LogView) atEnd() bool {
	room := v.height + v.sub
	for entry := v.top; entry < v.entries(); entry++ {
		room -= v.rows(entry)
		if room < 0 {
			return false
		}
	}
	return true
}

// topLine is the line of the buffer at the top of the screen.
func (v *LogView) topLine() int {
	if v.top >= v.lines() {
		return v.known
	}
	return v.index(v.top)
}

// goTo puts a line of the buffer, or the next one that is shown, at the top, or
// as near to it as there are rows below.
func (v *LogView) goTo(line int) {
	if v.only && v.filter != nil {
		line, _ = slices.BinarySearch(v.found(), line)
	} else {
		line -= v.start()
	}
	v.top, v.sub = max(0, line), 0
	if v.height > 0 && v.atEnd() {
		v.toEnd()
	}
}
