package ui

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"
)

// LogLine is one line of a log as it came: its text is not cleaned yet.
type LogLine struct {
	// Time is zero for a line that has none.
	Time time.Time
	// Source names where the line comes from when several are merged.
	Source string
	// Mark says that the line is the console's own, not the function's.
	Mark bool
	// Stderr says that it was printed there, where a backend tells that.
	Stderr bool
	// Tone is what the line means; most mean nothing.
	Tone Tone
	// Bars says that the line is a row of bars: where it does not fit its end is
	// shown, and it is never wrapped.
	Bars bool
	Text string
	// More counts the bytes of Text that were left out because the line is too
	// long for a screen; the buffer holds them.
	More int64
}

const (
	// memoryBytes is how much of a log stays in memory; more goes to a file.
	memoryBytes = 1 << 20
	// bufferMost is how much of a log is kept on disk; beyond it the oldest
	// eighth goes.
	bufferMost = 256 << 20
	chunksMost = 8
	// recordHead is the fixed part of a stored line: time, source and flags.
	recordHead = 11
	writeBytes = 256 << 10
	flagMark   = 0x80
	flagBars   = 0x40
	flagStderr = 0x20 // The other bits of the flags are the tone.
)

// LogBuffer keeps lines in the order they came and never changes one. Below
// 1 MiB they stay in memory, above in files of mode 0600, which together hold
// 256 MiB: then the oldest lines go, and Dropped counts them. A line is known by
// its place in the order for as long as it is kept. One goroutine may append
// while others read; a reader never waits for a write to the disk.
type LogBuffer struct {
	dir string
	// most is how many bytes are kept, or a little more.
	most int64
	// out is what is about to be written to a file, of the appender alone.
	out []byte

	mu      sync.Mutex
	chunks  []*logChunk
	sources []string
}

// logChunk is a run of lines in one piece of memory or one file. It is what is
// dropped at once.
type logChunk struct {
	first int // place of its first line
	// ends are the ends of the lines. A chunk is full far below what these hold, and
	// a million of them are what a long log costs in memory.
	ends   []uint32
	memory []byte
	file   *os.File
}

func (c *logChunk) size() int64 { return c.start(len(c.ends)) }

// start is where a line of the chunk begins.
func (c *logChunk) start(line int) int64 {
	if line == 0 {
		return 0
	}
	return c.end(line - 1)
}

// end is where a line of the chunk ends.
func (c *logChunk) end(line int) int64 { return int64(c.ends[line]) }

// NewLogBuffer makes a buffer whose files, when it needs them, are made inside
// dir.
func NewLogBuffer(dir string) *LogBuffer { return &LogBuffer{dir: dir, most: bufferMost} }

// Len is the number of lines that came; the first Dropped of them are gone.
func (b *LogBuffer) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.len()
}

func (b *LogBuffer) len() int {
	if len(b.chunks) == 0 {
		return 0
	}
	last := b.chunks[len(b.chunks)-1]
	return last.first + len(last.ends)
}

// Dropped is how many of the oldest lines are gone.
func (b *LogBuffer) Dropped() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dropped()
}

func (b *LogBuffer) dropped() int {
	if len(b.chunks) == 0 {
		return 0
	}
	return b.chunks[0].first
}

// Append adds lines. Only one goroutine at a time may call it, and not the
// update loop: it may write to the disk. After an error the lines from the one
// that could not be written on are not in the buffer.
func (b *LogBuffer) Append(lines []LogLine) error {
	for len(lines) > 0 {
		chunk := b.last()
		n, size := 0, chunk.size()
		for n < len(lines) && (n == 0 || size < b.chunkBytes()) {
			size += recordHead + int64(len(lines[n].Text))
			n++
		}
		if err := b.add(chunk, lines[:n], size-chunk.size()); err != nil {
			return err
		}
		lines = lines[n:]
	}
	return nil
}

func (b *LogBuffer) chunkBytes() int64 { return b.most / chunksMost }

// last is the chunk that takes the next lines. Only the appender changes it.
func (b *LogBuffer) last() *logChunk {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.chunks); n > 0 && b.chunks[n-1].size() < b.chunkBytes() {
		return b.chunks[n-1]
	}
	return &logChunk{first: b.len()}
}

// add puts lines of a size into the last chunk or a new one.
func (b *LogBuffer) add(chunk *logChunk, lines []LogLine, size int64) error {
	file, memory, start := chunk.file, chunk.memory, chunk.size()
	switch {
	case file == nil && chunk.first == 0 && start+size <= memoryBytes:
		memory = slices.Grow(memory, int(size))
		for _, line := range lines {
			memory = append(b.appendHead(memory, line), line.Text...)
		}
	case file == nil:
		var err error
		if file, err = b.spill(memory); err != nil {
			return err
		}
		fallthrough
	default:
		memory = nil
		if err := b.writeLines(file, start, lines); err != nil {
			if chunk.file == nil {
				_ = file.Close() // The lines are where they were.
			}
			return fmt.Errorf("keep the log: %w", err)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(chunk.ends) == 0 {
		b.chunks = append(b.chunks, chunk)
	}
	chunk.file, chunk.memory = file, memory
	for _, line := range lines {
		start += recordHead + int64(len(line.Text))
		chunk.ends = append(chunk.ends, uint32(start))
	}
	b.drop()
	return nil
}

// drop lets go of the oldest chunks until the rest is within the limit.
func (b *LogBuffer) drop() {
	total := int64(0)
	for _, c := range b.chunks {
		total += c.size()
	}
	for len(b.chunks) > 1 && total > b.most {
		oldest := b.chunks[0]
		total -= oldest.size()
		b.chunks = b.chunks[1:]
		if oldest.file != nil {
			_ = oldest.file.Close() // It has no name and goes with its descriptor.
		}
	}
}

// writeLines writes records at an offset. Short lines go out together; a long
// one is written from where it is, because it may be larger than what a copy of
// it may cost.
func (b *LogBuffer) writeLines(file *os.File, start int64, lines []LogLine) error {
	if _, err := file.Seek(start, io.SeekStart); err != nil {
		return err
	}
	if b.out == nil {
		b.out = make([]byte, 0, writeBytes)
	}
	out := b.out[:0]
	for _, line := range lines {
		if len(out)+recordHead+len(line.Text) > cap(out) {
			if _, err := file.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
		out = b.appendHead(out, line)
		if len(out)+len(line.Text) <= cap(out) {
			out = append(out, line.Text...)
			continue
		}
		if _, err := file.Write(out); err != nil {
			return err
		}
		out = out[:0]
		if _, err := file.WriteString(line.Text); err != nil {
			return err
		}
	}
	_, err := file.Write(out)
	return err
}

// appendHead appends the fixed part of a record. A newline inside the text stays:
// offsets, not newlines, divide the lines.
func (b *LogBuffer) appendHead(to []byte, line LogLine) []byte {
	nanos := int64(0)
	if !line.Time.IsZero() {
		nanos = line.Time.UnixNano()
	}
	flags := byte(line.Tone)
	if line.Bars {
		flags |= flagBars
	}
	if line.Mark {
		flags |= flagMark
	}
	if line.Stderr {
		flags |= flagStderr
	}
	to = binary.LittleEndian.AppendUint64(to, uint64(nanos))
	to = binary.LittleEndian.AppendUint16(to, b.sourceIndex(line.Source))
	return append(to, flags)
}

// sourceIndex is the place of a source among all, to which it is added if it is
// new. Only the appender changes them, and does so under the lock.
func (b *LogBuffer) sourceIndex(name string) uint16 {
	for i, known := range b.sources {
		if known == name {
			return uint16(i)
		}
	}
	const most = 1 << 16
	if len(b.sources) == most {
		return most - 1
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sources = append(b.sources, name)
	return uint16(len(b.sources) - 1)
}

// spill puts what is in memory into a new file. The file has no name as soon as
// it is open, so that nothing is left behind when the console dies.
func (b *LogBuffer) spill(memory []byte) (*os.File, error) {
	file, err := os.CreateTemp(b.dir, "log-*") // Mode 0600.
	if err != nil {
		return nil, fmt.Errorf("keep the log: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		_ = file.Close() // The error of the removal is the one that matters.
		return nil, fmt.Errorf("keep the log: %w", err)
	}
	if _, err := file.WriteAt(memory, 0); err != nil {
		_ = file.Close() // The file has no name and goes with its descriptor.
		return nil, fmt.Errorf("keep the log: %w", err)
	}
	return file, nil
}

// Line returns one line by its place; false if there is none, or no more. It
// reads no more of a long line than a screen shows.
func (b *LogBuffer) Line(i int) (LogLine, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	chunk := b.chunk(i)
	if chunk == nil {
		return LogLine{}, false
	}
	record, more := chunk.record(i-chunk.first, recordHead+clipBytes)
	if len(record) < recordHead {
		return LogLine{Mark: true, Text: unreadable}, true
	}
	flags := record[recordHead-1]
	line := LogLine{Mark: flags&flagMark != 0, Bars: flags&flagBars != 0, Stderr: flags&flagStderr != 0, Tone: Tone(flags &^ (flagMark | flagBars | flagStderr)), Text: string(record[recordHead:]), More: more}
	line.Time, line.Source = timeOf(record), sourceOf(record, b.sources)
	return line, true
}

// Time is the time of a line, zero if it has none or is not there.
func (b *LogBuffer) Time(i int) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	chunk := b.chunk(i)
	if chunk == nil {
		return time.Time{}
	}
	record, _ := chunk.record(i-chunk.first, recordHead)
	if len(record) < recordHead {
		return time.Time{}
	}
	return timeOf(record)
}

func timeOf(record []byte) time.Time {
	if nanos := int64(binary.LittleEndian.Uint64(record)); nanos != 0 {
		return time.Unix(0, nanos).UTC()
	}
	return time.Time{}
}

// chunk is where a line is kept, nil if it is not.
func (b *LogBuffer) chunk(i int) *logChunk {
	for _, c := range b.chunks {
		if i >= c.first && i < c.first+len(c.ends) {
			return c
		}
	}
	return nil
}

// record reads at most limit bytes of a stored line, and how many it left.
func (c *logChunk) record(line int, limit int64) (record []byte, more int64) {
	start, end := c.start(line), c.end(line)
	if end-start > limit {
		more, end = end-start-limit, start+limit
	}
	if c.file == nil {
		return c.memory[start:end], more
	}
	record = make([]byte, end-start)
	if _, err := c.file.ReadAt(record, start); err != nil {
		return nil, more
	}
	return record, more
}

// Close gives the files' space back.
func (b *LogBuffer) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for _, c := range b.chunks {
		if c.file != nil {
			errs = append(errs, c.file.Close())
		}
	}
	b.chunks = nil
	return errors.Join(errs...)
}
