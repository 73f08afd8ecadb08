package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/wire"
)

// runReadOnly serves a state that nothing can be written to, for why: lists,
// logs and results.
func runReadOnly(ctx context.Context, c Config, why error) error {
	unlock, err := lockReadOnly(c.StateDir)
	if err != nil {
		return err
	}
	defer unlock()
	e, err := core.OpenReadOnly(c.core(), why)
	if err != nil {
		return err
	}
	c.Logger.Warn("the state cannot be changed", "why", why)
	err = serve(ctx, c, e, &callback{}) // nothing runs that could call back
	if socket, pathErr := wire.SocketPath(c.StateDir, os.Getenv); pathErr == nil {
		_ = os.Remove(wire.ReadOnlyToken(socket)) // it opens nothing any more
	}
	return errors.Join(err, e.Close())
}

// lockReadOnly takes the lock of a directory that nothing can be written to. An
// engine that can, by another way to the same directory, holds the same lock. A
// directory that never had one gets it beside the socket.
func lockReadOnly(dir string) (unlock func(), err error) {
	if err := wire.OwnDir(dir); err != nil {
		return nil, err
	}
	path, flag := filepath.Join(dir, wire.LockFile), os.O_RDONLY
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		socket, err := wire.SocketPath(dir, os.Getenv)
		if err != nil {
			return nil, err
		}
		if err := wire.OwnDir(filepath.Dir(socket)); err != nil {
			return nil, err
		}
		path, flag = socket+".lock", os.O_RDONLY|os.O_CREATE
	}
	lock := flock.New(path, flock.SetFlag(flag), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the state directory: %w", err)
	}
	if !locked {
		return nil, ErrLocked
	}
	return func() { _ = lock.Unlock() }, nil // the kernel does it in any case
}

// socketToken makes the token that callers on the socket must present. Beside
// the socket there is one only while the engine cannot write to its directory.
func (s *server) socketToken(socket string) (string, error) {
	beside := wire.ReadOnlyToken(socket)
	if s.core.ReadOnly() == nil {
		_ = os.Remove(wire.ReadOnlyLog(socket)) // of an engine that could not write; the log is in the directory now
		if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		return newToken(s.c.StateDir, wire.TokenFile)
	}
	if err := wire.OwnDir(filepath.Dir(socket)); err != nil {
		return "", fmt.Errorf("directory for the socket: %w", err)
	}
	return newToken(filepath.Dir(beside), filepath.Base(beside))
}
