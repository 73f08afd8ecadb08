package store

import (
	"database/sql"
	"time"
)

// The states of a call.
const (
	Running   = "Running"
	Completed = "Completed"
	Timeout   = "Timeout"
	Cancelled = "Cancelled"
)

// Call is a call's row without its data and response, which may be large.
type Call struct {
	ID, FunctionID int64
	Version        int
	Status         string
	Started, Ended time.Time
	Duration       time.Duration
	// ScheduleID is 0 for a call that a person made.
	ScheduleID   int64
	Scheduled    time.Time
	Preview      string
	ErrorMessage string
	ErrorTrace   string
	LogLines     int64
	MaxRSSBytes  int64
	CPU          time.Duration
}

const callColumns = `id, function_id, version, status, started, ended, duration, schedule_id, scheduled, preview, error_message, error_trace, log_lines, max_rss, cpu`

func scanCall(r scanner) (c Call, err error) {
	var started, ended, duration, cpu int64
	var schedule, scheduled sql.NullInt64
	err = r.Scan(&c.ID, &c.FunctionID, &c.Version, &c.Status, &started, &ended, &duration, &schedule, &scheduled,
		&c.Preview, &c.ErrorMessage, &c.ErrorTrace, &c.LogLines, &c.MaxRSSBytes, &cpu)
	c.Started, c.Ended = fromMicros(started), fromMicros(ended)
	c.Duration, c.CPU = time.Duration(duration)*time.Microsecond, time.Duration(cpu)*time.Microsecond
	c.ScheduleID, c.Scheduled = schedule.Int64, fromMicros(scheduled.Int64)
	return c, err
}

// CallQuery selects calls; zero fields select all.
type CallQuery struct {
	FunctionID, ScheduleID int64
	Status                 string
	// Before selects calls with a smaller id; ids grow with time, so it is a
	// cursor that stays right while calls arrive.
	Before                 int64
	StartedFrom, StartedTo time.Time
	EndedFrom, EndedTo     time.Time
	Limit                  int
	OldestFirst            bool
}

// Calls lists calls, newest first unless asked otherwise.
func (s *Store) Calls(q CallQuery) ([]Call, error) {
	where, args := `1`, []any{}
	add := func(condition string, arg any) {
		where += ` AND ` + condition
		args = append(args, arg)
	}
	if q.FunctionID != 0 {
		add(`function_id = ?`, q.FunctionID)
	}
	if q.ScheduleID != 0 {
		add(`schedule_id = ?`, q.ScheduleID)
	}
	if q.Status != "" {
		add(`status = ?`, q.Status)
	}
	if q.Before != 0 {
		add(`id < ?`, q.Before)
	}
	for _, bound := range []struct {
		condition string
		at        time.Time
	}{{`started >= ?`, q.StartedFrom}, {`started <= ?`, q.StartedTo}, {`ended >= ?`, q.EndedFrom}, {`ended <= ?`, q.EndedTo}} {
		if !bound.at.IsZero() {
			add(bound.condition, micros(bound.at))
		}
	}
	if !q.EndedFrom.IsZero() || !q.EndedTo.IsZero() {
		where += ` AND ended > 0`
	}
	order := `DESC`
	if q.OldestFirst {
		order = `ASC`
	}
	args = append(args, q.Limit)
	return list(s, scanCall, `SELECT `+callColumns+` FROM calls WHERE `+where+` ORDER BY id `+order+` LIMIT ?`, args...)
}

// Call reads one call.
func (s *Store) Call(id int64) (Call, error) {
	return one(s.row(`SELECT `+callColumns+` FROM calls WHERE id = ?`, id), scanCall)
}

// LastCalls reads the newest call of every function.
func (s *Store) LastCalls() ([]Call, error) {
	return list(s, scanCall, `SELECT `+callColumns+` FROM calls WHERE id IN
		(SELECT (SELECT MAX(c.id) FROM calls c WHERE c.function_id = f.id) FROM functions f)`)
}

// Durations lists the durations of a function's newest ended calls.
func (s *Store) Durations(functionID int64, limit int) ([]time.Duration, error) {
	return list(s, func(r scanner) (d time.Duration, err error) {
		var us int64
		err = r.Scan(&us)
		return time.Duration(us) * time.Microsecond, err
	}, `SELECT duration FROM calls WHERE function_id = ? AND ended > 0 ORDER BY id DESC LIMIT ?`, functionID, limit)
}

// CallBodies reads a call's data and response; a nil response means none.
func (s *Store) CallBodies(id int64) (data, response []byte, err error) {
	err = s.row(`SELECT data, response FROM calls WHERE id = ?`, id).Scan(&data, &response)
	if err == sql.ErrNoRows {
		err = ErrNotFound
	}
	return data, response, err
}

// InsertCall stores a new call. It fails if the schedule has already fired for
// that time.
func (tx *Tx) InsertCall(c Call, data []byte) error {
	var schedule, scheduled any
	if c.ScheduleID != 0 {
		schedule, scheduled = c.ScheduleID, micros(c.Scheduled)
	}
	err := tx.exec(`INSERT INTO calls (id, function_id, version, status, started, schedule_id, scheduled, data) VALUES (?,?,?,?,?,?,?,?)`,
		c.ID, c.FunctionID, c.Version, c.Status, micros(c.Started), schedule, scheduled, data)
	if err != nil {
		return err
	}
	return tx.Event("call", c.ID)
}

// FinishCall stores a call's outcome. It reports ErrNotFound if the call is
// gone or has ended already.
func (tx *Tx) FinishCall(c Call, response []byte) error {
	err := tx.change(`UPDATE calls SET status=?, version=?, ended=?, duration=?, response=?, preview=?, error_message=?, error_trace=?, log_lines=?, max_rss=?, cpu=? WHERE id=? AND status='Running'`,
		c.Status, c.Version, micros(c.Ended), c.Duration.Microseconds(), response, c.Preview, c.ErrorMessage, c.ErrorTrace, c.LogLines, c.MaxRSSBytes, c.CPU.Microseconds(), c.ID)
	if err != nil {
		return err
	}
	return tx.Event("call", c.ID)
}

// FailRunning fails every call that is still Running, with the given message,
// and counts them: no call stays Running over a restart.
func (tx *Tx) FailRunning(message string) (int64, error) {
	result, err := tx.s.exec(`UPDATE calls SET status='Failed', ended=?1, duration=MAX(0, ?1-started), error_message=?2,
		log_lines=(SELECT COUNT(*) FROM log_lines WHERE owner=calls.id) WHERE status='Running'`, tx.Now(), message)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
