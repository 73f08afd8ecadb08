package core

import (
	"errors"
	"slices"
	"time"

	"fndeck/client/cron"
	"fndeck/client/embedded/engine/store"
)

const (
	// longestSleep bounds how long the scheduler sleeps: timers stand still
	// while the machine sleeps, the wall clock does not.
	longestSleep = 15 * time.Second
	// retryEvery is how soon what could not be recorded is tried again.
	retryEvery = 2 * time.Second
	// latest is how late a run may start and still count as run.
	latest = 45 * time.Second
	// backJump is how far the clock must go back to be called changed.
	backJump = time.Minute
	// retireEvery is how often idle zygotes are looked for.
	retireEvery = time.Minute
	// fireGroup is how many schedules share a transaction: a thousand that are due
	// together cost a few commits, and others' writes need not wait for all.
	fireGroup = 64
	// failedMost is after how many failures in a row it is not one schedule that is
	// at fault: the disk is full, say, and the rest would only fill the log.
	failedMost = 3
)

func (e *Core) wakeScheduler() {
	select {
	case e.tick <- struct{}{}:
	default:
	}
}

// scheduleForever keeps the scheduler alive over a bug in it.
func (e *Core) scheduleForever() {
	guarded := func(work func()) {
		defer e.guard("scheduler", 0, func(string) {})
		work()
	}
	guarded(e.abandonQueued)
	guarded(func() { e.clockWentBack(e.started) }) // while no engine ran, as far as that can be seen
	for last := e.started; ; last = e.c.Clock() {
		guarded(func() { e.schedule(last) })
		if !e.pause(retryEvery) { // what panics once may do so at once again
			return
		}
	}
}

// schedule fires what is due until the engine stops. last is when somebody looked
// at the clock before.
func (e *Core) schedule(last time.Time) {
	retired := last
	for {
		now := e.c.Clock()
		if now.Before(last.Add(-backJump)) {
			e.clockWentBack(now)
		}
		last = now
		e.startQueued(now)
		e.fireDue(now)
		if now.Sub(retired) >= retireEvery || now.Before(retired) {
			retired = now
			e.pool.endIdleWorkers(now.Add(-e.c.IdleWorker))
			e.pool.retire(now.Add(-e.c.IdleZygote))
			e.spawner.EndStrangers()
		}
		timer := time.NewTimer(e.sleep(now))
		select {
		case <-e.ctx.Done():
			timer.Stop()
			return
		case <-e.tick:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// sleep is how long nothing is due.
func (e *Core) sleep(now time.Time) time.Duration {
	next, err := e.store.NextDue()
	switch {
	case err != nil || next.IsZero():
		return longestSleep
	case !next.After(now): // it was due and could not be dealt with
		return retryEvery
	}
	return min(next.Sub(now)+time.Millisecond, longestSleep)
}

// inGroups does work for schedules in transactions that several share. Where one
// stands in the way of its group, each goes alone. A schedule that is gone by
// then is no error. It reports whether all was done.
func (e *Core) inGroups(what string, schedules []store.Schedule, work func(group []store.Schedule) error) bool {
	failed, inRow := 0, 0
	for group := range slices.Chunk(schedules, fireGroup) {
		if len(group) > 1 && work(group) == nil {
			continue
		}
		for i := range group {
			err := work(group[i : i+1])
			if err == nil || errors.Is(err, store.ErrNotFound) {
				inRow = 0
				continue
			}
			e.c.Logger.Error(what, "schedule", group[i].ID, "error", err)
			failed++
			if damaged := (*store.DamagedError)(nil); errors.As(err, &damaged) {
				continue // it stays first in the list and must not keep the rest from their turn
			}
			if inRow++; inRow == failedMost {
				return false
			}
		}
	}
	return failed == 0
}

// clockWentBack sets every schedule to its next time by the new clock. Times
// that have run already do not run again.
func (e *Core) clockWentBack(now time.Time) {
	schedules, err := e.store.Schedules(0)
	if err != nil {
		e.c.Logger.Error("read the schedules", "error", err)
		return
	}
	next := map[int64]time.Time{}
	schedules = slices.DeleteFunc(schedules, func(s store.Schedule) bool {
		expr, err := cron.Parse(s.Cron)
		if err == nil {
			next[s.ID] = expr.Next(now.UTC())
		}
		return err != nil || !next[s.ID].Before(s.NextDue)
	})
	e.inGroups("move a schedule", schedules, func(group []store.Schedule) error {
		return e.store.Write(store.Durable, func(tx *store.Tx) error {
			for _, s := range group {
				if err := tx.AdvanceSchedule(s.ID, s.NextDue, s.LastDue, next[s.ID]); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
