package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"fndeck/client/embedded/engine/disk"
)

// Replace salvages a damaged database into a new one in its place. Nobody may
// have it open. setAside is given each file of the old one, to give it a second
// name that is durable; only then does the old lose its place, and last of all
// the new one takes it: a cut leaves the one or the other, never a new database
// with the journal of the old.
func Replace(ctx context.Context, path string, setAside func(path string) error, clock func() time.Time) (Salvaged, error) {
	repaired := path + ".repaired"
	for _, left := range append([]string{""}, Companions()...) {
		if err := os.Remove(repaired + left); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Salvaged{}, err
		}
	}
	report, err := Salvage(ctx, path, repaired, clock)
	if err != nil {
		return report, err
	}
	for _, end := range append([]string{""}, Companions()...) {
		if _, err := os.Lstat(path + end); err != nil {
			continue // not there
		}
		if err := setAside(path + end); err != nil {
			return report, err
		}
	}
	for _, end := range Companions() {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return report, err
		}
	}
	if err := disk.SyncDir(filepath.Dir(path)); err != nil {
		return report, err
	}
	if err := os.Rename(repaired, path); err != nil {
		return report, err
	}
	return report, disk.SyncDir(filepath.Dir(path))
}
