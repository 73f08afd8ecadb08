package disk

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"sync"
)

const (
	// BallastFile in the state directory takes room that nobody uses.
	BallastFile = "ballast"
	// BallastBytes is what it takes, and so what can still be written once the
	// disk is full.
	BallastBytes = 1 << 20
)

// Room guards the room of a state directory. It is safe for concurrent use.
type Room struct {
	dir string
	// refused is why nothing can be written at all.
	refused error

	mu      sync.Mutex
	ballast bool
}

// Guard makes the ballast, if there is room for it. A disk that is full at the
// start loses it at once: the engine must be able to start and say so.
func Guard(dir string) *Room {
	r := &Room{dir: dir}
	if free, err := FreeBytes(dir); err == nil && free < BallastBytes/2 {
		r.Release()
		return r
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.load()
	return r
}

// Check is asked before anything new begins: it returns the error of a full disk
// unless the ballast is in place, or can be made again, and needBytes are free
// beside it. What ends, such as a call's outcome, need not ask.
func (r *Room) Check(needBytes int64) error {
	if r.refused != nil {
		return r.refused
	}
	free, err := FreeBytes(r.dir)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ballast && free >= 2*BallastBytes {
		r.load()
	}
	switch {
	case !r.ballast:
		return Full(r.dir, needBytes+2*BallastBytes, nil)
	case free < needBytes:
		return Full(r.dir, needBytes, nil)
	}
	return nil
}

// Release gives the ballast up, so that what has happened can be recorded on a
// full disk. It reports whether there was some.
func (r *Room) Release() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ballast = false
	return os.Remove(filepath.Join(r.dir, BallastFile)) == nil
}

// Explain turns an error of a full disk into its sentence; others pass.
func (r *Room) Explain(err error, needBytes int64) error {
	if !IsFull(err) {
		return err
	}
	return Full(r.dir, needBytes, err)
}

// load makes the ballast; the lock is held. Its bytes are random, so that no
// file system can keep them in less than they are, and written, so that the
// blocks are really taken.
func (r *Room) load() {
	path := filepath.Join(r.dir, BallastFile)
	if info, err := os.Stat(path); err == nil && info.Size() == BallastBytes {
		r.ballast = true
		return
	}
	content := make([]byte, BallastBytes)
	_, _ = rand.Read(content) // it never fails, see its documentation
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return // tried again when something new begins
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(path) // a part of it would count as the whole
		return
	}
	r.ballast = true
}
