//go:build !linux

package runner

import (
	"errors"
	"net"
	"os"
	"os/exec"
)

// errUnsupported is why functions do not run here: the kernel lacks what the
// promises of the engine rest on (parent-death signals, subreapers, sequenced
// sockets).
var errUnsupported = errors.New("the local engine needs Linux: on this system use a remote context, or run fndeck on a Linux machine over SSH")

// Spawner cannot be made on this system.
type Spawner struct{}

// NewSpawner always fails on this system.
func NewSpawner() (*Spawner, error) { return nil, errUnsupported }

// Start always fails on this system.
func (s *Spawner) Start(*exec.Cmd) error { return errUnsupported }

// Wait always fails on this system.
func (s *Spawner) Wait(*exec.Cmd) error { return errUnsupported }

// EndStrangers does nothing on this system: nothing was started.
func (s *Spawner) EndStrangers() {}

// Close does nothing on this system.
func (s *Spawner) Close() {}

func socketpair(int) (*net.UnixConn, *os.File, error) { return nil, nil, errUnsupported }

func pipe() (r, w *os.File, err error) { return nil, nil, errUnsupported }

func unread(*os.File) int { return 0 }
