package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// file is a file that grows at its end and is put aside when it is large. It is
// not safe for concurrent use.
type file struct {
	path     string
	maxBytes int64
	// keep is how many files there are at most, the growing one included; 0 means
	// that none is ever deleted.
	keep int

	f    *os.File
	size int64
}

// open opens the file to append to it.
func (l *file) open() error {
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.f, l.size = f, info.Size()
	return nil
}

// write appends whole lines. What fails leaves nothing: a torn line would be
// taken for one that somebody forged.
func (l *file) write(lines []byte) error {
	n, err := l.f.Write(lines)
	if err != nil {
		if n > 0 {
			err = errors.Join(err, l.f.Truncate(l.size))
		}
		return err
	}
	l.size += int64(n)
	return nil
}

// isFull reports whether the file is to be put aside.
func (l *file) isFull() bool { return l.size >= l.maxBytes }

// putAside renames the file, so that the next open begins a new one. Where some
// are deleted the newest has number 1; where all are kept the oldest has.
func (l *file) putAside() error {
	if l.keep == 0 {
		return os.Rename(l.path, l.numbered(l.highest()+1))
	}
	for n := l.keep - 1; n > 0; n-- {
		from := l.path
		if n > 1 {
			from = l.numbered(n - 1)
		}
		if err := os.Rename(from, l.numbered(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (l *file) numbered(n int) string { return fmt.Sprintf("%s.%d", l.path, n) }

// highest is the highest number that a file put aside has.
func (l *file) highest() (highest int) {
	names, _ := filepath.Glob(l.path + ".*") // a state directory with a pattern in its name only loses order
	for _, name := range names {
		if n, err := strconv.Atoi(strings.TrimPrefix(name, l.path+".")); err == nil {
			highest = max(highest, n)
		}
	}
	return highest
}
