//go:build !linux

package runner

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"time"
)

// errUnsupported is why functions do not run here: the kernel lacks what the
// promises of the engine rest on (parent-death signals, subreapers, sequenced
// sockets).
var errUnsupported = errors.New("the local engine needs Linux: on this system use a remote context, or run fndeck on a Linux machine over SSH")

// Spawner cannot be made on this system.
type Spawner struct{ Cgroups *Cgroups }

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

func controlPair() (*net.UnixConn, *os.File, error) { return nil, nil, errUnsupported }

func pair(int) (fds [2]int, err error) { return fds, errUnsupported }

func pipe() (fds [2]int, err error) { return fds, errUnsupported }

func send(int, []byte, []byte) (int, error) { return 0, errUnsupported }

// watch cannot be made on this system.
type watch struct{}

func newWatch() (*watch, error) { return nil, errUnsupported }

func (w *watch) add(int, tag) error { return errUnsupported }

func (w *watch) writing(int, tag, bool) error { return errUnsupported }

func (w *watch) remove(int) {}

func (w *watch) wait(func(tag)) error { return errUnsupported }

func (w *watch) until(time.Time) {}

func (w *watch) wake() {}

func (w *watch) close() {}

func (z *Zygote) guard(*process, Bounds) (stop func()) { return func() {} }

// Watch does nothing on this system: nothing was started.
func Watch(*exec.Cmd, Bounds) (stop func() string) { return func() string { return "" } }

// UserTasks binds nobody on this system.
func UserTasks() int64 { return 0 }
