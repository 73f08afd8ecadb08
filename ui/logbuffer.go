package ui

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
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
	// Tone is what the line means; most mean nothing.
	Tone Tone
	Text string
	// More counts the bytes of Text that were left out because the line is too
	// long for a screen; the buffer holds them.
	More int64
}

const (
	// memoryBytes is how much of a log stays in memory; more goes to a file.
	memoryBytes = 1 << 20
	// recordHead is the fixed part of a stored line: time, source and flags.
	recordHead = 11
	writeBytes = 64 << 10
	flagMark   = 0x80 // The other bits of the flags are the tone.
)

// LogBuffer keeps lines in the order they came and never changes one. Below
// 1 MiB they stay in memory, above in a file of mode 0600. One goroutine may
// append while others read; a reader never waits for a write to the disk.
type LogBuffer struct {
	dir string

	mu      sync.Mutex
	offsets []int64 // start of each line, and the end of the last
	memory  []byte
	file    *os.File
	sources []string
}

// NewLogBuffer makes a buffer whose file, when it needs one, is made inside dir.
func NewLogBuffer(dir string) *LogBuffer { return &LogBuffer{dir: dir, offsets: []int64{0}} }

// Len is the number of lines.
func (b *LogBuffer) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.offsets) - 1
}

// Append adds lines. Only one goroutine at a time may call it, and not the
// update loop: it may write to the disk. After an error the lines of that call
// are not in the buffer.
func (b *LogBuffer) Append(lines []LogLine) error {
	b.mu.Lock()
	start, file, inMemory := b.offsets[len(b.offsets)-1], b.file, len(b.memory)
	heads := make([][]byte, len(lines))
	ends := make([]int64, len(lines))
	end := start
	for i, line := range lines {
		heads[i] = b.head(line)
		end += int64(len(heads[i]) + len(line.Text))
		ends[i] = end
	}
	b.mu.Unlock()

	if file == nil && inMemory+int(end-start) <= memoryBytes {
		b.mu.Lock()
		defer b.mu.Unlock()
		for i, line := range lines {
			b.memory = append(append(b.memory, heads[i]...), line.Text...)
		}
		b.offsets = append(b.offsets, ends...)
		return nil
	}
	if file == nil {
		var err error
		if file, err = b.spill(); err != nil {
			return err
		}
	}
	if err := writeLines(file, start, heads, lines); err != nil {
		return fmt.Errorf("keep the log: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.file, b.memory = file, nil
	b.offsets = append(b.offsets, ends...)
	return nil
}

// writeLines writes records at an offset. Short lines go out together; a long
// one is written from where it is, because it may be larger than what a copy of
// it may cost.
func writeLines(file *os.File, start int64, heads [][]byte, lines []LogLine) error {
	if _, err := file.Seek(start, io.SeekStart); err != nil {
		return err
	}
	out := bufio.NewWriterSize(file, writeBytes)
	for i, line := range lines {
		if _, err := out.Write(heads[i]); err != nil {
			return err
		}
		if len(line.Text) < writeBytes {
			if _, err := out.WriteString(line.Text); err != nil {
				return err
			}
			continue
		}
		if err := out.Flush(); err != nil {
			return err
		}
		if _, err := file.WriteString(line.Text); err != nil {
			return err
		}
	}
	return out.Flush()
}

// head is the fixed part of a record. A newline inside the text stays: offsets,
// not newlines, divide the lines.
func (b *LogBuffer) head(line LogLine) []byte {
	nanos := int64(0)
	if !line.Time.IsZero() {
		nanos = line.Time.UnixNano()
	}
	flags := byte(line.Tone)
	if line.Mark {
		flags |= flagMark
	}
	head := make([]byte, 0, recordHead)
	head = binary.LittleEndian.AppendUint64(head, uint64(nanos))
	head = binary.LittleEndian.AppendUint16(head, b.sourceIndex(line.Source))
	return append(head, flags)
}

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
	b.sources = append(b.sources, name)
	return uint16(len(b.sources) - 1)
}

// spill moves what is in memory into a new file. The file has no name as soon
// as it is open, so that nothing is left behind when the console dies.
func (b *LogBuffer) spill() (*os.File, error) {
	file, err := os.CreateTemp(b.dir, "log-*") // Mode 0600.
	if err != nil {
		return nil, fmt.Errorf("keep the log: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		_ = file.Close() // The error of the removal is the one that matters.
		return nil, fmt.Errorf("keep the log: %w", err)
	}
	b.mu.Lock()
	memory := b.memory
	b.mu.Unlock()
	if _, err := file.WriteAt(memory, 0); err != nil {
		_ = file.Close() // The file has no name and goes with its descriptor.
		return nil, fmt.Errorf("keep the log: %w", err)
	}
	return file, nil
}

// Lines returns at most n lines from the index on. It reads no more of a long
// line than a screen shows.
func (b *LogBuffer) Lines(from, n int) []LogLine {
	var lines []LogLine
	for i := max(0, from); i < from+n; i++ {
		line, ok := b.Line(i)
		if !ok {
			break
		}
		lines = append(lines, line)
	}
	return lines
}

// Line returns one line, clipped like Lines; false if there is none.
func (b *LogBuffer) Line(i int) (LogLine, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i < 0 || i >= len(b.offsets)-1 {
		return LogLine{}, false
	}
	record, more := b.record(i, recordHead+clipBytes)
	if len(record) < recordHead {
		return LogLine{Mark: true, Text: "this line could not be read back"}, true
	}
	flags := record[recordHead-1]
	line := LogLine{Mark: flags&flagMark != 0, Tone: Tone(flags &^ flagMark), Text: string(record[recordHead:]), More: more}
	if nanos := int64(binary.LittleEndian.Uint64(record)); nanos != 0 {
		line.Time = time.Unix(0, nanos).UTC()
	}
	if s := int(binary.LittleEndian.Uint16(record[8:])); s < len(b.sources) {
		line.Source = b.sources[s]
	}
	return line, true
}

// record reads at most limit bytes of a stored line, and how many it left.
func (b *LogBuffer) record(i int, limit int64) (record []byte, more int64) {
	start, end := b.offsets[i], b.offsets[i+1]
	if end-start > limit {
		more, end = end-start-limit, start+limit
	}
	if b.file == nil {
		return b.memory[start:end], more
	}
	record = make([]byte, end-start)
	if _, err := b.file.ReadAt(record, start); err != nil {
		return nil, more
	}
	return record, more
}

// scanBytes is how much of a log one step of a search reads.
const scanBytes = 1 << 20

// Match returns the lines from the index on whose text match, and where to go
// on: it reads about a megabyte, so that a search can stop between its steps.
// A line is searched whole, however long.
func (b *LogBuffer) Match(from int, match func(text []byte) bool) (hits []int, next int) {
	b.mu.Lock()
	file, memory, offsets := b.file, b.memory, b.offsets
	b.mu.Unlock()
	// Stored bytes and offsets never change, so no lock is held while reading.
	next = from
	for next < len(offsets)-1 && (next == from || offsets[next+1]-offsets[from] <= scanBytes) {
		next++
	}
	if next == from {
		return nil, next
	}
	if file != nil && next == from+1 && offsets[next]-offsets[from] > scanBytes {
		if matchLong(file, offsets[from]+recordHead, offsets[next], match) {
			hits = []int{from}
		}
		return hits, next
	}
	chunk := memory
	base := int64(0)
	if file != nil {
		base = offsets[from]
		chunk = make([]byte, offsets[next]-base)
		if _, err := file.ReadAt(chunk, base); err != nil {
			return nil, next
		}
	}
	for i := from; i < next; i++ {
		if match(chunk[offsets[i]-base+recordHead : offsets[i+1]-base]) {
			hits = append(hits, i)
		}
	}
	return hits, next
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

// Close gives the file's space back.
func (b *LogBuffer) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.offsets, b.memory = []int64{0}, nil
	if b.file == nil {
		return nil
	}
	err := b.file.Close()
	b.file = nil
	return err
}
