package ui

import (
	"encoding/binary"
	"os"
	"slices"
	"sort"

	"fndeck/ui/needle"
)

// scanBytes is how much of a log is read at once for a search.
const scanBytes = 1 << 20

// LineMatch judges a line by its source, its beginning, and its text or a piece
// of that.
type LineMatch func(source, head, text string) bool

// lineSearch is a search through a buffer, for one goroutine.
type lineSearch struct {
	match LineMatch
	// needle is what every match holds, nil if nothing is known of that.
	needle *needle.Needle
	// piece is read into again and again.
	piece []byte
}

// search is what looks for the lines that match.
func (f *Filter) search() *lineSearch {
	return &lineSearch{match: f.matchLine, needle: f.needle()}
}

// Match returns the lines from a place on whose text match, and where to go on:
// it reads about a megabyte, so that a search can stop between its steps. A line
// is searched whole, however long.
func (b *LogBuffer) Match(from int, match LineMatch) (hits []int, next int) {
	return b.search(from, &lineSearch{match: match})
}

func (b *LogBuffer) search(from int, s *lineSearch) (hits []int, next int) {
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
	base := c.start(first)
	behind := c.ends[first+1:]
	last := first + 1 + sort.Search(len(behind), func(i int) bool { return int64(behind[i])-base > scanBytes })
	size := c.end(last-1) - base
	if c.file != nil && size > scanBytes {
		if matchLong(c.file, base, c.end(first), sources, s.match) {
			hits = []int{from}
		}
		return hits, c.first + last
	}
	var text []byte
	if c.file == nil {
		text = c.memory[base : base+size]
	} else {
		s.piece = slices.Grow(s.piece[:0], scanBytes)[:size]
		text = s.piece
		if _, err := c.file.ReadAt(text, base); err != nil {
			return nil, c.first + last // Dropped meanwhile, or the disk is at fault.
		}
	}
	lines := logPiece{text: text, base: base, ends: c.ends[first:last], sources: sources}
	for _, i := range lines.matches(s) {
		hits = append(hits, from+i)
	}
	return hits, c.first + last
}

// logPiece is some stored lines together.
type logPiece struct {
	text    []byte
	base    int64
	ends    []uint32
	sources []string
}

// record is where in the text a line is.
func (p *logPiece) record(line int) (from, to int64) {
	if line > 0 {
		from = int64(p.ends[line-1]) - p.base
	}
	return from, int64(p.ends[line]) - p.base
}

// matches are the lines that a search finds.
func (p *logPiece) matches(s *lineSearch) (hits []int) {
	if s.needle == nil || !s.needle.Tells(p.text) {
		whole := string(p.text)
		for i := range p.ends {
			from, to := p.record(i)
			text := whole[from+recordHead : to]
			if s.match(sourceOf(p.text[from:], p.sources), text, text) {
				hits = append(hits, i)
			}
		}
		return hits
	}
	for at := int64(0); ; {
		next := s.needle.Index(p.text[at:])
		if next < 0 {
			return hits
		}
		at += int64(next)
		// The needle may also lie across two lines or in what stands before a text.
		i := sort.Search(len(p.ends), func(i int) bool { return int64(p.ends[i])-p.base > at })
		from, to := p.record(i)
		text := string(p.text[from+recordHead : to])
		if s.match(sourceOf(p.text[from:], p.sources), text, text) {
			hits = append(hits, i)
			at = to
			continue
		}
		at++
	}
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
	source, head := sourceOf(record, sources), string(record[recordHead:])
	piece := make([]byte, scanBytes)
	for from += recordHead; from < to; from += scanBytes - scanOverlap {
		n, err := file.ReadAt(piece[:min(scanBytes, to-from)], from)
		if err != nil {
			return false
		}
		if match(source, head, string(piece[:n])) {
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
