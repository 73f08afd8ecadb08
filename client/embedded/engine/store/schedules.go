package store

import "time"

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
}

const scheduleColumns = `id, function_id, name, description, cron, data, session_id, created, next_due, last_due`

func scanSchedule(r scanner) (c Schedule, err error) {
	var created, next, last int64
	err = r.Scan(&c.ID, &c.FunctionID, &c.Name, &c.Description, &c.Cron, &c.Data, &c.SessionID, &created, &next, &last)
	c.Created, c.NextDue, c.LastDue = fromMicros(created), fromMicros(next), fromMicros(last)
	return c, err
}

// Schedules lists the schedules of a function (0: all), newest first.
func (s *Store) Schedules(functionID int64) ([]Schedule, error) {
	return list(s, scanSchedule, `SELECT `+scheduleColumns+` FROM schedules WHERE ?1 = 0 OR function_id = ?1 ORDER BY id DESC`, functionID)
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
	err := tx.exec(`INSERT INTO schedules (`+scheduleColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?)`,
		c.ID, c.FunctionID, c.Name, c.Description, c.Cron, c.Data, c.SessionID, micros(c.Created), micros(c.NextDue), micros(c.LastDue))
	if err != nil {
		return err
	}
	return tx.Event("schedule", c.ID)
}

// DeleteSchedule deletes a schedule; its calls stay.
func (tx *Tx) DeleteSchedule(id int64) error {
	if err := tx.change(`DELETE FROM schedules WHERE id = ?`, id); err != nil {
		return err
	}
	return tx.Event("schedule", id)
}

// AdvanceSchedule records that a due time was dealt with and when the next is.
// It fails with ErrNotFound if another advance from the same due time was
// first, or the schedule is gone.
func (tx *Tx) AdvanceSchedule(id int64, due, last, next time.Time) error {
	return tx.change(`UPDATE schedules SET last_due = ?, next_due = ? WHERE id = ? AND next_due = ?`, micros(last), micros(next), id, micros(due))
}

// Missed is a gap in a schedule's runs.
type Missed struct {
	ID, ScheduleID int64
	// Kind is Missed or Skipped.
	Kind        string
	First, Last time.Time
	Count       int64
	Reason      string
}

func scanMissed(r scanner) (m Missed, err error) {
	var first, last int64
	err = r.Scan(&m.ID, &m.ScheduleID, &m.Kind, &first, &last, &m.Count, &m.Reason)
	m.First, m.Last = fromMicros(first), fromMicros(last)
	return m, err
}

// InsertMissed stores a gap.
func (tx *Tx) InsertMissed(m Missed) error {
	err := tx.exec(`INSERT INTO missed VALUES (?,?,?,?,?,?,?)`, m.ID, m.ScheduleID, m.Kind, micros(m.First), micros(m.Last), m.Count, m.Reason)
	if err != nil {
		return err
	}
	return tx.Event("run", m.ScheduleID)
}

// MissedRuns lists the newest gaps of a schedule first.
func (s *Store) MissedRuns(scheduleID int64, limit int) ([]Missed, error) {
	return list(s, scanMissed, `SELECT id, schedule_id, kind, first_due, last_due, count, reason FROM missed WHERE schedule_id = ? ORDER BY id DESC LIMIT ?`, scheduleID, limit)
}

// MissedCount sums the missed and skipped runs of a schedule.
func (s *Store) MissedCount(scheduleID int64) (n int64, err error) {
	err = s.row(`SELECT COALESCE(SUM(count),0) FROM missed WHERE schedule_id = ?`, scheduleID).Scan(&n)
	return n, err
}

// LastCallOfSchedule reads the newest call that a schedule made.
func (s *Store) LastCallOfSchedule(id int64) (Call, error) {
	return one(s.row(`SELECT `+callColumns+` FROM calls WHERE schedule_id = ? ORDER BY id DESC LIMIT 1`, id), scanCall)
}

// ScheduleRunning reports whether a call of the schedule is still running.
func (tx *Tx) ScheduleRunning(id int64) (bool, error) {
	var n int
	err := tx.queryRow(`SELECT COUNT(*) FROM calls WHERE schedule_id = ? AND status = 'Running'`, id).Scan(&n)
	return n > 0, err
}

// Fired reports whether a call exists for the schedule's due time.
func (tx *Tx) Fired(id int64, due time.Time) (bool, error) {
	var n int
	err := tx.queryRow(`SELECT COUNT(*) FROM calls WHERE schedule_id = ? AND scheduled = ?`, id, micros(due)).Scan(&n)
	return n > 0, err
}
