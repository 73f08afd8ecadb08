package ui

import "slices"

// Search marks what matches; an empty text ends the search. A bad pattern is
// reported and the last good search stays.
func (v *LogView) Search(source string) error {
	f, err := parseLineFilter(source)
	if err != nil {
		return err
	}
	line := v.topLine()
	v.filter, v.matches, v.scanned, v.hit, v.seek = f, nil, v.first, -1, -1
	v.generation++
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

// Scanned is what one step of the background search found.
type Scanned struct {
	generation uint64
	hits       []int
	next       int
}

// ScanStep returns the next step of the search, to be run outside the update
// loop and handed to Found; nil when all known lines have been searched.
func (v *LogView) ScanStep() func() Scanned {
	if v.filter == nil || v.scanned >= v.known {
		return nil
	}
	filter, from, generation, buffer := v.filter, v.scanned, v.generation, v.Buffer
	return func() Scanned {
		hits, next := buffer.Match(from, filter.matchLine)
		return Scanned{generation: generation, hits: hits, next: next}
	}
}

// Found takes a step's result. One of an earlier search is dropped.
func (v *LogView) Found(s Scanned) {
	if s.generation != v.generation || s.next <= v.scanned {
		return
	}
	v.matches = append(v.matches, s.hits...)
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
