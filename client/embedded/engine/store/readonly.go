package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// OpenReadOnly opens a state in a directory that nothing can be written to, for
// why, which every write then returns. Nobody else may change it meanwhile.
//
// SQLite reads such a file as it lies, which is right only if its journal is
// empty: what a killed engine left in the journal is part of the state. Then a
// private copy is read, where SQLite can put the two together.
func OpenReadOnly(dir string, clock func() time.Time, why error) (*Store, error) {
	path, options := filepath.Join(dir, fileName), "?immutable=1&mode=ro"
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w, and there is no state in it", why)
	}
	s := &Store{
		dir: dir, clock: clock, refused: why, epoch: newEpoch(),
		changed: make(chan struct{}), reads: map[string]*sql.Stmt{}, statements: map[string]*sql.Stmt{},
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		if s.copied, err = copyState(dir); err != nil {
			return nil, err
		}
		path, options = filepath.Join(s.copied, fileName), "?_pragma=busy_timeout(5000)"
	}
	s.source = "file:" + path + options
	read, err := sql.Open("sqlite", s.source+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.copied))
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	s.read = read
	if err := s.startReading(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, explain(err)), s.Close())
	}
	return s, nil
}

func (s *Store) startReading() error {
	var layout int
	if err := s.read.QueryRow(`PRAGMA user_version`).Scan(&layout); err != nil {
		return err
	}
	if layout < summedLayout || layout > schemaVersion {
		return fmt.Errorf("the state has layout %d and this fndeck reads layout %d: bringing it up to date needs a writable directory", layout, schemaVersion)
	}
	return nil
}

// copyState copies the database and its journal to a private directory.
func copyState(dir string) (copied string, err error) {
	if copied, err = os.MkdirTemp("", "fndeck-read-"); err != nil { // 0700
		return "", err
	}
	for _, name := range []string{fileName, fileName + "-wal"} {
		if err = copyFile(filepath.Join(dir, name), filepath.Join(copied, name)); err != nil {
			return "", errors.Join(fmt.Errorf("copy the state to read it: %w", err), os.RemoveAll(copied))
		}
	}
	return copied, nil
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // only read
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
