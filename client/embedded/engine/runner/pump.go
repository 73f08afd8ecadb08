package runner

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Stream says where a line came from.
type Stream int

// The streams of a process, and Mark for lines that the runner adds.
const (
	Stdout Stream = iota
	Stderr
	Mark
)

// Line is one line of output, without its newline; at most maxLine bytes, longer
// ones come in pieces. A byte that is not UTF-8 stands as \xNN.
type Line struct {
	Stream Stream
	Text   string
}

// Sink takes lines as they are read. Calls never overlap. The time of a line is
// for the sink to give: it is the time of the call.
type Sink func(lines []Line)

const (
	maxLine   = 64 << 10
	readChunk = 64 << 10
	// drainAfterExit bounds how long output is read after a process has ended:
	// what still holds the pipe then is a process that it left behind.
	drainAfterExit = 100 * time.Millisecond
)

// pump reads the stdout and stderr of one process.
type pump struct {
	sink    Sink
	mu      sync.Mutex // serialises sink
	readers [2]*os.File
	done    chan struct{}
}

// newPump returns a pump that reads already, and the two ends for the process.
// The caller closes its copies of these once the process has them.
func newPump(sink Sink) (p *pump, out, errw *os.File, err error) {
	p = &pump{sink: sink, done: make(chan struct{})}
	outR, out, err := pipe()
	if err != nil {
		return nil, nil, nil, err
	}
	errR, errw, err := pipe()
	if err != nil {
		return nil, nil, nil, errors.Join(err, outR.Close(), out.Close())
	}
	p.readers = [2]*os.File{outR, errR}
	var both sync.WaitGroup
	both.Go(func() { p.read(outR, Stdout) })
	both.Go(func() { p.read(errR, Stderr) })
	go func() {
		both.Wait()
		close(p.done)
	}()
	return p, out, errw, nil
}

// drain waits until all writers have closed their ends, at most for limit, then
// stops reading. It reports whether everything was read.
func (p *pump) drain(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	complete := true
	select {
	case <-p.done:
	case <-timer.C:
		complete = false
	}
	for _, r := range p.readers {
		_ = r.Close() // a second close of the same end changes nothing
	}
	<-p.done
	return complete
}

func (p *pump) read(r *os.File, stream Stream) {
	buf := make([]byte, readChunk)
	var rest []byte
	for {
		n, err := r.Read(buf)
		if n > 0 {
			rest = p.emit(stream, append(rest, buf[:n]...), err != nil)
		}
		if err != nil {
			p.emit(stream, rest, true)
			return
		}
	}
}

// emit hands over the whole lines in data, and with last set what follows them
// too. It returns what is left, in a buffer of its own.
func (p *pump) emit(stream Stream, data []byte, last bool) []byte {
	var lines []Line
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n')
		switch {
		case end >= 0 && end <= maxLine:
			lines = append(lines, Line{Stream: stream, Text: text(data[:end])})
			data = data[end+1:]
			continue
		case len(data) > maxLine:
			lines = append(lines, Line{Stream: stream, Text: text(data[:maxLine])})
			data = data[maxLine:]
			continue
		case last:
			lines = append(lines, Line{Stream: stream, Text: text(data)})
			data = nil
		}
		break
	}
	if len(lines) > 0 {
		p.mu.Lock()
		p.sink(lines)
		p.mu.Unlock()
	}
	return append([]byte(nil), data...)
}

// text is a line as a string. A carriage return before the newline goes, and
// every byte that is not UTF-8 becomes \xNN, as nothing may be lost silently.
func text(b []byte) string {
	b = bytes.TrimSuffix(b, []byte("\r"))
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&out, `\x%02x`, b[0])
		} else {
			out.Write(b[:size])
		}
		b = b[size:]
	}
	return out.String()
}
