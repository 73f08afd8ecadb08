package core

import (
	"errors"
	"fmt"
	"time"

	"fndeck/client"
	"fndeck/client/cron"
	"fndeck/client/embedded/engine/store"
)

// Why a run did not start, as it stands in the list of runs.
const (
	whySlept     = "the machine slept or its clock was changed"
	whyDown      = "the engine was not running"
	whyRestored  = "a backup was restored: it may have run before that"
	whyUnstored  = "its start could not be stored in time"
	whyNotReady  = "the function was not ready"
	whyRevoked   = "the session it runs for was revoked"
	whyOverlap   = "the previous run was still running"
	whyQueued    = "another run was waiting for the previous one"
	whyAbandoned = "the engine stopped while it waited for the previous run"
)

// fired is a run that was recorded and is to be started.
type fired struct {
	call     store.Call
	schedule store.Schedule
}

// fireDue deals with every schedule that is due.
func (e *Core) fireDue(now time.Time) {
	due, err := e.store.DueSchedules(now)
	if err != nil {
		e.c.Logger.Error("read the due schedules", "error", err)
		return
	}
	e.unstored = !e.inGroups("fire a schedule", due, func(group []store.Schedule) error {
		return e.fireGroup(group, func(f *firing, s store.Schedule) error { return f.due(s, now) }, now)
	})
}

// startQueued starts the runs whose previous run has ended.
func (e *Core) startQueued(now time.Time) {
	queued, err := e.store.QueuedSchedules()
	if err != nil {
		e.c.Logger.Error("read the runs that wait", "error", err)
		return
	}
	e.inGroups("start a run that waited", queued, func(group []store.Schedule) error {
		return e.fireGroup(group, func(f *firing, s store.Schedule) error { return f.waiting(s) }, now)
	})
}

// abandonQueued deals with the runs that waited when an earlier engine ended as
// with any that could not run at their time.
func (e *Core) abandonQueued() {
	queued, err := e.store.QueuedSchedules()
	if err != nil {
		e.c.Logger.Error("read the runs that waited", "error", err)
		return
	}
	e.inGroups("record a run that waited", queued, func(group []store.Schedule) error {
		return e.fireGroup(group, func(f *firing, s store.Schedule) error { return f.abandoned(s) }, e.c.Clock())
	})
}

// firing is one transaction of the scheduler.
type firing struct {
	*Core
	tx      *store.Tx
	now     time.Time
	running map[int64]bool
	fired   []fired
}

// fireGroup records, in one transaction, what becomes of each schedule of a
// group, and only then starts the runs. The pair of schedule and due time is
// unique in the store: it can never run twice.
func (e *Core) fireGroup(group []store.Schedule, deal func(*firing, store.Schedule) error, now time.Time) error {
	size := 0
	for _, s := range group {
		size += len(s.Data)
	}
	if err := e.room.Check(int64(size)); err != nil {
		return err
	}
	var f *firing
	err := e.store.Write(store.Durable, func(tx *store.Tx) (err error) {
		f = &firing{Core: e, tx: tx, now: now.UTC().Truncate(time.Microsecond)}
		if f.running, err = tx.RunningSchedules(); err != nil {
			return err
		}
		for _, s := range group {
			if err := deal(f, s); err != nil && !errors.Is(err, store.ErrNotFound) { // gone meanwhile
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, run := range f.fired {
		e.startRun(run.call, run.schedule)
	}
	return nil
}

// due deals with a schedule that is due: with what was missed, and with the one
// run that is for now.
func (f *firing) due(s store.Schedule, now time.Time) error {
	expr, err := cron.Parse(s.Cron)
	if err != nil {
		return err
	}
	gap, current, next := f.dueTimes(expr, s.NextDue, now)
	last := gap.Last
	if !current.IsZero() {
		last = current
	}
	if err := f.tx.AdvanceSchedule(s.ID, s.NextDue, last, next); err != nil {
		return err
	}
	if gap.Count > 0 {
		if err := f.missed(s, gap, current.IsZero()); err != nil {
			return err
		}
	}
	if current.IsZero() {
		return nil
	}
	row, err := f.start(s, current)
	if err != nil || row.Kind == "" {
		return err
	}
	return f.insert(s, row)
}

// missed records a gap. Where nothing runs after it and the schedule catches up,
// its last run starts now, and the row says what became of that.
func (f *firing) missed(s store.Schedule, gap store.Missed, over bool) error {
	if over && s.CatchUp == store.Once {
		before := len(f.fired)
		row, err := f.start(s, gap.Last)
		switch {
		case err != nil:
			return err
		case len(f.fired) > before:
			gap.Reason += fmt.Sprintf("; caught up by call %d", f.fired[before].call.ID)
		case row.Kind == client.RunQueued:
			gap.Reason += "; caught up when the previous run ends"
		case row.Kind != "":
			gap.Reason += "; not caught up: " + row.Reason
		}
	}
	return f.insert(s, gap)
}

// start starts the run of a due time, or lets it wait. Otherwise it returns the
// row that says why not; one that waits needs none, but says so by its kind.
func (f *firing) start(s store.Schedule, due time.Time) (row store.Missed, err error) {
	row = store.Missed{First: due, Last: due, Count: 1}
	ran, err := f.tx.Fired(s.ID, due)
	if err != nil || ran { // the clock went back over a time that has run
		return row, err
	}
	function, err := f.tx.Function(s.FunctionID)
	if err != nil {
		return row, err
	}
	revoked, err := isRevoked(f.tx, s.SessionID)
	if err != nil {
		return row, err
	}
	busy := f.lineage.busy(s.ID, f.running)
	switch {
	case function.Serving == 0:
		row.Kind, row.Reason = client.RunMissed, whyNotReady
	case revoked:
		row.Kind, row.Reason = client.RunMissed, whyRevoked
	case !s.Queued.IsZero():
		row.Kind, row.Reason = client.RunSkipped, whyQueued
	case busy && s.Overlap == store.Queue:
		row.Kind = client.RunQueued
		f.tx.Event("run", s.ID)
		return row, f.tx.SetQueued(s.ID, due)
	case busy && s.Overlap != store.Allow:
		row.Kind, row.Reason = client.RunSkipped, whyOverlap
	default:
		call, err := insertRun(f.tx, s, due, f.now)
		if err != nil {
			return row, err
		}
		f.fired = append(f.fired, fired{call, s})
		f.running[s.ID] = true
	}
	return row, nil
}

// waiting starts the run that waits, if the previous one has ended.
func (f *firing) waiting(s store.Schedule) error {
	if f.lineage.busy(s.ID, f.running) {
		return nil
	}
	if f.ctx.Err() != nil { // it has ended with the engine: the next one records that this run waited
		return nil
	}
	due := s.Queued
	s.Queued = time.Time{}
	if err := f.tx.SetQueued(s.ID, s.Queued); err != nil {
		return err
	}
	row, err := f.start(s, due)
	if err != nil || row.Kind == "" {
		return err
	}
	return f.insert(s, row)
}

// abandoned records a run that waited when the engine ended. It is caught up if
// the schedule does that and nothing has been due since, which would count as
// the later one.
func (f *firing) abandoned(s store.Schedule) error {
	gap := store.Missed{Kind: client.RunMissed, First: s.Queued, Last: s.Queued, Count: 1, Reason: whyAbandoned}
	s.Queued = time.Time{}
	if err := f.tx.SetQueued(s.ID, s.Queued); err != nil {
		return err
	}
	return f.missed(s, gap, s.NextDue.After(f.now))
}

func (f *firing) insert(s store.Schedule, row store.Missed) error {
	if row.Kind == client.RunQueued { // the schedule's own row tells of it
		return nil
	}
	row.ID, row.ScheduleID = f.tx.NextID(), s.ID
	return f.tx.InsertMissed(row)
}

// dueTimes splits the times from first to now into the ones that were missed
// and the one to run, which is zero if even the last is too late.
func (e *Core) dueTimes(expr cron.Expr, first, now time.Time) (gap store.Missed, current, next time.Time) {
	gap = store.Missed{Kind: client.RunMissed, Reason: whySlept}
	switch {
	case !first.After(e.restored):
		gap.Reason = whyRestored
	case first.Before(e.started):
		gap.Reason = whyDown
	case e.unstored:
		gap.Reason = whyUnstored
	}
	for due := first; ; due = next {
		next = expr.Next(due)
		if now.Sub(due) <= latest && due.After(e.restored) {
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
