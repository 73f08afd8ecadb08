package ui

import (
	"encoding/binary"
	"os"
)

// scanBytes is how much of a log one step of a search reads.
const scanBytes = 1 << 20

// LineMatch judges a line by its source, its beginning, and its text or a piece
// of that.
type LineMatch func(source string, head, text []byte) bool

// Match returns the lines from a place on whose text match, and where to go on:
// it reads about a megabyte, so that a search can stop between its steps. A line
// is searched whole, however long.
func (b *LogBuffer) Match(from int, match LineMatch) (hits []int, next int) {
	b.mu.Lock()
	from = max(from, b.dropped())
	kept := b.chunk(from)
	if kept == nil {
		b.mu.Unlock()
		return nil, from
	}
	c, sources := *kept, b.sources
	b.mu.Unlock()
	// Stored bytes, their ends and the sources never change, so no lock is held while reading.
	first := from - c.first
	last := first + 1
	for last < len(c.ends) && c.ends[last]-c.start(first) <= scanBytes {
		last++
	}
	base := c.start(first)
	if c.file != nil && c.ends[last-1]-base > scanBytes {
		if matchLong(c.file, base, c.ends[first], sources, match) {
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
		record := text[c.start(i)-base : c.ends[i]-base]
		if match(sourceOf(record, sources), record[recordHead:], record[recordHead:]) {
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
func matchLong(file *os.File, from, to int64, sources []string, match LineMatch) bool {
	record := make([]byte, recordHead+fieldWithin)
	if _, err := file.ReadAt(record, from); err != nil {
		return false
	}
	source, head := sourceOf(record, sources), record[recordHead:]
	piece := make([]byte, scanBytes)
	for from += recordHead; from < to; from += scanBytes - scanOverlap {
		n, err := file.ReadAt(piece[:min(scanBytes, to-from)], from)
		if err != nil {
			return false
		}
		if match(source, head, piece[:n]) {
			return true
		}
	}
	return false
}

// sourceOf is the source of a stored line.
func sourceOf(record []byte, sources []string) string {
	if at := int(binary.LittleEndian.Uint16(record[8:])); at < len(sources) {
		return sources[at]
	}
	return ""
}
