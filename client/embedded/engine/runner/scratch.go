package runner

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// RemoveScratch deletes a folder that a function could write to, with whatever
// modes it gave to what is in it. What stays is tried again at the next start.
func RemoveScratch(dir string) {
	if os.RemoveAll(dir) == nil {
		return
	}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			_ = os.Chmod(path, 0o700) // not ours to change: then it stays
		}
		return nil
	})
	_ = os.RemoveAll(dir) // see above
}

// errScratch says that a folder cannot be given to a next call.
var errScratch = errors.New("the scratch folder is not empty")

// stampGrain is more than the grain of a folder's time of change: only one that
// is older than that shows every change after it.
const stampGrain = time.Second

// emptyScratch deletes what a call left in the folder that the next one gets. A
// folder that has not changed since it was seen empty is not read again.
func (p *process) emptyScratch() error {
	info, err := os.Lstat(p.scratch)
	if err != nil {
		return err
	}
	changed := info.ModTime()
	if changed.Equal(p.unchanged) {
		return nil
	}
	p.unchanged = time.Time{}
	entries, err := os.ReadDir(p.scratch)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		if passed(changed.Add(stampGrain)) {
			p.unchanged = changed
		}
		return nil
	}
	for _, entry := range entries {
		RemoveScratch(filepath.Join(p.scratch, entry.Name()))
	}
	if left, err := os.ReadDir(p.scratch); err != nil || len(left) > 0 {
		return errScratch
	}
	return nil
}
