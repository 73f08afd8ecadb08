package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"fndeck/client/embedded/engine/backup"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/journal"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

// Lock takes a state directory for this process, so that no engine starts on it,
// and brings a restore to its end that was cut. It returns ErrLocked if another
// process has it.
func Lock(dir string) (unlock func(), err error) { return lockState(dir) }

// lockState takes a state directory for this process and brings a restore to
// its end that was cut. It returns ErrLocked if another process has it; a lock
// is the kernel's and cannot be stale.
func lockState(dir string) (unlock func(), err error) {
	if err := wire.OwnDir(dir); err != nil {
		return nil, err
	}
	if why := disk.Writable(dir); why != nil {
		return nil, why
	}
	lock := flock.New(filepath.Join(dir, wire.LockFile), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the state directory: %w", err)
	}
	if !locked {
		return nil, ErrLocked
	}
	unlock = func() { _ = lock.Unlock() } // the kernel does it in any case
	if _, err := backup.Resume(dir); err != nil {
		unlock()
		return nil, fmt.Errorf("complete a restore that was cut: %w", err)
	}
	return unlock, nil
}

// Backup writes a backup of a state that no engine serves; a running one writes
// its own. It returns ErrLocked if one does.
func Backup(ctx context.Context, dir, version string, now time.Time, to io.Writer) error {
	if _, err := os.Stat(dir); err != nil {
		return err // looking must not make it
	}
	if why := disk.Writable(dir); why != nil {
		return backupReadOnly(ctx, dir, version, now, why, to)
	}
	unlock, err := lockState(dir)
	if err != nil {
		return err
	}
	defer unlock()
	scratch := filepath.Join(dir, "scratch") // what a kill leaves in it, the next engine clears away
	if err := os.MkdirAll(scratch, 0o700); err != nil {
		return err
	}
	_, err = backup.Source{StateDir: dir, Scratch: scratch, Version: version, Created: now}.Write(ctx, to)
	return err
}

// backupReadOnly is Backup for a directory that nothing can be written to.
func backupReadOnly(ctx context.Context, dir, version string, now time.Time, why error, to io.Writer) error {
	unlock, err := lockReadOnly(dir)
	if err != nil {
		return err
	}
	defer unlock()
	s, err := store.OpenReadOnly(dir, func() time.Time { return now }, why)
	if err != nil {
		return err
	}
	_, err = backup.Source{StateDir: dir, Scratch: os.TempDir(), Version: version, Created: now, Snapshot: s.Snapshot}.Write(ctx, to)
	return errors.Join(err, s.Close())
}

// Restore puts a backup in the place of the state of a directory, which no
// engine may serve. It returns what it held and where the old state was put,
// empty if there was none.
func Restore(ctx context.Context, dir, archive string, now time.Time) (backup.Manifest, string, error) {
	unlock, err := lockState(dir)
	if err != nil {
		return backup.Manifest{}, "", err
	}
	defer unlock()
	m, aside, err := backup.Restore(ctx, dir, archive, now, nil)
	return m, aside, errors.Join(err, recordRestore(dir, archive, now, err))
}

// recordRestore writes a restore into the audit trail, which is no part of the
// state that is replaced.
func recordRestore(dir, archive string, now time.Time, failure error) error {
	audit, err := journal.OpenAudit(filepath.Join(dir, journal.AuditFile), nil)
	if err != nil {
		return err
	}
	entry := journal.Entry{Time: now.UTC(), User: core.Subject(), Remote: "command line", Action: "engine.restore", Object: archive, Result: "ok"}
	if failure != nil {
		entry.Result = failure.Error()
	}
	return errors.Join(audit.Record(entry), audit.Close())
}
