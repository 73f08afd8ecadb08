package doctor

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"

	"fndeck/client/embedded/wire"
)

func ownerOf(info fs.FileInfo) (uid int, known bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}

// writable asks the kernel, which also knows of read-only mounts.
func writable(dir string) error {
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return &fs.PathError{Op: "write to", Path: dir, Err: err}
	}
	return nil
}

// existingParent is the nearest directory above that is there.
func existingParent(dir string) string {
	for {
		parent := filepath.Dir(dir)
		if _, err := os.Stat(parent); err == nil || parent == dir {
			return parent
		}
		dir = parent
	}
}

// wide is a file or directory that others can use.
type wide struct {
	path       string
	have, want fs.FileMode
}

// tooWide lists what others can use of a state directory: the directory itself
// and what lies in it. Deeper down nobody else gets, if these are right.
func tooWide(dir string) (all []wide) {
	look := func(path string) {
		info, err := os.Lstat(path)
		if err != nil || info.Mode().Perm()&0o077 == 0 {
			return
		}
		switch {
		case info.IsDir():
			all = append(all, wide{path, info.Mode().Perm(), 0o700})
		case info.Mode().IsRegular():
			all = append(all, wide{path, info.Mode().Perm(), 0o600})
		}
	}
	look(dir)
	entries, _ := os.ReadDir(dir) // what cannot be listed is reported as not writable
	for _, entry := range entries {
		look(filepath.Join(dir, entry.Name()))
	}
	return all
}

// locked reports whether a process holds a state directory.
func locked(dir string) bool {
	path := filepath.Join(dir, wire.LockFile)
	if _, err := os.Stat(path); err != nil {
		return false // looking must not make it
	}
	lock := flock.New(path)
	free, err := lock.TryLock()
	if free {
		_ = lock.Unlock() // the kernel does it in any case
	}
	return err == nil && !free
}
