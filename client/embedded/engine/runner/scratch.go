package runner

import (
	"io/fs"
	"os"
	"path/filepath"
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
