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

// pipe returns the read and the write end of a pipe. Both block: the write end
// as a child expects of its stdout, the read end since it is read only when
// there is something, and by nobody else.
func pipe() (fds [2]int, err error) {
	err = syscall.Pipe2(fds[:], syscall.O_CLOEXEC)
	return fds, os.NewSyscallError("pipe2", err)
}

// send writes what fits at once, with descriptors for the other side.
func send(fd int, body, rights []byte) (int, error) {
	n, err := unix.SendmsgN(fd, body, rights, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	return n, os.NewSyscallError("sendmsg", err)
}
