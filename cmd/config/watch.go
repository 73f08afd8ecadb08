package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"fndeck/client"
)

// File is a place where a configuration may stand. It remembers what it has read,
// so that a look at an unchanged file costs one question to the file system. It is
// safe for concurrent use.
type File struct {
	path  string
	named bool
	env   func(string) string

	mu   sync.Mutex
	seen stamp
}

// stamp tells one state of a file from another. The mode is in it because a file
// is also refused, or mended, by its mode alone.
type stamp struct {
	modified time.Time
	size     int64
	inode    uint64
	mode     fs.FileMode
}

// NewFile is the file at path, which may be empty where no place is known. One
// that the operator named must exist.
func NewFile(path string, named bool, env func(string) string) *File {
	return &File{path: path, named: named, env: env}
}

// Load reads the file. Without one it returns the defaults, and found is false.
func (f *File) Load() (c *Config, found bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	// Before it is read: a change meanwhile is then seen at the next look.
	f.seen = f.look()
	c, err = f.read()
	switch {
	case err == nil:
		return c, f.path != "", nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, false, err
	case f.named:
		return nil, false, &client.Error{Code: client.CodeInvalid, Message: "configuration " + f.path + " does not exist"}
	}
	return Default(), false, nil
}

// LoadChanged is Load if the file is not as it was when it was read last, and nil
// otherwise. A file that is gone is an error: the marks of a context are not
// lifted because an editor is about to put the file back.
func (f *File) LoadChanged() (*Config, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.look()
	if now == f.seen {
		return nil, nil
	}
	f.seen = now
	c, err := f.read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &client.Error{Code: client.CodeInvalid, Message: f.path + " is gone"}
	}
	return c, err
}

func (f *File) read() (*Config, error) {
	if f.path == "" {
		return Default(), nil
	}
	if !f.named {
		if err := OwnDir(filepath.Dir(f.path)); err != nil {
			return nil, err
		}
	}
	return Read(f.path, f.env)
}

// look is the zero stamp where there is no file.
func (f *File) look() stamp {
	if f.path == "" {
		return stamp{}
	}
	info, err := os.Stat(f.path)
	if err != nil {
		return stamp{}
	}
	s := stamp{modified: info.ModTime(), size: info.Size(), mode: info.Mode()}
	if system, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode = system.Ino
	}
	return s
}
