package core

import (
	"cmp"
	"fmt"
	"sync"
	"time"

	"fndeck/client"
	"fndeck/client/cron"
	"fndeck/client/embedded/engine/store"
)

// NewSchedule is what a schedule is created with.
type NewSchedule struct {
	Name, Description string
	FunctionID        int64
	Cron              string
	Data              []byte
	// Overlap is one of client.Overlaps and CatchUp one of client.CatchUps; empty
	// is the first.
	Overlap, CatchUp string
	// Session is what the runs act for; the zero Session is the engine's user.
	Session Session
}

// row checks a new schedule and makes its row, without an id.
func (n NewSchedule) row(now time.Time) (store.Schedule, error) {
	expr, err := cron.Parse(n.Cron)
	if err != nil {
		return store.Schedule{}, err
	}
	if n.Data != nil {
		if n.Data, err = checkData(n.Data); err != nil {
			return store.Schedule{}, err
		}
	}
	if err := client.CheckPolicies(n.Overlap, n.CatchUp); err != nil {
		return store.Schedule{}, err
	}
	return store.Schedule{
		FunctionID: n.FunctionID, Name: n.Name, Description: n.Description, Cron: expr.String(), Data: n.Data, SessionID: n.Session.ID,
		Overlap: cmp.Or(n.Overlap, store.Skip), CatchUp: cmp.Or(n.CatchUp, store.Skip), Created: now, NextDue: expr.Next(now),
	}, nil
}

// CreateSchedule stores a schedule.
func (e *Core) CreateSchedule(n NewSchedule) (store.Schedule, error) {
	c, err := n.row(e.now())
	if err != nil {
		return store.Schedule{}, err
	}
	if err := e.room.Check(0); err != nil {
		return store.Schedule{}, err
	}
	err = e.store.Write(store.Durable, func(tx *store.Tx) error {
		if err := e.keepSession(tx, n.Session); err != nil {
			return err
		}
		c.ID = tx.NextID()
		return tx.InsertSchedule(c)
	})
	if err != nil {
		return store.Schedule{}, notFound(err, "function %d does not exist", n.FunctionID)
	}
	e.wakeScheduler()
	return c, nil
}

// ReplaceSchedule puts a new schedule in the place of another, at once: there is
// no moment with both or with neither. The new one has an id of its own, because
// a schedule never changes, and the session of the old one. The old one's calls
// stay in the history under its id; a row among the new one's runs says so.
func (e *Core) ReplaceSchedule(id int64, n NewSchedule) (store.Schedule, error) {
	now := e.now()
	c, err := n.row(now)
	if err != nil {
		return store.Schedule{}, err
	}
	if err := e.room.Check(0); err != nil {
		return store.Schedule{}, err
	}
	err = e.store.Write(store.Durable, func(tx *store.Tx) error {
		old, err := tx.Schedule(id)
		if err != nil {
			return err
		}
		c.FunctionID, c.SessionID = old.FunctionID, old.SessionID
		if err := tx.DeleteSchedule(id); err != nil {
			return err
		}
		c.ID = tx.NextID()
		if err := tx.InsertSchedule(c); err != nil {
			return err
		}
		reason := fmt.Sprintf("until then %s, as schedule %d", old.Cron, old.ID)
		if !old.Queued.IsZero() {
			reason += "; its run of " + old.Queued.Format(time.RFC3339) + " waited and was dropped"
		}
		return tx.InsertMissed(store.Missed{ID: tx.NextID(), ScheduleID: c.ID, Kind: client.RunReplaced, First: now, Last: now, Reason: reason})
	})
	if err != nil {
		return store.Schedule{}, notFound(err, "schedule %d does not exist", id)
	}
	e.lineage.follow(id, c.ID)
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

// RunSchedule starts a run of a schedule now, beside whatever runs: nobody who
// asks for a run means that it be skipped. It has no due time and moves none.
func (e *Core) RunSchedule(id int64) (store.Call, error) {
	if err := e.room.Check(0); err != nil {
		return store.Call{}, err
	}
	var c store.Call
	var s store.Schedule
	err := e.store.Write(store.Durable, func(tx *store.Tx) (err error) {
		if s, err = tx.Schedule(id); err != nil {
			return err
		}
		revoked, err := isRevoked(tx, s.SessionID)
		switch {
		case err != nil:
			return err
		case revoked:
			return &client.Error{Code: client.CodeConflict, Message: fmt.Sprintf("schedule %s does not run: %s", s.Name, whyRevoked), Hint: "delete it and create it anew"}
		}
		c, err = insertRun(tx, s, time.Time{}, e.now())
		return err
	})
	if err != nil {
		return store.Call{}, notFound(err, "schedule %d does not exist", id)
	}
	e.startRun(c, s)
	return c, nil
}

// insertRun stores the call of a run; due is zero for one that a person asked
// for.
func insertRun(tx *store.Tx, s store.Schedule, due, now time.Time) (store.Call, error) {
	f, err := tx.Function(s.FunctionID)
	if err != nil {
		return store.Call{}, err
	}
	c := store.Call{
		ID: tx.NextID(), FunctionID: s.FunctionID, Version: f.Serving, Status: store.Running, Started: now,
		ScheduleID: s.ID, Scheduled: due, SessionID: s.SessionID,
	}
	return c, tx.InsertCall(c, s.Data)
}

// startRun starts the stored call of a run. Its end may let another begin that
// waits for it.
func (e *Core) startRun(c store.Call, s store.Schedule) {
	data := s.Data
	if data == nil {
		data = []byte(`{}`)
	}
	e.start(c, data, Session{ID: s.SessionID}, nil)
	if s.Overlap != store.Queue {
		return
	}
	run := e.running.find(c.ID)
	if run == nil { // over already
		e.wakeScheduler()
		return
	}
	e.jobs.Go(func() {
		<-run.done // it also closes when the engine stops
		e.wakeScheduler()
	})
}

// lineage knows which schedule took the place of which while the engine runs: a
// run that an older one started still counts as the run before. After a restart
// no run is left that it could matter for.
type lineage struct {
	mu     sync.Mutex
	before map[int64]int64
}

func newLineage() *lineage { return &lineage{before: map[int64]int64{}} }

func (l *lineage) follow(older, newer int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before[newer] = older
}

// busy reports whether a schedule, or one that it took the place of, has a run
// that has not ended. What has ended is forgotten.
func (l *lineage) busy(id int64, running map[int64]bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for at, known := id, true; known; at, known = l.before[at] {
		if running[at] {
			return true
		}
	}
	delete(l.before, id)
	return false
}
