package ui

import (
	"slices"
	"sort"
	"time"
)

// marksMost bounds the marks of a log: of more, the oldest go.
const marksMost = 100

// logMark is a rule that the operator has put into the log. It stands above a
// line, which need not have come yet.
type logMark struct {
	line int
	at   time.Time
}

// start is the first line that is shown: older ones are gone or hidden.
func (v *LogView) start() int { return min(max(v.first, v.hidden, v.sinceAt), v.known) }

// lines is how many lines the view runs over.
func (v *LogView) lines() int {
	if v.only && v.filter != nil {
		return len(v.found())
	}
	return v.known - v.start()
}

// found are the matches among the lines that are shown.
func (v *LogView) found() []int {
	at := 0
	if start := v.start(); start > v.first {
		at, _ = slices.BinarySearch(v.matches, start)
	}
	return v.matches[at:]
}

// Limited reports whether lines are hidden that are older than what is shown.
func (v *LogView) Limited() bool { return v.hidden > 0 || !v.since.IsZero() }

// ToggleHidden hides every line so far and goes on with what comes, or shows
// again what it has hidden.
func (v *LogView) ToggleHidden() {
	if v.hidden > 0 {
		v.keep(func() { v.hidden, v.markFrom = 0, 0 })
		return
	}
	v.hidden, v.markFrom = v.known, len(v.marks)
	v.Follow()
}

// ShowAll shows again whatever is hidden.
func (v *LogView) ShowAll() { v.Since(time.Time{}, "") }

// Since hides the lines before a time, which is called label in the foot, and
// shows again what else was hidden; the zero time hides none. Lines without a
// time go with the one before them.
func (v *LogView) Since(at time.Time, label string) {
	v.keep(func() {
		v.hidden, v.markFrom = 0, 0
		v.setSince(at, label)
	})
}

func (v *LogView) setSince(at time.Time, label string) {
	v.since, v.sinceLabel, v.sinceAt = at, label, 0
	if !at.IsZero() {
		v.sinceAt = v.firstSince(v.first)
	}
}

// LogPlace is where a view stands and what it hides.
type LogPlace struct {
	line, hidden, markFrom, pausedN, moved int
	paused                                 bool
	since                                  time.Time
	label                                  string
}

// Place is where the view is now, to return to.
func (v *LogView) Place() LogPlace {
	return LogPlace{v.topLine(), v.hidden, v.markFrom, v.pausedN, v.moved, v.paused, v.since, v.sinceLabel}
}

// Return goes back to a place.
func (v *LogView) Return(p LogPlace) {
	moved := v.moved - p.moved // Older lines may have come since.
	if v.hidden = p.hidden; p.hidden > 0 {
		v.hidden += moved
	}
	v.markFrom, v.paused, v.pausedN = p.markFrom, p.paused, p.pausedN+moved
	v.setSince(p.since, p.label)
	v.goTo(p.line + moved)
}

// Begin is the time before which lines are hidden, zero if none is set.
func (v *LogView) Begin() time.Time { return v.since }

// Shown is how many lines the view runs over.
func (v *LogView) Shown() int { return v.lines() }

// nothing says why there is no line to show, "" if nothing is hidden.
func (v *LogView) nothing() string {
	switch {
	case v.hidden > 0:
		return "Nothing has come since the rest was hidden."
	case !v.since.IsZero():
		return "No lines since " + v.since.In(v.Zone).Format("15:04:05") + "."
	}
	return ""
}

// keep changes what is shown and keeps the line at the top.
func (v *LogView) keep(change func()) {
	line := v.topLine()
	change()
	v.goTo(line)
}

// firstSince is the first line from a place on that is not too old. Lines come
// in the order of their times, so a few of them are looked at.
func (v *LogView) firstSince(from int) int {
	return from + sort.Search(v.known-from, func(i int) bool { return !v.timeOf(from + i).Before(v.since) })
}

// timeOf is the time of a line, or of the one before that has one.
func (v *LogView) timeOf(line int) time.Time {
	const most = 64 // A longer run of lines without a time is older than any.
	for at := line; at >= max(v.first, line-most); at-- {
		if stamp := v.Buffer.Time(at); !stamp.IsZero() {
			return stamp
		}
	}
	return time.Time{}
}

// Oldest is the time of the first line that is there, hidden or not; zero if it
// has none.
func (v *LogView) Oldest() time.Time { return v.Buffer.Time(v.first) }

// PutMark puts a rule with a time behind the last line.
func (v *LogView) PutMark(now time.Time) {
	if v.marks = append(v.marks, logMark{line: v.known, at: now}); len(v.marks) > marksMost {
		v.marks = v.marks[1:]
		v.markFrom = max(0, v.markFrom-1)
	}
}

// Shift says that every line stands some places later than it did.
func (v *LogView) Shift(by int) {
	for i := range v.marks {
		v.marks[i].line += by
	}
	if v.hidden > 0 {
		v.hidden += by
	}
	v.moved += by
}

// marksAbove are the marks over an entry; over the one behind the last line,
// those that no line has followed yet.
func (v *LogView) marksAbove(entry int) []logMark {
	if v.markFrom >= len(v.marks) {
		return nil
	}
	from, last := v.start(), entry >= v.lines()
	if entry > 0 {
		from = v.index(entry-1) + 1
	}
	var found []logMark
	for _, mark := range v.marks[v.markFrom:] {
		if mark.line >= from && (last || mark.line <= v.index(entry)) && !mark.at.Before(v.since) {
			found = append(found, mark)
		}
	}
	return found
}
