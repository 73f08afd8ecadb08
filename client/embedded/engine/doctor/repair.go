package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fndeck/client/embedded/engine"
	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

// Repair mends what can be mended, while no engine runs, and says what it did
// and what is lost, a sentence each. What is damaged is never deleted: it is
// set aside in a directory of the state directory that a sentence names. It
// returns engine.ErrLocked if an engine runs.
func Repair(ctx context.Context, s Setup) (done []string, err error) {
	if _, err := os.Stat(s.StateDir); err != nil {
		return nil, err
	}
	r := &repairing{Setup: s, ctx: ctx, aside: filepath.Join(s.StateDir, "damaged-"+s.Clock().UTC().Format("20060102T150405Z"))}
	if err := r.modes(); err != nil { // first: the lock refuses a directory that others can use
		return r.done, err
	}
	unlock, err := engine.Lock(s.StateDir)
	if err != nil {
		return r.done, err
	}
	defer unlock()
	if err := r.database(); err != nil {
		return r.done, err
	}
	return r.done, r.code()
}

type repairing struct {
	Setup
	ctx   context.Context
	aside string
	done  []string
}

func (r *repairing) say(format string, args ...any) {
	r.done = append(r.done, fmt.Sprintf(format, args...))
}

// modes takes from others what is not theirs.
func (r *repairing) modes() error {
	all := tooWide(r.StateDir)
	if info, err := os.Stat(r.KeyFile); err == nil && info.Mode().Perm()&0o077 != 0 {
		all = append(all, wide{r.KeyFile, info.Mode().Perm(), 0o600})
	}
	if path, err := wire.SocketPath(r.StateDir, r.Env); err == nil {
		dir := filepath.Dir(path)
		if info, err := os.Lstat(dir); err == nil && info.IsDir() && info.Mode().Perm()&0o077 != 0 {
			all = append(all, wide{dir, info.Mode().Perm(), 0o700})
		}
	}
	for _, w := range all {
		if err := os.Chmod(w.path, w.want); err != nil {
			return err
		}
		r.say("%s: mode %04o is now %04o", w.path, w.have, w.want)
	}
	return nil
}

// database replaces a damaged database by what can be salvaged of it.
func (r *repairing) database() error {
	c, err := store.Check(r.ctx, r.StateDir)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && c.Healthy():
		return nil
	case err != nil && !errors.Is(err, store.ErrDamaged):
		return err
	}
	report, err := store.Replace(r.ctx, c.Path, r.setAside, r.Clock)
	if err != nil {
		return fmt.Errorf("repair %s: %w", c.Path, err)
	}
	r.say("the damaged database is kept in %s", r.aside)
	r.say("brought over: functions: %d, schedules: %d, calls: %d", report.Rows["functions"], report.Rows["schedules"], report.Rows["calls"])
	for _, table := range slices.Sorted(maps.Keys(report.Lost)) {
		r.say("lost of %s: %d: %s", table, len(report.Lost[table]), strings.Join(report.Lost[table], ", "))
	}
	for _, sentence := range report.Changed {
		r.say("%s", sentence)
	}
	if report.Unreadable > 0 {
		r.say("pages that could not be read: %d; what stood on them alone is lost without a name", report.Unreadable)
	}
	if report.Unsure {
		r.say("the list of deleted pages was damaged too: rows that had been deleted may be back")
	}
	if report.Unreadable > 0 || len(report.Lost["versions"]) > 0 {
		return r.keepArchives()
	}
	return nil
}

// keepArchives keeps the code of versions that may be lost: the next engine
// deletes archives that nothing refers to.
func (r *repairing) keepArchives() error {
	archives, err := filepath.Glob(filepath.Join(r.StateDir, codeDir, "*.zip"))
	if err != nil || len(archives) == 0 {
		return err
	}
	for _, path := range archives {
		if err := r.link(path); err != nil {
			return err
		}
	}
	r.say("the code of all versions is kept there too, archives: %d", len(archives))
	return nil
}

// code sets archives aside that are not what their names say.
func (r *repairing) code() error {
	c, err := store.Check(r.ctx, r.StateDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, bad := range damagedArchives(r.StateDir, c.Code) {
		if _, err := os.Lstat(bad.path); err != nil {
			continue // missing: there is nothing to set aside
		}
		if err := r.setAside(bad.path); err != nil {
			return err
		}
		if err := os.Remove(bad.path); err != nil {
			return err
		}
		r.say("the code archive %s did not fit its hash and is in %s: redeploy the functions that use it", bad.sha, r.aside)
	}
	return nil
}

// setAside gives a file a second name in the directory of what is damaged, on
// the disk when it returns.
func (r *repairing) setAside(path string) error {
	if err := r.link(path); err != nil {
		return err
	}
	return errors.Join(disk.SyncDir(r.aside), disk.SyncDir(r.StateDir))
}

func (r *repairing) link(path string) error {
	if err := os.MkdirAll(r.aside, 0o700); err != nil {
		return err
	}
	err := os.Link(path, filepath.Join(r.aside, filepath.Base(path)))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
