package ui

import (
	"slices"
	"sync/atomic"
	"time"
)

// Search marks what matches; an empty text ends the search. A bad pattern is
// reported and the last good search stays.
func (v *LogView) Search(source string) error {
	f, err := parseLineFilter(source)
	if err != nil {
		return err
	}
	line := v.topLine()
	v.filter, v.matches, v.scanned, v.hit, v.seek = f, nil, v.first, -1, -1
	v.newScan()
	v.only = v.only && f != nil
	v.goTo(line)
	return nil
}

// Searched returns the text of the search in force.
func (v *LogView) Searched() string { return v.filter.String() }

// OnlyMatches reports whether the other lines are left out.
func (v *LogView) OnlyMatches() bool { return v.only && v.filter != nil }

// ToggleOnly hides the lines that do not match, or shows them again.
func (v *LogView) ToggleOnly() { v.ShowOnly(!v.only) }

// ShowOnly hides the lines that do not match, or shows them.
func (v *LogView) ShowOnly(only bool) {
	line := v.topLine()
	if v.hit >= 0 {
		line = v.hit
	}
	v.only = only && v.filter != nil
	v.goTo(line)
}

// A step of a search ends after so long, or so many pieces of the log, whichever
// comes first: it is followed by a frame that shows how far the search is.
const (
	scanLength = 30 * time.Millisecond
	scanPieces = 16
)

// logScan is one search of a log, as its steps know it.
type logScan struct {
	// replaced says that nobody waits for the search any more, running that a step
	// is being done.
	replaced, running atomic.Bool
}

// newScan ends the search in force, also within its step, and begins another.
func (v *LogView) newScan() {
	if v.scan != nil {
		v.scan.replaced.Store(true)
	}
	v.scan = &logScan{}
}

// Scanned is what one step of the background search found.
type Scanned struct {
	scan *logScan
	hits []int
	next int
}

// ScanStep returns the next step of the search, to be run outside the update
// loop and handed to Found; nil when all known lines have been searched, or while
// a step is running.
func (v *LogView) ScanStep() func() Scanned {
	if v.filter == nil || v.scanned >= v.known || !v.scan.running.CompareAndSwap(false, true) {
		return nil
	}
	scan, filter, from, known, buffer := v.scan, v.filter, v.scanned, v.known, v.Buffer
	return func() Scanned {
		defer scan.running.Store(false)
		var late atomic.Bool
		timer := time.AfterFunc(scanLength, func() { late.Store(true) })
		defer timer.Stop()
		found := Scanned{scan: scan, next: from}
		search := filter.search()
		for range scanPieces {
			hits, next := buffer.search(found.next, search)
			found.hits = append(found.hits, hits...)
			done := next == found.next || next >= known
			found.next = next
			if done || late.Load() || scan.replaced.Load() {
				break
			}
		}
		return found
	}
}

// Found takes a step's result. One of an earlier search is dropped.
func (v *LogView) Found(s Scanned) {
	if s.scan != v.scan || s.next <= v.scanned {
		return
	}
	fresh, _ := slices.BinarySearch(s.hits, v.scanned) // Lines may have gone meanwhile.
	v.matches = append(v.matches, s.hits[fresh:]...)
	v.scanned = s.next
	if v.seek >= 0 && v.scanned > v.seek {
		v.goTo(v.seek)
		v.seek = -1
	}
}

// Step goes to the next match (1) or the previous one (-1), and reports whether
// there was one.
func (v *LogView) Step(by int) bool {
	from, matches := v.hit, v.found()
	if n := v.lines(); from < 0 && n > 0 {
		v.settle()
		from = v.index(min(v.top, n-1)) - by
	}
	at, exact := slices.BinarySearch(matches, from)
	if by > 0 && exact {
		at++
	}
	if by < 0 {
		at--
	}
	if at < 0 || at >= len(matches) {
		return false
	}
	v.hit = matches[at]
	v.pause()
	v.goTo(v.hit)
	v.up(v.height / 2)
	return true
}
