package runner

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
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
	// drainAfterExit is how long a pipe may be silent after the process has ended
	// before it is closed: what still holds it then was left behind.
	drainAfterExit = 100 * time.Millisecond
	// pipeRoom is more than the pipes can have held at that moment (1 MiB each at
	// most): what comes after it was printed by something left behind.
	pipeRoom = 4 << 20
)

// pump reads the stdout and stderr of one process.
type pump struct {
	sink    Sink
	mu      sync.Mutex // serialises sink
	readers [2]*os.File
	done    chan struct{}
	read    atomic.Int64 // bytes so far
	busy    atomic.Int32 // readers that hand lines to the sink
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
	both.Go(func() { p.follow(outR, Stdout) })
	both.Go(func() { p.follow(errR, Stderr) })
	go func() {
		both.Wait()
		close(p.done)
	}()
	return p, out, errw, nil
}

// drain reads on until all writers have closed their ends, or nothing comes for
// silence, or more comes than the pipes can have held. Time that the sink takes
// is not silence. It reports whether everything was read.
func (p *pump) drain(silence time.Duration) bool {
	timer := time.NewTimer(silence)
	defer timer.Stop()
	start := p.read.Load()
	seen, complete := start, false
	for waiting := true; waiting; {
		select {
		case <-p.done:
			waiting, complete = false, true
		case <-timer.C:
			now := p.read.Load()
			waiting = (now != seen || p.busy.Load() > 0 || p.pending()) && now-start <= pipeRoom
			seen = now
			timer.Reset(silence)
		}
	}
	for _, r := range p.readers {
		_ = r.Close() // a second close of the same end changes nothing
	}
	<-p.done
	return complete
}

// pending reports whether a pipe holds bytes that a reader has not come to yet.
func (p *pump) pending() bool {
	return unread(p.readers[0]) > 0 || unread(p.readers[1]) > 0
}

func (p *pump) follow(r *os.File, stream Stream) {
	buf := make([]byte, readChunk)
	var rest []byte
	for {
		n, err := r.Read(buf)
		if n > 0 {
			p.busy.Add(1)
			p.read.Add(int64(n))
			rest = p.emit(stream, append(rest, buf[:n]...), err != nil)
			p.busy.Add(-1)
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
			cut := maxLine
			for back := 1; back < utf8.UTFMax && !utf8.RuneStart(data[cut]); back++ {
				cut-- // not inside a character
			}
			lines = append(lines, Line{Stream: stream, Text: text(data[:cut])})
			data = data[cut:]
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
