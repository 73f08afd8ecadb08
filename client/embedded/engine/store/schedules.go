package store

import (
	"cmp"
	"time"
)

// What a schedule does when a run is due while the one before still runs, and
// with runs that were missed.
const (
	Skip  = "skip"
	Allow = "allow"
	Queue = "queue"
	Once  = "once"
)

// Schedule is a schedule's row. Schedules never change but for their times.
type Schedule struct {
	ID, FunctionID    int64
	Name, Description string
	Cron              string
	// Data is the JSON for its calls; nil means none was given.
	Data      []byte
	SessionID int64
	Created   time.Time
	// NextDue is the next time it is due, LastDue the last time that was dealt
	// with, as a call or as missed.
	NextDue, LastDue time.Time
	// Overlap is Skip, Allow or Queue; CatchUp is Skip or Once. Empty is Skip.
	Overlap, CatchUp string
	// Queued is the due time of the one run that waits, zero if none does.
	Queued time.Time
}

const scheduleColumns = `id, function_id, name, description, cron, data, session_id, created, next_due, last_due, overlap, catch_up, queued, sum`

func (c Schedule) digest() digest {
	return digestOf("schedules").int(c.ID, c.FunctionID, c.SessionID, micros(c.Created), micros(c.NextDue), micros(c.LastDue), micros(c.Queued)).
		text(c.Name, c.Description, c.Cron, string(c.Data), c.Overlap, c.CatchUp)
}

func scanSchedule(r scanner) (c Schedule, err error) {
	var sum int64
	err = r.Scan(number(&c.ID), number(&c.FunctionID), text(&c.Name), text(&c.Description), text(&c.Cron), blob(&c.Data), number(&c.SessionID),
		moment(&c.Created), moment(&c.NextDue), moment(&c.LastDue), text(&c.Overlap), text(&c.CatchUp), moment(&c.Queued), number(&sum))
	return c, checked(err, "schedules", c.ID, sum, c.digest)
}

// Schedules lists the schedules of a function (0: all), newest first.
func (s *Store) Schedules(functionID int64) ([]Schedule, error) {
	if functionID == 0 { // one query for both would go through all of them
		return list(s, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules ORDER BY id DESC`)
	}
	rows, err := list(s, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules WHERE function_id = ? ORDER BY id DESC`, functionID)
	return fitting(s, "an index of schedules", rows, err, func(c Schedule) (int64, bool) { return c.ID, c.FunctionID == functionID })
}

// ScheduleNames maps ids of schedules to their names, those that exist.
func (s *Store) ScheduleNames(ids []int64) (map[int64]string, error) {
	schedules, err := list(s, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules WHERE id IN (SELECT value FROM json_each(?))`, jsonIDs(ids))
	names := make(map[int64]string, len(schedules))
	for _, c := range schedules {
		names[c.ID] = c.Name
	}
	return names, err
}

// ScheduleCounts counts the schedules of each function that has some.
func (s *Store) ScheduleCounts() (map[int64]int, error) {
	type count struct {
		function int64
		n        int
	}
	all, err := list(s, func(r scanner) (c count, err error) { return c, r.Scan(number(&c.function), small(&c.n)) },
		`SELECT function_id, COUNT(*) FROM schedules GROUP BY function_id`)
	counts := make(map[int64]int, len(all))
	for _, c := range all {
		counts[c.function] = c.n
	}
	return counts, err
}

// Schedule reads one schedule.
func (s *Store) Schedule(id int64) (Schedule, error) {
	return one(s.row(`SELECT `+scheduleColumns+` FROM schedules WHERE id = ?`, id), scanSchedule)
}

// DueSchedules lists the schedules that are due at a time, oldest due first.
func (s *Store) DueSchedules(at time.Time) ([]Schedule, error) {
	return list(s, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules WHERE next_due <= ? ORDER BY next_due, id`, micros(at))
}

// NextDue returns when the next schedule is due, the zero time if there is none.
func (s *Store) NextDue() (time.Time, error) {
	var next int64
	err := s.row(`SELECT COALESCE(MIN(next_due), 0) FROM schedules`).Scan(&next)
	return fromMicros(next), err
}

// InsertSchedule stores a new schedule; ErrNotFound if its function is gone.
func (tx *Tx) InsertSchedule(c Schedule) error {
	if _, err := tx.Function(c.FunctionID); err != nil {
		return err
	}
	c.Overlap, c.CatchUp = cmp.Or(c.Overlap, Skip), cmp.Or(c.CatchUp, Skip)
	return tx.storeSchedule(c)
}

func (tx *Tx) storeSchedule(c Schedule) error {
	err := tx.exec(`INSERT INTO schedules (`+scheduleColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		c.ID, c.FunctionID, c.Name, c.Description, c.Cron, c.Data, c.SessionID, micros(c.Created), micros(c.NextDue), micros(c.LastDue),
		c.Overlap, c.CatchUp, micros(c.Queued), c.digest().sum())
	if err != nil {
		return err
	}
	tx.Event("schedule", c.ID)
	return nil
}

// DeleteSchedule deletes a schedule; its calls stay.
func (tx *Tx) DeleteSchedule(id int64) error {
	if err := tx.change(`DELETE FROM schedules WHERE id = ?`, id); err != nil {
		return err
	}
	tx.Event("schedule", id)
	return nil
}

// AdvanceSchedule records that a due time was dealt with and when the next is.
// It fails with ErrNotFound if another advance from the same due time was
// first, or the schedule is gone.
func (tx *Tx) AdvanceSchedule(id int64, due, last, next time.Time) error {
	return tx.changeSchedule(id, func(c *Schedule) error {
		if micros(c.NextDue) != micros(due) {
			return ErrNotFound
		}
		c.LastDue, c.NextDue = last, next
		return nil
	})
}

// SetQueued records the due time of the one run that waits, zero for none.
func (tx *Tx) SetQueued(id int64, due time.Time) error {
	return tx.changeSchedule(id, func(c *Schedule) error {
		c.Queued = due
		return nil
	})
}

// Schedule reads one schedule inside the transaction.
func (tx *Tx) Schedule(id int64) (Schedule, error) {
	return one(tx.queryRow(`SELECT `+scheduleColumns+` FROM schedules WHERE id = ?`, id), scanSchedule)
}

func (tx *Tx) changeSchedule(id int64, change func(*Schedule) error) error {
	c, err := tx.Schedule(id)
	if err != nil {
		return err
	}
	if err := change(&c); err != nil {
		return err
	}
	return tx.change(`UPDATE schedules SET last_due = ?, next_due = ?, queued = ?, sum = ? WHERE id = ?`,
		micros(c.LastDue), micros(c.NextDue), micros(c.Queued), c.digest().sum(), id)
}

// Fired reports whether a call exists for the schedule's due time.
func (tx *Tx) Fired(id int64, due time.Time) (bool, error) {
	var n int
	err := tx.queryRow(`SELECT COUNT(*) FROM calls WHERE schedule_id = ? AND scheduled = ?`, id, micros(due)).Scan(&n)
	return n > 0, err
}

// QueuedSchedules lists the schedules with a run that waits, the longest waiting
// first.
func (s *Store) QueuedSchedules() ([]Schedule, error) {
	return list(s, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules WHERE queued > 0 ORDER BY queued, id`)
}

// RunningSchedules are the schedules with a call that has not ended.
func (tx *Tx) RunningSchedules() (map[int64]bool, error) {
	ids, err := listTx(tx, func(r scanner) (id int64, err error) { return id, r.Scan(number(&id)) },
		`SELECT DISTINCT schedule_id FROM calls WHERE status = 'Running' AND schedule_id IS NOT NULL`)
	running := make(map[int64]bool, len(ids))
	for _, id := range ids {
		running[id] = true
	}
	return running, err
}

// LastCallsOfSchedules reads the newest call of each schedule of a function (0:
// all), by schedule.
func (s *Store) LastCallsOfSchedules(functionID int64) (map[int64]Call, error) {
	calls, err := list(s, scanCall, `SELECT `+callColumns+` FROM calls WHERE id IN
		(SELECT (SELECT MAX(c.id) FROM calls c WHERE c.schedule_id = s.id) FROM schedules s WHERE ?1 = 0 OR s.function_id = ?1)`, functionID)
	last := make(map[int64]Call, len(calls))
	for _, c := range calls {
		last[c.ScheduleID] = c
	}
	return last, err
}
