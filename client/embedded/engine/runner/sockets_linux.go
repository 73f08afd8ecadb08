package runner

import (
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// controlPair returns our end of a sequenced socket as a connection and the
// other as a file for a child. Both close on exec.
func controlPair() (*net.UnixConn, *os.File, error) {
	fds, err := pair(syscall.SOCK_SEQPACKET)
	if err != nil {
		return nil, nil, err
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
	conn, err := net.FileConn(ours)
	_ = ours.Close() // FileConn holds a duplicate
	if err != nil {
		_ = theirs.Close() // nothing was written
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	return conn.(*net.UnixConn), theirs, nil
}

// pair returns two connected sockets.
func pair(kind int) (fds [2]int, err error) {
	fds, err = syscall.Socketpair(syscall.AF_UNIX, kind|syscall.SOCK_CLOEXEC, 0)
	return fds, os.NewSyscallError("socketpair", err)
}

// pipe returns the read and the write end of a pipe. The write end blocks, as a
// child expects of its stdout; the read end is read whether or not there is
// something.
func pipe() (fds [2]int, err error) {
	if err = syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		return fds, os.NewSyscallError("pipe2", err)
	}
	if err = syscall.SetNonblock(fds[0], true); err != nil {
		closeAll(fds[:])
	}
	return fds, os.NewSyscallError("fcntl", err)
}

// send writes what fits at once, with descriptors for the other side.
func send(fd int, body, rights []byte) (int, error) {
	n, err := unix.SendmsgN(fd, body, rights, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	return n, os.NewSyscallError("sendmsg", err)
}
