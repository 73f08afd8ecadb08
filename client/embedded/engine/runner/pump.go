package runner

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
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
	maxLine = 64 << 10
	// readTurn is how much is read at once. The two streams are read in turn while
	// both have something: in a burst no more than that stands out of order.
	readTurn = 4 << 10
	// drainAfterExit is how long a pipe may be silent after the process has ended
	// before it is closed: what still holds it then was left behind.
	drainAfterExit = 100 * time.Millisecond
	// stdoutAfter is how long a call may run before its stdout is followed. Most have
	// ended by then: their output is read with their reply, and costs no wake-up.
	stdoutAfter = 2 * time.Millisecond
	// pipeRoom is more than the pipes can have held at that moment (1 MiB each at
	// most): what comes after it was printed by something left behind.
	pipeRoom = 4 << 20
)

// tag tells the descriptors of a watch apart.
type tag int32

// The tags, of which the first two are streams.
const (
	tagStdout = tag(Stdout)
	tagStderr = tag(Stderr)
	tagCall   = tagStderr + 1
	tags      = 3
)

// pump reads the stdout and stderr of one process into lines. Both are read by
// one goroutine in the order in which they have something to read, stdout first
// where both have.
type pump struct {
	watch *watch
	sink  Sink
	fds   [2]int // -1 when closed
	rest  [2][]byte
	buf   []byte
	read  int64 // bytes so far
	// following says that stdout is watched as well; stderr always is.
	following bool
}

// open gives the pump two new pipes and returns their ends for the process,
// stdout and stderr.
func (p *pump) open() (ends [2]int, err error) {
	for t := range ends {
		fds, err := pipe()
		if err == nil {
			p.fds[t], ends[t] = fds[0], fds[1]
			if tag(t) == tagStderr {
				err = p.watch.add(fds[0], tagStderr)
			}
		}
		if err != nil {
			p.close()
			closeAll(ends[:t])
			return ends, err
		}
	}
	return ends, nil
}

// follow watches stdout from now on. Where it cannot, its end would never be seen:
// it is closed.
func (p *pump) follow() {
	if !p.following && p.fds[tagStdout] >= 0 && p.watch.add(p.fds[tagStdout], tagStdout) != nil {
		p.end(tagStdout)
	}
	p.following = true
}

// unfollow leaves stdout alone again.
func (p *pump) unfollow() {
	if p.following && p.fds[tagStdout] >= 0 {
		p.watch.remove(p.fds[tagStdout])
	}
	p.following = false
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = syscall.Close(fd) // ours alone
	}
}

func (p *pump) isOpen() bool { return p.fds[tagStdout] >= 0 || p.fds[tagStderr] >= 0 }

// take reads from a stream that is ready. What stands in stdout was printed before
// what made stderr ready, or at the same time.
func (p *pump) take(t tag) {
	if t == tagStderr && !p.following {
		p.takeFrom(tagStdout)
	}
	p.takeFrom(t)
}

// takeAll reads what stands in the streams now, in turn, for as long as one of
// them gives that many bytes: readTurn where the rest is empty after less, 1 where
// its end is to be seen as well.
func (p *pump) takeAll(bytes int) {
	start := p.read
	for most := bytes; most >= bytes && p.read-start <= pipeRoom; {
		most = max(p.takeFrom(tagStdout), p.takeFrom(tagStderr))
	}
}

// takeFrom reads once from a stream, which need not be ready, and returns how many
// bytes there were.
func (p *pump) takeFrom(t tag) int {
	if p.fds[t] < 0 {
		return 0
	}
	if p.buf == nil {
		p.buf = make([]byte, readTurn)
	}
	n, err := syscall.Read(p.fds[t], p.buf)
	switch {
	case errors.Is(err, syscall.EINTR):
		return readTurn // once more
	case errors.Is(err, syscall.EAGAIN):
	case n <= 0:
		p.end(t)
	default:
		p.read += int64(n)
		data := p.buf[:n]
		if len(p.rest[t]) > 0 {
			data = append(p.rest[t], data...)
		}
		p.rest[t] = p.emit(Stream(t), data, false)
	}
	return n
}

// end hands over what a stream ended with and closes it.
func (p *pump) end(t tag) {
	p.emit(Stream(t), p.rest[t], true)
	p.rest[t] = nil
	if t == tagStderr || p.following {
		p.watch.remove(p.fds[t])
	}
	_ = syscall.Close(p.fds[t]) // only read
	p.fds[t] = -1
}

func (p *pump) close() {
	for t, fd := range p.fds {
		if fd >= 0 {
			p.end(tag(t))
		}
	}
}

// takeWritten reads what was written so far, of a process that keeps its streams
// for a next call. It reports whether it can have another one with them.
func (p *pump) takeWritten() bool {
	start := p.read
	p.takeAll(readTurn)
	for t := range p.rest {
		p.emit(Stream(t), p.rest[t], true)
		p.rest[t] = nil
	}
	p.unfollow()
	return p.read-start <= pipeRoom && p.fds[tagStdout] >= 0 && p.fds[tagStderr] >= 0
}

// drain reads on until all writers have closed their ends, or nothing comes for
// silence, or more comes than the pipes can have held. Time that the sink takes
// is not silence. each gets what is ready. It reports whether everything was read.
func (p *pump) drain(each func(tag), silence time.Duration) bool {
	start := p.read
	p.takeAll(1) // mostly nothing is left then
	p.follow()
	deadline := soon(silence)
	for p.isOpen() && p.read-start <= pipeRoom {
		seen := p.read
		p.watch.until(deadline)
		err := p.watch.wait(each)
		if p.read != seen {
			deadline = soon(silence)
		} else if passed(deadline) || err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
	}
	complete := !p.isOpen()
	p.close()
	return complete
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
		p.sink(lines)
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

// follower reads the output of a process in a goroutine of its own, while
// others speak to it.
type follower struct {
	pump
	stop     chan time.Duration
	complete chan bool
}

// follow returns a follower and the two ends for the process.
func follow(sink Sink) (f *follower, ends [2]int, err error) {
	w, err := newWatch()
	if err != nil {
		return nil, ends, err
	}
	f = &follower{pump: pump{watch: w, sink: sink, fds: [2]int{-1, -1}}, stop: make(chan time.Duration, 1), complete: make(chan bool, 1)}
	if ends, err = f.open(); err != nil {
		w.close()
		return nil, ends, err
	}
	f.pump.follow()
	go f.run()
	return f, ends, nil
}

func (f *follower) run() {
	defer f.watch.close()
	for f.isOpen() && len(f.stop) == 0 && f.watch.wait(f.take) == nil {
	}
	f.complete <- f.pump.drain(f.take, <-f.stop)
}

// drain ends the follower, see pump.drain.
func (f *follower) drain(silence time.Duration) bool {
	f.stop <- silence
	f.watch.wake()
	return <-f.complete
}
