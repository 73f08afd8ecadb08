package store

import (
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
	// ScheduleID is 0 for a call that no schedule made. Scheduled is the due time,
	// zero for a run that a person asked for.
	ScheduleID int64
	Scheduled  time.Time
	// SessionID is the session that the call acts in, 0 for none.
	SessionID    int64
	Preview      string
	ErrorMessage string
	ErrorTrace   string
	LogLines     int64
	MaxRSSBytes  int64
	CPU          time.Duration
	// Warm is 1 if the process had calls before: MaxRSSBytes is then its peak so
	// far and CPU what this call added.
	Warm int

	// What the data and the response sum up to, so that neither has to be read to
	// know that the row is right.
	dataSum, responseSum int64
}

const callColumns = `id, function_id, version, status, started, ended, duration, schedule_id, scheduled, session_id, preview, error_message, error_trace, log_lines, max_rss, cpu, warm, data_sum, response_sum, sum, outcome_sum`

// digest covers what is fixed when a call is stored, outcome what changes when
// it ends: an end need not read the data again.
func (c Call) digest() digest {
	return digestOf("calls").int(c.ID, c.FunctionID, micros(c.Started), c.ScheduleID, micros(c.Scheduled), c.SessionID, c.dataSum)
}

func (c Call) outcome() digest {
	return digestOf("outcomes").int(c.ID, int64(c.Version), micros(c.Ended), c.Duration.Microseconds(), c.LogLines, c.MaxRSSBytes, c.CPU.Microseconds(), int64(c.Warm), c.responseSum).
		text(c.Status, c.Preview, c.ErrorMessage, c.ErrorTrace)
}

func scanCall(r scanner) (Call, error) { return scanCallAnd(r) }

// scanCallAnd scans callColumns and what was selected after them.
func scanCallAnd(r scanner, more ...any) (c Call, err error) {
	var sum, outcome int64
	err = r.Scan(append([]any{
		number(&c.ID), number(&c.FunctionID), small(&c.Version), text(&c.Status), moment(&c.Started), moment(&c.Ended), span(&c.Duration),
		number(&c.ScheduleID), moment(&c.Scheduled), number(&c.SessionID), text(&c.Preview), text(&c.ErrorMessage), text(&c.ErrorTrace),
		number(&c.LogLines), number(&c.MaxRSSBytes), span(&c.CPU), small(&c.Warm), number(&c.dataSum), number(&c.responseSum), number(&sum), number(&outcome),
	}, more...)...)
	if err := checked(err, "calls", c.ID, sum, c.digest); err != nil {
		return c, err
	}
	return c, checked(nil, "calls", c.ID, outcome, c.outcome)
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
	where, args := alive, []any{}
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
		if q.Status != Running && q.Status != Completed { // says that the index of the rare ones will do
			where += ` AND status <> 'Running' AND status <> 'Completed'`
		}
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
	calls, err := list(s, scanCall, `SELECT `+callColumns+` FROM calls WHERE `+where+` ORDER BY id `+order+` LIMIT ?`, args...)
	return fitting(s, "an index of calls", calls, err, func(c Call) (int64, bool) {
		return c.ID, (q.FunctionID == 0 || c.FunctionID == q.FunctionID) && (q.ScheduleID == 0 || c.ScheduleID == q.ScheduleID) && (q.Status == "" || c.Status == q.Status)
	})
}

// alive is the condition of every list of calls: those of deleted functions are
// on their way out.
const alive = `function_id NOT IN (` + dying + `)`

// Call reads one call.
func (s *Store) Call(id int64) (Call, error) {
	return one(s.row(`SELECT `+callColumns+` FROM calls WHERE id = ? AND `+alive, id), scanCall)
}

// Latencies lists how long the newest calls of a function took that came to an
// end of their own, newest first. When a call was cancelled says nothing of how
// long it would have taken.
func (s *Store) Latencies(functionID int64, limit int) ([]time.Duration, error) {
	return list(s, func(r scanner) (time.Duration, error) {
		c, err := scanCall(r)
		return c.Duration, err
	}, `SELECT `+callColumns+` FROM calls WHERE function_id = ? AND ended > 0 AND status <> ? ORDER BY id DESC LIMIT ?`, functionID, Cancelled, limit)
}

// CallBodies reads a call's data and response; a nil response means none.
func (s *Store) CallBodies(id int64) (data, response []byte, err error) {
	_, err = one(s.row(`SELECT `+callColumns+`, data, response FROM calls WHERE id = ? AND `+alive, id), func(r scanner) (Call, error) {
		c, err := scanCallAnd(r, blob(&data), blob(&response))
		if err == nil && (blobSum(data) != c.dataSum || blobSum(response) != c.responseSum) {
			err = &DamagedError{Table: "calls", ID: id}
		}
		return c, err
	})
	if err != nil {
		return nil, nil, err
	}
	return data, response, nil
}

// InsertCall stores a new call. It fails if the schedule has already fired for
// that time.
func (tx *Tx) InsertCall(c Call, data []byte) error {
	return tx.insertCall(c, data, nil)
}

func (tx *Tx) insertCall(c Call, data, response []byte) error {
	_, err := tx.putCall(c, data, response, "")
	return err
}

// KeepCall stores a call that runs, unless it is stored already. It reports
// ErrNotFound if the function is gone.
func (tx *Tx) KeepCall(c Call, data []byte) error {
	if _, err := tx.Function(c.FunctionID); err != nil {
		return err
	}
	_, err := tx.putCall(c, data, nil, ` ON CONFLICT (id) DO NOTHING`)
	return err
}

// EndCall stores a call with its outcome, whether it is stored already or not. It
// reports ErrNotFound if the function is gone or the call has ended already.
func (tx *Tx) EndCall(c Call, data, response []byte) error {
	if _, err := tx.Function(c.FunctionID); err != nil {
		return err
	}
	n, err := tx.putCall(c, data, response, ` ON CONFLICT (id) DO UPDATE SET (status, version, ended, duration, response, preview, error_message, error_trace, log_lines, max_rss, cpu, warm, response_sum, outcome_sum) =
		(excluded.status, excluded.version, excluded.ended, excluded.duration, excluded.response, excluded.preview, excluded.error_message, excluded.error_trace, excluded.log_lines, excluded.max_rss, excluded.cpu, excluded.warm, excluded.response_sum, excluded.outcome_sum)
		WHERE status = 'Running'`)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

const insertCall = `INSERT INTO calls (` + callColumns + `, data, response) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`

// putCall stores a call, unless it is stored already and what then says that
// nothing is to be done. It returns how many rows it has touched.
func (tx *Tx) putCall(c Call, data, response []byte, then string) (int64, error) {
	var schedule, scheduled any
	if c.ScheduleID != 0 {
		schedule = c.ScheduleID
		if !c.Scheduled.IsZero() { // many runs by hand may share the lack of a due time
			scheduled = micros(c.Scheduled)
		}
	}
	c.dataSum, c.responseSum = blobSum(data), blobSum(response)
	n, err := tx.count(insertCall+then,
		c.ID, c.FunctionID, c.Version, c.Status, micros(c.Started), micros(c.Ended), c.Duration.Microseconds(), schedule, scheduled, c.SessionID,
		c.Preview, c.ErrorMessage, c.ErrorTrace, c.LogLines, c.MaxRSSBytes, c.CPU.Microseconds(), c.Warm,
		c.dataSum, c.responseSum, c.digest().sum(), c.outcome().sum(), data, response)
	if err != nil || n == 0 {
		return n, err
	}
	tx.touchFunction(c.FunctionID)
	tx.Event("call", c.ID)
	return n, nil
}

// FinishCall stores a call's outcome. It reports ErrNotFound if the call is
// gone or has ended already.
func (tx *Tx) FinishCall(c Call, response []byte) error {
	c.responseSum = blobSum(response)
	err := tx.change(`UPDATE calls SET status=?, version=?, ended=?, duration=?, response=?, preview=?, error_message=?, error_trace=?, log_lines=?, max_rss=?, cpu=?, warm=?, response_sum=?, outcome_sum=? WHERE id=? AND status='Running'`,
		c.Status, c.Version, micros(c.Ended), c.Duration.Microseconds(), response, c.Preview, c.ErrorMessage, c.ErrorTrace, c.LogLines, c.MaxRSSBytes, c.CPU.Microseconds(), c.Warm,
		c.responseSum, c.outcome().sum(), c.ID)
	if err != nil {
		return err
	}
	tx.touchCall(c.ID)
	tx.Event("call", c.ID)
	return nil
}

// FailRunning fails every call that is still Running, with the given message,
// and counts them: no call stays Running over a restart.
func (tx *Tx) FailRunning(message string) (int64, error) {
	running, err := listTx(tx, scanCall, `SELECT `+callColumns+` FROM calls WHERE status = 'Running'`)
	if err != nil {
		return 0, err
	}
	for _, c := range running {
		c.Status, c.ErrorMessage, c.Ended = Failed, message, fromMicros(tx.Now())
		c.Duration = max(0, c.Ended.Sub(c.Started))
		if c.LogLines, err = tx.lineCount(c.ID); err != nil {
			return 0, err
		}
		if err := tx.FinishCall(c, nil); err != nil {
			return 0, err
		}
	}
	return int64(len(running)), nil
}
