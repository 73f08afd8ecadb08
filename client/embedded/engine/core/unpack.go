package core

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
)

// bootIDFile names the present boot of this machine.
const bootIDFile = "/proc/sys/kernel/random/boot_id"

// unpackOnce returns versions/<sha>, filled by fill if it is not complete. The
// mark beside it holds the boot that filled it: files are not synced one by
// one, so what an earlier boot unpacked may have been lost with its power and
// is unpacked again.
func (e *Core) unpackOnce(sha string, fill func(dir string) error) (string, error) {
	dir, mark := e.path(versionsDir, sha), e.path(versionsDir, sha+".complete")
	unlock := e.pool.lockCode(sha)
	defer unlock()
	boot := bootID()
	if have, err := os.ReadFile(mark); err == nil && string(have) == boot {
		return dir, nil
	}
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
		return "", err
	}
	if err := fill(dir); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, renameio.WriteFile(mark, []byte(boot), 0o600)
}

func bootID() string {
	id, err := os.ReadFile(bootIDFile)
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(id))
}

// sweepUnpacked deletes unpacked code without a mark.
func (e *Core) sweepUnpacked() error {
	entries, err := os.ReadDir(e.path(versionsDir))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasSuffix(name, ".complete") {
			continue
		}
		if _, missing := os.Stat(e.path(versionsDir, name+".complete")); missing != nil {
			err = errors.Join(err, os.RemoveAll(filepath.Join(e.path(versionsDir), name)))
		}
	}
	return err
}
