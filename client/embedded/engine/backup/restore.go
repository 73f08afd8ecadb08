package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/store"
)

const (
	// stagingDir holds what is being unpacked; it is worth nothing.
	stagingDir = "restore.staging"
	// readyDir holds a state that is complete, verified and durable. That it
	// exists is the decision: from then on the restore is carried through.
	readyDir = "restore.ready"
	// asideFile in it names the directory that the old state goes to.
	asideFile = "aside"
	codeDir   = "code"
	// AsidePrefix begins the names of the directories with states that were
	// replaced.
	AsidePrefix = "before-restore-"
)

// Restore puts a backup in the place of the state of stateDir. The caller holds
// the lock of the directory. It returns where the old state was put, empty if
// there was none. step is told of each point that a crash may fall on; nil for
// nobody.
func Restore(ctx context.Context, stateDir, archive string, now time.Time, step func(point string)) (m Manifest, aside string, err error) {
	if step == nil {
		step = func(string) {}
	}
	if _, err := Resume(stateDir); err != nil {
		return m, "", fmt.Errorf("complete an earlier restore: %w", err)
	}
	staging := filepath.Join(stateDir, stagingDir)
	if err := os.MkdirAll(filepath.Join(staging, codeDir), 0o700); err != nil {
		return m, "", err
	}
	if m, err = stage(ctx, stateDir, staging, archive, now, step); err != nil {
		return m, "", errors.Join(err, os.RemoveAll(staging))
	}
	name := AsidePrefix + now.UTC().Format("20060102T150405.000Z")
	if err := seal(staging, name); err != nil {
		return m, "", errors.Join(err, os.RemoveAll(staging))
	}
	step("sealed")
	if err := os.Rename(staging, filepath.Join(stateDir, readyDir)); err != nil {
		return m, "", errors.Join(err, os.RemoveAll(staging))
	}
	if err := disk.SyncDir(stateDir); err != nil {
		return m, "", err
	}
	step("decided")
	aside, err = carryThrough(stateDir, step)
	return m, aside, err
}

// stage unpacks and verifies a backup beside the state.
func stage(ctx context.Context, stateDir, staging, archive string, now time.Time, step func(string)) (m Manifest, err error) {
	from, err := os.Open(archive)
	if err != nil {
		return m, err
	}
	defer func() { _ = from.Close() }() // only read
	m, err = Read(ctx, from, func(e Entry, content io.Reader) error {
		step("staging " + e.Name)
		return writeSynced(filepath.Join(staging, filepath.FromSlash(e.Name)), content)
	})
	if err != nil {
		return m, fmt.Errorf("%s: %w", archive, err)
	}
	database := filepath.Join(staging, databaseName)
	held, err := store.Inspect(ctx, database)
	if err != nil {
		return m, fmt.Errorf("%s: %w", archive, err)
	}
	if lacking := m.lacks(held.Code); len(lacking) > 0 {
		return m, fmt.Errorf("%s: it is damaged: it lacks %s", archive, strings.Join(lacking, ", "))
	}
	step("verified")
	// Ids go on above those of the state that is replaced, as far as that can
	// still be read: what somebody noted must not come to mean something else.
	reserved := held.ReservedID
	if old, err := store.ReservedID(ctx, stateDir); err == nil {
		reserved = max(reserved, old)
	}
	return m, store.Renew(ctx, database, reserved, now)
}

func writeSynced(path string, content io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// seal makes a staged state durable.
func seal(staging, aside string) error {
	if err := renameio.WriteFile(filepath.Join(staging, asideFile), []byte(aside), 0o600); err != nil {
		return err
	}
	database, err := os.Open(filepath.Join(staging, databaseName))
	if err != nil {
		return err
	}
	return errors.Join(database.Sync(), database.Close(), disk.SyncDir(filepath.Join(staging, codeDir)), disk.SyncDir(staging))
}

// Resume carries a restore through that was cut after it was decided, and clears
// away one that was cut before. It returns where the old state was put, empty
// where nothing was decided. Whoever opens a state directory calls it first,
// under its lock.
func Resume(stateDir string) (aside string, err error) {
	if err := os.RemoveAll(filepath.Join(stateDir, stagingDir)); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(stateDir, readyDir)); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	return carryThrough(stateDir, func(string) {})
}

// Unfinished reports whether a restore was decided and not carried through.
func Unfinished(stateDir string) bool { return exists(filepath.Join(stateDir, readyDir)) }

// Aside lists the directories with states that were replaced.
func Aside(stateDir string) (dirs []string) {
	entries, _ := os.ReadDir(stateDir) // one that cannot be read has none to show
	for _, entry := range entries {
		if entry.IsDir() && strings.HasPrefix(entry.Name(), AsidePrefix) {
			dirs = append(dirs, filepath.Join(stateDir, entry.Name()))
		}
	}
	return dirs
}

// carryThrough swaps the states. Each step may be repeated: what has been moved
// already is not there to be moved again. The new database moves last, so that
// it stands in place only beside its code.
func carryThrough(stateDir string, step func(string)) (aside string, err error) {
	ready := filepath.Join(stateDir, readyDir)
	name, err := os.ReadFile(filepath.Join(ready, asideFile))
	if errors.Is(err, fs.ErrNotExist) && !exists(filepath.Join(ready, databaseName)) {
		return "", os.RemoveAll(ready) // all was moved: only the clearing was cut
	}
	if err != nil {
		return "", err
	}
	aside = filepath.Join(stateDir, string(name))
	if filepath.Base(aside) != string(name) || !strings.HasPrefix(string(name), AsidePrefix) {
		return "", fmt.Errorf("%s names %q", filepath.Join(ready, asideFile), name)
	}
	if err := os.MkdirAll(aside, 0o700); err != nil {
		return "", err
	}
	if exists(filepath.Join(ready, databaseName)) {
		for _, old := range append([]string{databaseName}, companions()...) {
			if err := move(filepath.Join(stateDir, old), filepath.Join(aside, old)); err != nil {
				return "", err
			}
			step("aside " + old)
		}
		if exists(filepath.Join(ready, codeDir)) {
			err := move(filepath.Join(stateDir, codeDir), filepath.Join(aside, codeDir))
			step("aside code")
			if err = errors.Join(err, move(filepath.Join(ready, codeDir), filepath.Join(stateDir, codeDir))); err != nil {
				return "", err
			}
			step("code")
		}
		if err := errors.Join(disk.SyncDir(aside), disk.SyncDir(stateDir)); err != nil {
			return "", err
		}
		if err := move(filepath.Join(ready, databaseName), filepath.Join(stateDir, databaseName)); err != nil {
			return "", err
		}
		step("database")
	}
	if err := disk.SyncDir(stateDir); err != nil {
		return "", err
	}
	if os.Remove(aside) == nil { // it is empty: there was no state before
		aside = ""
	}
	return aside, errors.Join(os.RemoveAll(ready), disk.SyncDir(stateDir))
}

func companions() (names []string) {
	for _, ending := range store.Companions() {
		names = append(names, databaseName+ending)
	}
	return names
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// move renames what is there; what is not has been moved before.
func move(from, to string) error {
	err := os.Rename(from, to)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
