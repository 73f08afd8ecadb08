package ui

import "os"

// scanBytes is how much of a log one step of a search reads.
const scanBytes = 1 << 20

// Match returns the lines from a place on whose text match, and where to go on:
// it reads about a megabyte, so that a search can stop between its steps. A line
// is searched whole, however long.
func (b *LogBuffer) Match(from int, match func(text []byte) bool) (hits []int, next int) {
	b.mu.Lock()
	from = max(from, b.dropped())
	kept := b.chunk(from)
	if kept == nil {
		b.mu.Unlock()
		return nil, from
	}
	c := *kept
	b.mu.Unlock()
	// Stored bytes and their ends never change, so no lock is held while reading.
	first := from - c.first
	last := first + 1
	for last < len(c.ends) && c.ends[last]-c.start(first) <= scanBytes {
		last++
	}
	base := c.start(first)
	if c.file != nil && c.ends[last-1]-base > scanBytes {
		if matchLong(c.file, base+recordHead, c.ends[first], match) {
			hits = []int{from}
		}
		return hits, c.first + last
	}
	text := c.memory
	if c.file == nil {
		base = 0
	} else {
		text = make([]byte, c.ends[last-1]-base)
		if _, err := c.file.ReadAt(text, base); err != nil {
			return nil, c.first + last // Dropped meanwhile, or the disk is at fault.
		}
	}
	for i := first; i < last; i++ {
		if match(text[c.start(i)-base+recordHead : c.ends[i]-base]) {
			hits = append(hits, c.first+i)
		}
	}
	return hits, c.first + last
}

// scanOverlap joins the pieces of a long line: a match that is longer than this
// and lies across two pieces is not found.
const scanOverlap = 4 << 10

// matchLong searches one stored line piece by piece, so that a line of hundreds
// of megabytes takes one piece of memory.
func matchLong(file *os.File, from, to int64, match func(text []byte) bool) bool {
	piece := make([]byte, scanBytes)
	for ; from < to; from += scanBytes - scanOverlap {
		n, err := file.ReadAt(piece[:min(scanBytes, to-from)], from)
		if err != nil {
			return false
		}
		if match(piece[:n]) {
			return true
		}
	}
	return false
}
