package core

import (
	"errors"
	"time"

	"fndeck/client"
	"fndeck/client/cron"
	"fndeck/client/embedded/engine/store"
)

const (
	// longestSleep bounds how long the scheduler sleeps: timers stand still
	// while the machine sleeps, the wall clock does not.
	longestSleep = 15 * time.Second
	// latest is how late a run may start and still count as run.
	latest = 45 * time.Second
	// fireAgain is how long the scheduler waits after a run that could not be
	// stored.
	fireAgain = time.Second
	// backJump is how far the clock must go back to be called changed.
	backJump = time.Minute
	// retireEvery is how often idle zygotes are looked for.
	retireEvery = time.Minute
)

// NewSchedule is what a schedule is created with.
type NewSchedule struct {
	Name, Description string
	FunctionID        int64
	Cron              string
	Data              []byte
	// Session is what the runs act for; the zero Session is the engine's user.
	Session Session
}

// CreateSchedule stores a schedule.
func (e *Core) CreateSchedule(n NewSchedule) (store.Schedule, error) {
	expr, err := cron.Parse(n.Cron)
	if err != nil {
		return store.Schedule{}, err
	}
	if n.Data != nil {
		if n.Data, err = checkData(n.Data); err != nil {
			return store.Schedule{}, err
		}
	}
	if err := e.room.Check(0); err != nil {
		return store.Schedule{}, err
	}
	now := e.c.Clock().UTC()
	c := store.Schedule{FunctionID: n.FunctionID, Name: n.Name, Description: n.Description, Cron: expr.String(), Data: n.Data, SessionID: n.Session.ID, Created: now, NextDue: expr.Next(now)}
	err = e.store.Write(store.Durable, func(tx *store.Tx) error {
		c.ID = tx.NextID()
		return errors.Join(keepSession(tx, n.Session), tx.InsertSchedule(c))
	})
	if err != nil {
		return store.Schedule{}, notFound(err, "function %d does not exist", n.FunctionID)
	}
	e.wakeScheduler()
	return c, nil
}

// DeleteSchedule deletes a schedule; its calls stay in the history.
func (e *Core) DeleteSchedule(id int64) error {
	err := e.store.Write(store.Durable, func(tx *store.Tx) error {
		if err := tx.DeleteSchedule(id); err != nil {
			return err
		}
		return tx.DeleteUnusedSessions()
	})
	return notFound(err, "schedule %d does not exist", id)
}

func (e *Core) wakeScheduler() {
	select {
	case e.tick <- struct{}{}:
	default:
	}
}

// scheduleForever keeps the scheduler alive over a bug in it.
func (e *Core) scheduleForever() {
	for e.ctx.Err() == nil {
		func() {
			defer e.guard("scheduler", 0, func(string) {})
			e.schedule()
		}()
	}
}

// schedule fires what is due until the engine stops.
func (e *Core) schedule() {
	last, retired := e.started, e.started
	e.clockWentBack(e.started) // while no engine ran, as far as that can be seen
	for {
		now := e.c.Clock()
		if now.Before(last.Add(-backJump)) {
			e.clockWentBack(now)
		}
		last = now
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

func (e *Core) sleep(now time.Time) time.Duration {
	next, err := e.store.NextDue()
	if err != nil || next.IsZero() {
		return longestSleep
	}
	return min(max(next.Sub(now), 0)+time.Millisecond, longestSleep)
}

// fireDue deals with every schedule that is due.
func (e *Core) fireDue(now time.Time) {
	due, err := e.store.DueSchedules(now)
	if err != nil {
		e.c.Logger.Error("read the due schedules", "error", err)
		return
	}
	failed := false
	for _, s := range due {
		if err := e.fire(s, now); err != nil && !errors.Is(err, store.ErrNotFound) {
			e.c.Logger.Error("fire a schedule", "schedule", s.ID, "error", err)
			failed = true
		}
	}
	if failed { // it stays due: a disk that is full must not make the scheduler spin
		e.pause(fireAgain)
	}
}

// fire records, in one transaction, the runs of a schedule that were missed and
// the one that is due now, and only then starts it. The pair of schedule and
// time is unique in the store: it can never fire twice.
func (e *Core) fire(s store.Schedule, now time.Time) error {
	expr, err := cron.Parse(s.Cron)
	if err != nil {
		return err
	}
	if err := e.room.Check(int64(len(s.Data))); err != nil {
		return err
	}
	gap, current, next := e.dueTimes(expr, s.NextDue, now)
	var call store.Call
	err = e.store.Write(store.Durable, func(tx *store.Tx) error {
		last := gap.Last
		if gap.Count > 0 {
			gap.ID, gap.ScheduleID = tx.NextID(), s.ID
			if err := tx.InsertMissed(gap); err != nil {
				return err
			}
		}
		if !current.IsZero() {
			last = current
			if call, err = e.fireOne(tx, s, current, now); err != nil {
				return err
			}
		}
		return tx.AdvanceSchedule(s.ID, s.NextDue, last, next)
	})
	if err != nil {
		return err
	}
	if call.ID != 0 {
		data := s.Data
		if data == nil {
			data = []byte(`{}`)
		}
		e.startCall(call, data, Session{ID: s.SessionID})
	}
	return nil
}

// dueTimes splits the times from first to now into the ones that were missed
// and the one to run, which is zero if even the last is too late.
func (e *Core) dueTimes(expr cron.Expr, first, now time.Time) (gap store.Missed, current, next time.Time) {
	gap = store.Missed{Kind: client.RunMissed, Reason: "the machine slept or its clock was changed"}
	if first.Before(e.started) {
		gap.Reason = "the engine was not running"
	}
	for due := first; ; due = next {
		next = expr.Next(due)
		if now.Sub(due) <= latest {
			return gap, due, next
		}
		if gap.Count == 0 {
			gap.First = due
		}
		gap.Count, gap.Last = gap.Count+1, due
		if next.After(now) {
			return gap, time.Time{}, next
		}
		if gap.Count == countedGap { // the rest is not worth counting one by one
			return gap, time.Time{}, expr.Next(now)
		}
	}
}

// countedGap is up to how many missed runs of one gap are counted: two months
// of every minute. A clock that was in 1970 must not hold the scheduler up.
const countedGap = 100_000

// fireOne stores the call of one due time, or why there is none.
func (e *Core) fireOne(tx *store.Tx, s store.Schedule, due, now time.Time) (store.Call, error) {
	f, err := tx.Function(s.FunctionID)
	if err != nil {
		return store.Call{}, err
	}
	fired, err := tx.Fired(s.ID, due)
	if err != nil || fired { // the clock went back over a time that has run
		return store.Call{}, err
	}
	revoked, err := isRevoked(tx, s.SessionID)
	if err != nil {
		return store.Call{}, err
	}
	missed := store.Missed{ID: tx.NextID(), ScheduleID: s.ID, First: due, Last: due, Count: 1}
	busy, err := tx.ScheduleRunning(s.ID)
	switch {
	case err != nil:
		return store.Call{}, err
	case f.Serving == 0:
		missed.Kind, missed.Reason = client.RunMissed, "the function was not ready"
		return store.Call{}, tx.InsertMissed(missed)
	case revoked:
		missed.Kind, missed.Reason = client.RunMissed, "the session it runs for was revoked"
		return store.Call{}, tx.InsertMissed(missed)
	case busy:
		missed.Kind, missed.Reason = client.RunSkipped, "the previous run was still running"
		return store.Call{}, tx.InsertMissed(missed)
	}
	c := store.Call{ID: tx.NextID(), FunctionID: s.FunctionID, Version: f.Serving, Status: store.Running, Started: now.UTC(), ScheduleID: s.ID, Scheduled: due, SessionID: s.SessionID}
	return c, tx.InsertCall(c, s.Data)
}

// clockWentBack sets every schedule to its next time by the new clock. Times
// that have run already do not run again.
func (e *Core) clockWentBack(now time.Time) {
	schedules, err := e.store.Schedules(0)
	if err != nil {
		e.c.Logger.Error("read the schedules", "error", err)
		return
	}
	for _, s := range schedules {
		expr, err := cron.Parse(s.Cron)
		if err != nil {
			continue
		}
		next := expr.Next(now.UTC())
		if !next.Before(s.NextDue) {
			continue
		}
		err = e.store.Write(store.Durable, func(tx *store.Tx) error { return tx.AdvanceSchedule(s.ID, s.NextDue, s.LastDue, next) })
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			e.c.Logger.Error("move a schedule", "schedule", s.ID, "error", err)
		}
	}
}
