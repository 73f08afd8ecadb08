// Package privatefile reads files that hold secrets. It refuses what others
// could read or have put there: the content is then not used, not even once.
package privatefile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// ErrUnsafe is behind the refusal of a file that is not its owner's alone.
var ErrUnsafe = errors.New("the file is not private")

// Read returns the content of a file of at most limit bytes. It refuses with
// ErrUnsafe a symbolic link, what is no regular file, another owner than the
// effective user, and any right of group and others; the sentence holds the
// command that mends it.
func Read(path string, limit int64) ([]byte, error) {
	file, err := open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return text, nil
}

// Check refuses what Read refuses, without reading the file.
func Check(path string) error {
	file, err := open(path)
	if err != nil {
		return err
	}
	return file.Close()
}

// Dir makes a directory for the user alone, or refuses with ErrUnsafe one that others
// own or can use: they could put files of their own in the place of ours.
func Dir(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := owned(path, info); err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s can be used by others (mode %04o): chmod 700 %s: %w", path, mode, path, ErrUnsafe)
	}
	return nil
}

// open opens a file that passes judge.
func open(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("%s is a symbolic link: name the file itself: %w", path, ErrUnsafe)
	}
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		err = judge(path, info)
	}
	if err != nil {
		_ = file.Close() // it is not used
		return nil, err
	}
	return file, nil
}

// judge looks at the open file, so that nobody can exchange it in between.
func judge(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file: %w", path, ErrUnsafe)
	}
	if err := owned(path, info); err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s can be used by others (mode %04o): chmod 600 %s: %w", path, mode, path, ErrUnsafe)
	}
	return nil
}

func owned(path string, info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to the user with id %d: only its owner may use it: %w", path, stat.Uid, ErrUnsafe)
	}
	return nil
}
