package core

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"fndeck/client/embedded/engine/runner"
	"fndeck/client/embedded/engine/store"
)

// recover puts right what a crash left: no call stays Running, a deploy that
// was cut is Failed and one that had not begun is queued again, half-built
// folders and processes of dead calls are gone. The serving versions are not
// touched.
func (e *Core) recover() error {
	endSurvivors(e.path(scratchDir))
	open, err := e.store.OpenDeploys()
	if err != nil {
		return err
	}
	var again []store.Deploy
	err = e.store.Write(store.Durable, func(tx *store.Tx) error {
		failed, err := tx.FailRunning("engine restarted at " + e.started.UTC().Format(time.RFC3339))
		if err != nil {
			return err
		}
		if failed > 0 {
			e.c.Logger.Info("calls failed by the restart", "count", failed)
		}
		for _, d := range open {
			if d.Status == store.Queued {
				again = append(again, d)
				continue
			}
			if err := e.interrupt(tx, d, interrupted, e.started.UTC()); err != nil {
				return err
			}
		}
		tx.Event("engine", 0)
		return nil
	})
	if err != nil {
		return err
	}
	// What cannot be cleared away is in nobody's way: it must not keep the engine
	// from starting.
	if err := errors.Join(e.environments.Sweep(), e.sweepUnpacked(), emptyDir(e.path(scratchDir)), e.collect()); err != nil {
		e.c.Logger.Warn("left behind by an earlier engine", "error", err)
	}
	for _, d := range again {
		e.startDeploy(d.FunctionID, d.ID)
	}
	return nil
}

// interrupted is why a deploy that was under way at a crash is Failed. It is not
// run again by itself: a build that kills the engine would do so for ever.
const interrupted = "interrupted: the engine stopped while this was deployed"

// interrupt fails a deploy that has no outcome.
func (e *Core) interrupt(tx *store.Tx, d store.Deploy, reason string, at time.Time) error {
	v, err := tx.Version(d.FunctionID, d.To)
	if err != nil {
		return err
	}
	d.Status, d.ErrorMessage, d.Ended = store.Failed, reason, at
	v.Status, v.ErrorMessage = store.Failed, reason
	return errors.Join(tx.UpdateDeploy(d), tx.UpdateVersion(v),
		tx.AppendLines(d.ID, []store.Line{{Time: at, Stream: store.Mark, Text: reason}}))
}

func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		runner.RemoveScratch(filepath.Join(dir, entry.Name()))
	}
	return err
}

// endSurvivors kills the processes of this user that work in a scratch folder:
// they belong to calls of an engine that is dead.
func endSurvivors(scratch string) {
	processes, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	for _, process := range processes {
		pid, err := strconv.Atoi(filepath.Base(process))
		if err != nil || pid == os.Getpid() {
			continue
		}
		if worksIn(process, scratch) {
			_ = syscall.Kill(pid, syscall.SIGKILL) // gone already is as good
		}
	}
}

// worksIn reports whether a process has its working directory or TMPDIR in dir.
func worksIn(process, dir string) bool {
	inside := func(path string) bool {
		return path == dir || strings.HasPrefix(path, dir+string(filepath.Separator))
	}
	if cwd, err := os.Readlink(filepath.Join(process, "cwd")); err == nil && inside(strings.TrimSuffix(cwd, " (deleted)")) {
		return true
	}
	environ, err := os.ReadFile(filepath.Join(process, "environ"))
	if err != nil {
		return false // another user's, or gone
	}
	for entry := range strings.SplitSeq(string(environ), "\x00") {
		if value, ok := strings.CutPrefix(entry, "TMPDIR="); ok && inside(value) {
			return true
		}
	}
	return false
}
