package journal

import (
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	// logBytes is when a new log is begun and logFiles how many there are.
	logBytes = 5 << 20
	logFiles = 5
)

// log writes to a descriptor that leads to a file, and makes that descriptor
// lead to a new file when the old one is large: what others write to it, such as
// the trace of a crash, goes there too.
type log struct {
	to *os.File
	// also are descriptors that follow.
	also []int

	mu   sync.Mutex
	file file
}

// Log returns a writer to the log at path, if that is where to leads already,
// which begins a new file when it has grown large. Otherwise it returns to
// itself: a terminal, or the journal of a service.
func Log(path string, to io.Writer) io.Writer {
	f, ok := to.(*os.File)
	if !ok {
		return to
	}
	leads, err := f.Stat()
	if err != nil {
		return to
	}
	there, err := os.Stat(path)
	if err != nil || !os.SameFile(leads, there) {
		return to
	}
	l := &log{to: f, file: file{path: path, maxBytes: logBytes, keep: logFiles, f: f, size: there.Size()}}
	for _, fd := range []*os.File{os.Stdout, os.Stderr} {
		if other, err := fd.Stat(); err == nil && os.SameFile(other, there) {
			l.also = append(l.also, int(fd.Fd()))
		}
	}
	return l
}

// Write appends a record of the log.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file.isFull() {
		l.begin()
	}
	n, err := l.to.Write(p)
	l.file.size += int64(n)
	return n, err
}

// begin begins a new file. Where that fails the old one grows on.
func (l *log) begin() {
	if l.file.putAside() != nil {
		return
	}
	next, err := os.OpenFile(l.file.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return
	}
	defer func() { _ = next.Close() }() // the descriptors below lead to it
	for _, fd := range append([]int{int(l.to.Fd())}, l.also...) {
		_ = unix.Dup2(int(next.Fd()), fd) // else it goes on to the old file
	}
	l.file.size = 0
}
