//go:build !linux

package engine

import (
	"errors"
	"net"
)

// peerUID is not known on this system, where the engine does not run.
func peerUID(*net.UnixConn) (int, error) {
	return 0, errors.New("the peer's user is not known on this system")
}
