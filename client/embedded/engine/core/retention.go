package core

import (
	"os"
	"sync"
	"time"

	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

const (
	// tendEvery is how often the state is looked after.
	tendEvery = 10 * time.Minute
	// trimRows is how many calls one write deletes, with their logs: some
	// milliseconds' worth. trimPause is how long everybody else goes first then.
	trimRows = 20
	// trimOldest is the same where each may be large.
	trimOldest = 5
	trimPause  = 10 * time.Millisecond
	// givePages is how many pages one write gives back; no more than a
	// keepShare-th of the file is kept free for what comes, or keepFree bytes.
	givePages = 256
	keepShare = 8
	keepFree  = 4 << 20
	// environmentLife is how long a package environment stays that no version
	// refers to.
	environmentLife = 7 * 24 * time.Hour
	// leap is by how much the wall clock may outrun the monotonic one between
	// two looks before nothing is deleted on its word: the machine slept, or its
	// clock is wrong and may be set right soon.
	leap = time.Hour
)

// usage is what the folders took when they were last measured; walking them is
// too slow for every question.
type usage struct {
	mu                 sync.Mutex
	code, environments int64
}

// tendForever looks after the state until the engine stops. Nothing is deleted
// in the first minutes: a clock that was wrong at the start gets time.
func (e *Core) tendForever() {
	e.measure()
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	last := e.c.Clock()
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-tick.C:
		}
		now := e.c.Clock()
		wall := now.Round(0).Sub(last.Round(0)) // without the monotonic readings
		if wall-now.Sub(last) < leap {
			func() {
				defer e.guard("retention", 0, func(string) {})
				e.tend(now)
			}()
		}
		last = now
	}
}

// tend deletes what is no longer kept.
func (e *Core) tend(now time.Time) {
	if err := e.trim(now.Add(-e.c.Retention)); err != nil {
		e.c.Logger.Error("delete old calls", "error", err)
	}
	if err := e.giveBack(); err != nil {
		e.c.Logger.Error("give back room", "error", err)
	}
	if err := e.collectEnvironments(now.Add(-environmentLife)); err != nil {
		e.c.Logger.Error("delete unused package environments", "error", err)
	}
	e.measure()
}

// trim deletes the history from before a time, then the oldest calls until the
// database is as small as it has to be.
func (e *Core) trim(before time.Time) error {
	total := 0
	for {
		space, err := e.store.Space()
		if err != nil {
			return err
		}
		deleted := 0
		err = e.store.Write(store.Relaxed, func(tx *store.Tx) (err error) {
			deleted, err = trimPortion(tx, before)
			if err == nil && deleted == 0 && e.c.RetentionBytes > 0 && space.UsedBytes > e.c.RetentionBytes {
				deleted, err = tx.DeleteOldestCalls(trimOldest)
			}
			return err
		})
		if err != nil {
			return err
		}
		total += deleted
		if deleted == 0 {
			break
		}
		if !e.pause(trimPause) {
			return nil
		}
	}
	if total == 0 {
		return nil
	}
	e.c.Logger.Info("old calls and logs deleted", "rows", total)
	return e.store.Write(store.Relaxed, func(tx *store.Tx) error {
		tx.Event("engine", 0)
		return nil
	})
}

// trimPortion deletes some of what is from before a time, 0 when nothing is left.
func trimPortion(tx *store.Tx, before time.Time) (deleted int, err error) {
	for _, trim := range []func(time.Time, int) (int, error){tx.DeleteCallsBefore, tx.TrimBuilds, tx.TrimMissed} {
		if deleted, err = trim(before, trimRows); err != nil || deleted > 0 {
			return deleted, err
		}
	}
	return 0, nil
}

// giveBack returns what the deletion left free to the file system, but for what
// the next calls will take.
func (e *Core) giveBack() error {
	for {
		space, err := e.store.Space()
		if err != nil || space.FreeBytes <= max(keepFree, space.UsedBytes/keepShare) {
			return err
		}
		if err := e.store.Write(store.Relaxed, func(tx *store.Tx) error { return tx.GiveBack(givePages) }); err != nil {
			return err
		}
		after, err := e.store.Space()
		if err != nil || after.FreeBytes >= space.FreeBytes || !e.pause(trimPause) {
			return err // an older file cannot shrink: it is filled again
		}
	}
}

// pause waits and reports whether the engine goes on.
func (e *Core) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-e.ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (e *Core) collectEnvironments(since time.Time) error {
	keys, err := e.store.EnvironmentsInUse()
	if err != nil {
		return err
	}
	used := make(map[string]bool, len(keys))
	for _, key := range keys {
		used[key] = true
	}
	return e.environments.Collect(used, since)
}

func (e *Core) measure() {
	code, environments := disk.UsedBytes(e.path(codeDir))+disk.UsedBytes(e.path(versionsDir)), disk.UsedBytes(e.path(envsDir))
	e.taken.mu.Lock()
	defer e.taken.mu.Unlock()
	e.taken.code, e.taken.environments = code, environments
}

// Disk says what the state takes, since when the history goes back, and when
// the room for it ends.
func (e *Core) Disk() (d wire.Disk, err error) {
	d = wire.Disk{Retention: e.c.Retention, RetentionBytes: e.c.RetentionBytes}
	for _, ending := range append([]string{""}, store.Companions()...) {
		if info, err := os.Stat(e.path(store.FileName + ending)); err == nil { // -wal and -shm may be gone
			d.DatabaseBytes += info.Size()
		}
	}
	e.taken.mu.Lock()
	d.CodeBytes, d.EnvironmentBytes = e.taken.code, e.taken.environments
	e.taken.mu.Unlock()
	if d.FreeBytes, err = disk.FreeBytes(e.c.StateDir); err != nil {
		return d, err
	}
	if d.OldestCall, err = e.store.OldestCall(); err != nil {
		return d, err
	}
	space, err := e.store.Space()
	d.RunsOut = runsOut(d, space.UsedBytes, e.now())
	return d, err
}

// forecastAfter is the history that a forecast needs, farthest how far it looks.
const (
	forecastAfter = time.Hour
	farthest      = 2 * 365 * 24 * time.Hour
)

// runsOut is when the disk is full if the history grows as it did. It stops
// growing once the oldest calls go.
func runsOut(d wire.Disk, usedBytes int64, now time.Time) time.Time {
	age := now.Sub(d.OldestCall)
	if d.OldestCall.IsZero() || age < forecastAfter {
		return time.Time{}
	}
	perHour := float64(usedBytes) / age.Hours()
	most := perHour * d.Retention.Hours()
	if d.RetentionBytes > 0 {
		most = min(most, float64(d.RetentionBytes))
	}
	left := float64(d.FreeBytes) / perHour
	if most-float64(usedBytes) <= float64(d.FreeBytes) || left > farthest.Hours() {
		return time.Time{}
	}
	return now.Add(time.Duration(left * float64(time.Hour))).Truncate(time.Minute)
}
