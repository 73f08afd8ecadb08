package tokenstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"fndeck/auth/privatefile"
)

// Fault is what is wrong with one file of the store: privatefile.ErrUnsafe, or
// ErrSetAside for one that lies there renamed.
type Fault struct {
	Path string
	Err  error
}

// Faults looks at every file of the store and changes none. A store that nobody has
// signed in to has none.
func (s *Store) Faults() ([]Fault, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var faults []Fault
	for _, entry := range entries {
		path := filepath.Join(s.dir, entry.Name())
		switch filepath.Ext(path) {
		case ".json", ".lock":
			if err := privatefile.Check(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				faults = append(faults, Fault{path, err})
			}
		case ".bad":
			faults = append(faults, Fault{path, ErrSetAside})
		}
	}
	return faults, err
}
