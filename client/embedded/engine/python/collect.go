package python

import (
	"errors"
	"os"
	"path/filepath"
	"time"
)

// Collect deletes the environments that are not named in used and that nobody
// asked for since a time. They can be built again.
func (e *Environments) Collect(used map[string]bool, since time.Time) (err error) {
	entries, err := os.ReadDir(e.Dir)
	for _, entry := range entries {
		if !used[entry.Name()] {
			err = errors.Join(err, e.collectOne(entry.Name(), since))
		}
	}
	return err
}

func (e *Environments) collectOne(name string, since time.Time) error {
	gone := filepath.Join(e.Dir, ".collected-"+name)
	moved, err := e.moveUnused(name, gone, since)
	if !moved || err != nil {
		return err
	}
	return os.RemoveAll(gone)
}

// moveUnused moves an environment away, so that nobody is given what is being
// deleted. What a crash leaves has no mark where it is looked for.
func (e *Environments) moveUnused(name, to string, since time.Time) (moved bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	info, err := os.Stat(filepath.Join(e.Dir, name, mark))
	if err != nil || e.builds[name] != nil || info.ModTime().After(since) {
		return false, nil // a half-built one is wiped elsewhere
	}
	return true, errors.Join(os.Remove(filepath.Join(e.Dir, name, mark)), os.Rename(filepath.Join(e.Dir, name), to))
}

// touch records that somebody asked for an environment: emptying the empty mark
// sets its time, and unlike writing it anew waits for no disk. Where that fails,
// the environment goes earlier.
func (e *Environments) touch(name string) {
	if f, err := os.OpenFile(filepath.Join(e.Dir, name, mark), os.O_WRONLY|os.O_TRUNC, 0); err == nil {
		_ = f.Close() // nothing was written
	}
}
