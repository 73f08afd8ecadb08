package frames

import (
	"io"
	"sync"
	"time"
)

const (
	// largeFrame is the size in bytes from which a frame is followed by a query,
	// so that the next one waits until the terminal has come so far.
	largeFrame = 2 << 10
	// query asks the terminal whether it is well (DSR 5, ECMA-48 8.3.35), and
	// answer is what every terminal says to that.
	query, answer = "\x1b[5n", "\x1b[0n"
	// lastWords is how long a closing line may take to pass on what it has.
	lastWords = 2 * time.Second
)

// line passes bytes on to the terminal from a goroutine of its own, in order.
type line struct {
	w io.Writer

	mu      sync.Mutex
	changed *sync.Cond
	queue   []byte
	thrift  *thrift
	spare   []byte // the array of the last write, for the next queue
	writing bool
	closed  bool
	direct  bool // a write returns only once the terminal has it
	err     error

	probed   bool // the terminal was asked once
	answers  bool // it did answer
	awaiting bool // a query is on its way

	moved chan struct{} // closed, and replaced, when the line may have become ready
}

func newLine(w io.Writer) *line {
	l := &line{w: w, thrift: newThrift(), moved: make(chan struct{})}
	l.changed = sync.NewCond(&l.mu)
	go l.pass()
	return l
}

// Write takes a frame, or what the library says to the terminal between frames.
// An error is that of an earlier write.
func (l *line) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return 0, l.err
	}
	needed := l.thrift.spare(p)
	l.queue = append(l.queue, needed...)
	if len(needed) >= largeFrame && !l.direct && (l.answers || !l.probed) {
		l.queue = append(l.queue, query...)
		l.probed, l.awaiting = true, true
	}
	l.changed.Broadcast()
	for l.direct && l.err == nil && (len(l.queue) > 0 || l.writing) {
		l.changed.Wait()
	}
	return len(p), nil
}

// pass writes what is queued until the line is closed and empty.
func (l *line) pass() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		for len(l.queue) == 0 {
			if l.closed {
				return
			}
			l.changed.Wait()
		}
		chunk := l.queue
		l.queue, l.writing = l.spare[:0], true
		l.mu.Unlock()
		_, err := l.w.Write(chunk)
		l.mu.Lock()
		l.spare, l.writing = chunk, false
		if err != nil {
			l.err, l.queue = err, nil
		}
		l.tell()
	}
}

// tell wakes who waits for the line; the lock is held.
func (l *line) tell() {
	l.changed.Broadcast()
	close(l.moved)
	l.moved = make(chan struct{})
}

// progress returns a channel that closes when the line may have become ready.
func (l *line) progress() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.moved
}

// ready reports whether everything was written and, where the terminal answers
// queries, has reached it.
func (l *line) ready() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err != nil || len(l.queue) == 0 && !l.writing && !(l.answers && l.awaiting)
}

// asking reports whether an answer of the terminal is still to come.
func (l *line) asking() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.awaiting && l.err == nil
}

// answered notes the terminal's answer.
func (l *line) answered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers, l.awaiting = true, false
	l.tell()
}

// forgive gives an answer up that does not come.
func (l *line) forgive() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.awaiting = false
	l.tell()
}

// resize is for when the terminal has another size.
func (l *line) resize(width, height int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.thrift.resize(width, height)
}

// setDirect makes writes wait for the terminal while it is handed over: to the
// shell, to an editor, at the end.
func (l *line) setDirect(direct bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.direct = direct
	if direct {
		l.thrift.forget()
	}
	l.changed.Broadcast()
}

// close passes the rest on, for lastWords at most: a terminal that hangs must
// not keep the program.
func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	late := false
	timer := time.AfterFunc(lastWords, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		late = true
		l.changed.Broadcast()
	})
	defer timer.Stop()
	for !late && l.err == nil && (len(l.queue) > 0 || l.writing) {
		l.changed.Wait()
	}
	l.closed = true
	l.changed.Broadcast()
}
