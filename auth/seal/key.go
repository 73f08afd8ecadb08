package seal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"fndeck/auth/privatefile"
)

// keyBytes is the length of a key for AES-256.
const keyBytes = 32

// NewKey makes a key.
func NewKey() ([]byte, error) {
	key := make([]byte, keyBytes)
	_, err := rand.Read(key)
	return key, err
}

// find gets the key from where it lies.
func (s *Sealer) find() ([]byte, error) {
	if s.elsewhere == nil {
		key, err := s.key()
		if err != nil {
			err = fmt.Errorf("the key for secrets: %w", err)
		}
		return key, err
	}
	key, err := s.elsewhere()
	if err == nil && len(key) != keyBytes {
		err = fmt.Errorf("the key in %s is damaged: %d bytes instead of %d", s.path, len(key), keyBytes)
	}
	return key, err
}

func (s *Sealer) key() ([]byte, error) {
	info, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) && s.named {
		return nil, fmt.Errorf("%s does not exist: a key is made with head -c %d /dev/urandom", s.path, keyBytes)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return s.newKey()
	}
	if err != nil {
		return nil, err
	}
	// What a service manager hands over belongs to it, and its group bits are those
	// of an access list.
	others := fs.FileMode(0o077)
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && s.named && int(stat.Uid) != os.Geteuid() {
		others = 0o037
	}
	if info.Mode().Perm()&others != 0 {
		return nil, fmt.Errorf("%s is readable by others: chmod 600 %s", s.path, s.path)
	}
	key, err := os.ReadFile(s.path)
	if err == nil && len(key) != keyBytes {
		err = fmt.Errorf("%s is damaged: %d bytes instead of %d", s.path, len(key), keyBytes)
	}
	return key, err
}

func (s *Sealer) newKey() ([]byte, error) {
	key, err := NewKey()
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(s.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	// Two processes may come here at once: the first one's key is the key of both.
	temp, err := os.CreateTemp(dir, ".key-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(temp.Name()) }() // linked under its real name
	if _, err := temp.Write(key); err != nil {
		return nil, errors.Join(err, temp.Close())
	}
	if err := errors.Join(temp.Sync(), temp.Close()); err != nil {
		return nil, err
	}
	err = os.Link(temp.Name(), s.path)
	if errors.Is(err, fs.ErrExist) {
		return s.key()
	}
	return key, errors.Join(err, privatefile.SyncDir(dir))
}
