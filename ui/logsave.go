package ui

import (
	"context"
	"errors"
	"io"
)

// unreadable stands in the place of a line whose bytes could not be read.
const unreadable = "this line could not be read back"

// savedTime is RFC 3339 with all its digits, so that the lines stand below each
// other.
const savedTime = "2006-01-02T15:04:05.000000Z07:00"

// ErrReadAnew says that the lines were replaced while they were being written.
var ErrReadAnew = errors.New("the log was read anew meanwhile; save it again")

// LogCopy is what a view shows at one moment. It is written outside the update
// loop, while the log goes on.
type LogCopy struct {
	buffer   *LogBuffer
	filter   *Filter
	from, to int
	sources  bool
}

// Copy takes what is shown: the lines that match where only those are, else all
// that are not hidden.
func (v *LogView) Copy() LogCopy {
	c := LogCopy{buffer: v.Buffer, from: v.start(), to: v.known, sources: v.ShowSource}
	if v.only {
		c.filter = v.filter
	}
	return c
}

// CopyAll takes every line that there is, whatever is shown of them.
func (v *LogView) CopyAll() LogCopy {
	return LogCopy{buffer: v.Buffer, from: v.first, to: v.known, sources: v.ShowSource}
}

// Write writes the lines and counts them: the time of each in full and in UTC,
// its source where that is shown, and its text as it came, however long. Lines
// that the buffer drops meanwhile are left out.
func (c LogCopy) Write(ctx context.Context, w io.Writer) (lines int, err error) {
	if c.filter == nil {
		for i := c.from; i < c.to; i++ {
			written, err := c.line(ctx, w, i)
			if err != nil {
				return lines, err
			}
			lines += written
		}
		return lines, nil
	}
	search := c.filter.search()
	for from := c.from; from < c.to; {
		hits, next := c.buffer.search(from, search)
		if next <= from {
			return lines, ErrReadAnew
		}
		for _, i := range hits {
			if i >= c.to {
				break
			}
			written, err := c.line(ctx, w, i)
			if err != nil {
				return lines, err
			}
			lines += written
		}
		from = next
	}
	return lines, ctx.Err()
}

// line writes one line; 0 if the buffer has dropped it.
func (c LogCopy) line(ctx context.Context, w io.Writer, i int) (written int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	line, ok := c.buffer.Line(i)
	switch {
	case !ok && i < c.buffer.Dropped():
		return 0, nil
	case !ok || line.Mark && line.Text == unreadable:
		return 0, ErrReadAnew
	}
	prefix := ""
	if !line.Time.IsZero() {
		prefix = line.Time.UTC().Format(savedTime) + "  "
	}
	if c.sources && line.Source != "" {
		prefix += Clean(line.Source) + "  "
	}
	if _, err := io.WriteString(w, prefix); err != nil {
		return 0, err
	}
	if line.More > 0 {
		err = c.buffer.writeText(w, i)
	} else {
		_, err = io.WriteString(w, line.Text)
	}
	if err == nil {
		_, err = io.WriteString(w, "\n")
	}
	return 1, err
}

// writeText writes the whole text of a line, piece by piece.
func (b *LogBuffer) writeText(w io.Writer, i int) error {
	b.mu.Lock()
	kept := b.chunk(i)
	if kept == nil {
		b.mu.Unlock()
		return ErrReadAnew
	}
	c := *kept
	b.mu.Unlock()
	start, end := c.start(i-c.first)+recordHead, c.end(i-c.first)
	if c.file == nil {
		_, err := w.Write(c.memory[start:end])
		return err
	}
	_, err := io.Copy(w, io.NewSectionReader(c.file, start, end-start))
	return err
}
