package external

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// prefix begins the name of each directory with a text that is being edited.
const prefix = "edit-"

// Sweep removes what a console has left behind that was killed while an editor was
// open. A directory that a console still holds stays, whoever's it is.
func (e Editor) Sweep() error {
	entries, err := os.ReadDir(e.Dir)
	if err != nil {
		return fmt.Errorf("look for texts that were left behind: %w", err)
	}
	var failed error
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), prefix) {
			continue
		}
		dir := filepath.Join(e.Dir, entry.Name())
		held, err := hold(dir)
		if err != nil {
			continue // Another console has it, or has just removed it.
		}
		if err := errors.Join(os.RemoveAll(dir), held.Close()); err != nil {
			failed = errors.Join(failed, fmt.Errorf("remove a text that was left behind: %w", err))
		}
	}
	return failed
}

// hold takes a directory for this process: the kernel gives it back when the file is
// closed or the process ends, however it does.
func hold(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
