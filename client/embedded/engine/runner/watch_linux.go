package runner

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// watch waits for several descriptors at once and tells which are ready, in the
// order in which they became so. It is an epoll instance below the one of the Go
// runtime: who waits holds no thread. It may wait in one goroutine only; wake
// and until are for any.
type watch struct {
	fd    int
	file  *os.File
	raw   syscall.RawConn
	look  func(uintptr) bool // made once, as every wait needs it
	ready [tags]unix.EpollEvent
	count int
	err   error
}

func newWatch() (*watch, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // says that the runtime may poll it
		return nil, errors.Join(os.NewSyscallError("fcntl", err), unix.Close(fd))
	}
	w := &watch{fd: fd, file: os.NewFile(uintptr(fd), "watch")}
	if w.raw, err = w.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, w.file.Close())
	}
	w.look = func(uintptr) bool {
		w.count, w.err = unix.EpollWait(w.fd, w.ready[:], 0)
		return w.count > 0 || w.err != nil && !errors.Is(w.err, unix.EINTR)
	}
	return w, nil
}

// add watches a descriptor for what can be read, and with writing for room too.
func (w *watch) add(fd int, t tag) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(w.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(t)}))
}

// writing says whether room to write into a watched descriptor is waited for.
func (w *watch) writing(fd int, t tag, wanted bool) error {
	events := uint32(unix.EPOLLIN)
	if wanted {
		events |= unix.EPOLLOUT
	}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(w.fd, unix.EPOLL_CTL_MOD, fd, &unix.EpollEvent{Events: events, Fd: int32(t)}))
}

// remove must come before a descriptor's close: a child that is about to execute
// something may hold a copy of it, and the kernel would go on telling of it.
func (w *watch) remove(fd int) {
	_ = unix.EpollCtl(w.fd, unix.EPOLL_CTL_DEL, fd, nil) // it was added
}

// wait parks until something is ready and gives its tags to each, oldest first.
// It returns os.ErrDeadlineExceeded when the time of until has come, or wake was
// called.
func (w *watch) wait(each func(tag)) error {
	if err := w.raw.Read(w.look); err != nil && !w.look(0) { // late is no reason to overlook what came
		return err
	}
	if w.err != nil {
		return os.NewSyscallError("epoll_wait", w.err)
	}
	for _, e := range w.ready[:w.count] {
		each(tag(e.Fd))
	}
	return nil
}

// until bounds the waits from now on.
func (w *watch) until(deadline time.Time) {
	_ = w.file.SetReadDeadline(deadline) // fails once it is closed, when nobody waits
}

// wake ends a wait, or the next one unless until comes before it.
func (w *watch) wake() { w.until(time.Unix(1, 0)) }

func (w *watch) close() { _ = w.file.Close() } // nothing was written
