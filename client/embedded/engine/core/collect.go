package core

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fndeck/client/embedded/engine/store"
)

// fileLife is how long an uploaded file that no version was made from is kept.
const fileLife = 7 * 24 * time.Hour

// errUnsure is why nothing is collected from a damaged state.
var errUnsure = errors.New("code that nothing seems to refer to is kept, because a damaged row may: run fndeck doctor")

// collect deletes what nothing refers to any more: files that were uploaded
// long ago for functions that are gone, their archives and what was unpacked
// from them. It runs before the engine serves, so nothing is on its way in.
func (e *Core) collect() error {
	before := e.c.Clock().Add(-fileLife)
	stale, err := e.store.HasUnusedFiles(before)
	if err != nil {
		return err
	}
	unused, err := e.unusedCode()
	if err != nil || !stale && len(unused) == 0 {
		return err
	}
	sure, err := e.store.KnowsAllCode()
	if err != nil {
		return err
	}
	if !sure {
		return errUnsure
	}
	if stale {
		if err := e.store.Write(store.Durable, func(tx *store.Tx) error { return tx.DeleteUnusedFiles(before) }); err != nil {
			return err
		}
		if unused, err = e.unusedCode(); err != nil {
			return err
		}
	}
	for _, path := range unused {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// unusedCode lists the archives, uploads that were cut and unpacked code that
// nothing refers to.
func (e *Core) unusedCode() (paths []string, err error) {
	shas, err := e.store.CodeInUse()
	if err != nil {
		return nil, err
	}
	used := make(map[string]bool, len(shas))
	for _, sha := range shas {
		used[sha] = true
	}
	for _, dir := range []string{codeDir, versionsDir} {
		entries, readErr := os.ReadDir(e.path(dir))
		err = errors.Join(err, readErr)
		for _, entry := range entries {
			if sha, _, _ := strings.Cut(entry.Name(), "."); !used[sha] {
				paths = append(paths, filepath.Join(e.path(dir), entry.Name()))
			}
		}
	}
	return paths, err
}

// removePortion is how many rows of deleted functions are removed in one write:
// others wait no longer than that takes.
const removePortion = 500

// removeDeleted removes what is left of deleted functions, in portions. A crash
// on the way is made good by the next start.
func (e *Core) removeDeleted() {
	defer e.guard("removal", 0, func(string) {})
	functions, err := e.store.Deletions()
	for _, id := range functions {
		for more := true; more && err == nil && e.ctx.Err() == nil; {
			err = e.store.Write(store.Relaxed, func(tx *store.Tx) (err error) {
				more, err = tx.RemoveDeleted(id, removePortion)
				return err
			})
		}
	}
	if err != nil {
		e.c.Logger.Error("remove the calls of deleted functions", "error", err)
	}
}
