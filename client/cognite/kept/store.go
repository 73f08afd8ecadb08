package kept

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"fndeck/auth/privatefile"
	"fndeck/auth/seal"
)

const (
	lineageDir = "functions"
	zipDir     = "zips"
	lockFile   = "lock"
)

// Store is a project's directory on this machine. It is safe for concurrent use,
// also by other programs.
type Store struct {
	dir    string
	sealer *seal.Sealer
}

// Open returns the store in a directory, which is made when it is first written
// to. It does no I/O.
func Open(dir string, sealer *seal.Sealer) *Store { return &Store{dir, sealer} }

// Dir is the directory below which others may keep what belongs to the project.
func (s *Store) Dir() string { return s.dir }

// NewKey makes a key for a lineage or the id of an operation.
func NewKey() string {
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // it never fails, see its documentation
	return hex.EncodeToString(raw[:])
}

// Lineages reads all lineages.
func (s *Store) Lineages() ([]Lineage, error) {
	names, err := os.ReadDir(filepath.Join(s.dir, lineageDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Lineage
	for _, entry := range names {
		key, ok := strings.CutSuffix(entry.Name(), ".json")
		if !ok {
			continue // a file on its way to its name
		}
		l, err := s.read(key)
		if errors.Is(err, fs.ErrNotExist) {
			continue // forgotten in between
		}
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

// Find returns the lineage that has or had an id.
func (s *Store) Find(id string) (l Lineage, ok bool, err error) {
	all, err := s.Lineages()
	if err != nil {
		return l, false, err
	}
	i := slices.IndexFunc(all, func(l Lineage) bool { return l.Has(id) })
	if i < 0 {
		return l, false, nil
	}
	return all[i], true, nil
}

// Get reads a lineage by its key.
func (s *Store) Get(key string) (Lineage, error) { return s.read(key) }

// Update changes a lineage, which is made if there is none of the key. It returns
// once the change is durable.
func (s *Store) Update(key string, change func(*Lineage) error) error {
	return s.locked(func() error {
		l, err := s.read(key)
		if errors.Is(err, fs.ErrNotExist) {
			l, err = Lineage{Key: key}, nil
		}
		if err != nil {
			return err
		}
		if err := change(&l); err != nil {
			return err
		}
		text, err := json.Marshal(l)
		if err != nil {
			return err
		}
		return write(s.path(key), text)
	})
}

// Forget drops a lineage, and the zips that only it has needed.
func (s *Store) Forget(key string) error {
	err := s.locked(func() error {
		err := os.Remove(s.path(key))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return errors.Join(err, privatefile.SyncDir(filepath.Join(s.dir, lineageDir)))
	})
	return errors.Join(err, s.Sweep())
}

func (s *Store) path(key string) string { return filepath.Join(s.dir, lineageDir, key+".json") }

func (s *Store) read(key string) (l Lineage, err error) {
	text, err := os.ReadFile(s.path(key))
	if err != nil {
		return l, err
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, fmt.Errorf("%s is damaged: %w", s.path(key), err)
	}
	return l, nil
}

// locked runs a change while no other program makes one.
func (s *Store) locked(change func() error) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(s.dir, lockFile), flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("lock %s: %w", s.dir, err)
	}
	defer func() { _ = lock.Unlock() }() // the kernel does it in any case
	return change()
}
