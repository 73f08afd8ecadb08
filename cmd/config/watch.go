package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
	seen []stamp
	// there says that the configuration file could be read once.
	there bool
}

// stamp tells one state of a file from another. The mode is in it because a file
// is also refused, or mended, by its mode alone.
type stamp struct {
	path     string
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
	f.there = err == nil
	switch {
	case err == nil:
		return c, f.path != "", nil
	case f.named && errors.Is(err, fs.ErrNotExist):
		return nil, false, &client.Error{Code: client.CodeInvalid, Message: "configuration " + f.path + " does not exist"}
	case c != nil:
		return c, false, nil
	}
	return nil, false, err
}

// LoadChanged is Load if the file is not as it was when it was read last, and nil
// otherwise. A file that is gone is an error: the marks of a context are not
// lifted because an editor is about to put the file back.
func (f *File) LoadChanged() (*Config, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.look()
	if slices.Equal(now, f.seen) {
		return nil, nil
	}
	f.seen = now
	c, err := f.read()
	switch {
	case err == nil:
		f.there = true
	case c == nil:
	case !f.there:
		return c, nil
	default:
		return nil, &client.Error{Code: client.CodeInvalid, Message: f.path + " is gone"}
	}
	return c, err
}

// read reads the file and those of the contexts beside it. Without the file the
// contexts come with its error, fs.ErrNotExist.
func (f *File) read() (*Config, error) {
	if f.path == "" {
		return Default(), nil
	}
	if !f.named {
		if err := OwnDir(filepath.Dir(f.path)); err != nil {
			return nil, err
		}
	}
	c, missing := Read(f.path, f.env)
	if missing != nil && (f.named || !errors.Is(missing, fs.ErrNotExist)) {
		return nil, missing
	}
	if missing != nil {
		c = Default()
	}
	if err := c.readContexts(ContextsDir(f.path), f.env); err != nil {
		return nil, err
	}
	return c, missing
}

// look is how the files are now: the configuration first, with the zero stamp where
// there is none, then the contexts.
func (f *File) look() []stamp {
	if f.path == "" {
		return nil
	}
	paths, _ := contextFiles(ContextsDir(f.path)) // What cannot be read is told by who reads it.
	stamps := []stamp{stampOf(f.path)}
	for _, path := range paths {
		stamps = append(stamps, stampOf(path))
	}
	return stamps
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	s := stamp{path: path, modified: info.ModTime(), size: info.Size(), mode: info.Mode()}
	if system, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode = system.Ino
	}
	return s
}
