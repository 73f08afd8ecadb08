package store

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fillState stores one row of everything: function 1 with the call 7, and so on.
func fillState(t *testing.T, s *Store) {
	t.Helper()
	require.NoError(t, s.Write(Durable, func(tx *Tx) error {
		done := Call{ID: 7, Status: Completed, Ended: testClock(), Preview: "1", LogLines: 2}
		return errors.Join(
			tx.InsertFunction(Function{ID: 1, Name: "hello", ExternalID: "x", Created: testClock(), Serving: 1, Latest: 1}),
			tx.InsertFile(File{ID: 2, Name: "hello.zip", SHA256: "ab", Created: testClock()}),
			tx.InsertVersion(Version{FunctionID: 1, Number: 1, SHA256: "ab", Status: Ready, Created: testClock(), Settings: Settings{FunctionPath: "handler.py"}}),
			tx.InsertDeploy(Deploy{ID: 3, FunctionID: 1, Kind: KindDeploy, To: 1, Status: Ready, Started: testClock()}),
			tx.InsertSchedule(Schedule{ID: 4, FunctionID: 1, Name: "hourly", Cron: "0 * * * *", Data: []byte(`{}`), NextDue: testClock()}),
			tx.InsertMissed(Missed{ID: 5, ScheduleID: 4, Kind: "Missed", Count: 2, Reason: "asleep"}),
			tx.InsertSession(Session{ID: 6, Type: "CLIENT_CREDENTIALS", Status: "ACTIVE", Created: testClock()}),
			tx.InsertCall(Call{ID: 7, FunctionID: 1, Status: Running, Started: testClock()}, []byte(`{"n":1}`)),
			tx.FinishCall(done, []byte(`{"ok":true}`)),
			tx.AppendLines(7, []Line{{Time: testClock(), Text: "one"}, {Time: testClock(), Text: "two", Stream: Stderr}}),
		)
	}))
}

// tamper changes the file behind the store's back.
func tamper(t *testing.T, dir, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, fileName))
	require.NoError(t, err)
	_, err = db.ExecContext(context.Background(), query)
	require.NoError(t, errors.Join(err, db.Close()))
}

func TestARowThatIsNotWhatWasWrittenIsNotHandedOut(t *testing.T) {
	functions := func(s *Store) (int, error) { all, err := s.Functions(); return len(all), err }
	calls := func(s *Store) (int, error) { all, err := s.Calls(CallQuery{Limit: 9}); return len(all), err }
	for name, c := range map[string]struct {
		tamper, table string
		list          func(*Store) (int, error)
		single        func(*Store) error
	}{
		"a function's name":     {`UPDATE functions SET name = 'Hello'`, "functions", functions, func(s *Store) error { _, err := s.Function(1); return err }},
		"a function's latest":   {`UPDATE functions SET latest = 2`, "functions", functions, nil},
		"a number that is text": {`UPDATE functions SET latest = 'x'`, "functions", functions, func(s *Store) error { _, err := s.Function(1); return err }},
		"a call's status":       {`UPDATE calls SET status = 'Failed'`, "calls", calls, func(s *Store) error { _, err := s.Call(7); return err }},
		"a call's function":     {`UPDATE calls SET function_id = 3`, "calls", calls, nil},
		"a call's data":         {`UPDATE calls SET data = x'00'`, "calls", nil, func(s *Store) error { _, _, err := s.CallBodies(7); return err }},
		"a call's response":     {`UPDATE calls SET response = NULL`, "calls", nil, func(s *Store) error { _, _, err := s.CallBodies(7); return err }},
		"the sum of a call's data": {
			`UPDATE calls SET data_sum = 1`, "calls", calls, func(s *Store) error { _, _, err := s.CallBodies(7); return err },
		},
		"a version's settings":   {`UPDATE versions SET settings = '{}'`, "versions", func(s *Store) (int, error) { all, err := s.Versions(1); return len(all), err }, nil},
		"a deploy's end":         {`UPDATE deploys SET ended = 1`, "deploys", func(s *Store) (int, error) { all, err := s.Deploys(0, 9); return len(all), err }, nil},
		"a schedule's time":      {`UPDATE schedules SET next_due = 1`, "schedules", func(s *Store) (int, error) { all, err := s.Schedules(0); return len(all), err }, nil},
		"a gap's count":          {`UPDATE missed SET count = 1`, "missed", func(s *Store) (int, error) { all, err := s.MissedRuns(4, 9); return len(all), err }, nil},
		"a session's status":     {`UPDATE sessions SET status = 'X'`, "sessions", func(s *Store) (int, error) { all, err := s.Sessions(); return len(all), err }, nil},
		"a file's hash":          {`UPDATE files SET sha256 = 'cd'`, "files", nil, func(s *Store) error { _, err := s.File(2); return err }},
		"a log line's text":      {`UPDATE log_blocks SET body = replace(body, 'one', 'on3')`, "log_blocks", func(s *Store) (int, error) { all, err := s.Lines(7, 0, 9); return len(all), err }, nil},
		"the owner of log lines": {`UPDATE log_blocks SET owner = 8`, "log_blocks", func(s *Store) (int, error) { all, err := s.Lines(8, 0, 9); return len(all), err }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openTest(t, dir)
			fillState(t, s)
			if c.list != nil && c.table != "log_blocks" {
				n, err := c.list(s)
				require.NoError(t, err)
				require.Equal(t, 1, n)
			}
			require.NoError(t, s.Close())
			tamper(t, dir, c.tamper)

			s = openTest(t, dir)
			defer func() { require.NoError(t, s.Close()) }()
			told := 0
			s.OnDamage(func(error) { told++ })
			if c.list != nil {
				for range 2 {
					n, err := c.list(s)
					require.NoError(t, err)
					assert.Zero(t, n)
				}
				assert.Equal(t, 1, told, "each row is told of once")
				require.Len(t, s.Damaged(), 1)
				assert.Equal(t, c.table, s.Damaged()[0].Table)
			}
			if c.single != nil {
				var damaged *DamagedError
				require.ErrorAs(t, c.single(s), &damaged)
				assert.Equal(t, c.table, damaged.Table)
				assert.ErrorContains(t, damaged, "fndeck doctor --repair")
			}
		})
	}
}

func TestAStateWhoseIdsCannotBeTrustedIsRefused(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, openTest(t, dir).Close())
	tamper(t, dir, `UPDATE meta SET value = '1' WHERE key = 'reserved_id'`)
	_, err := Open(dir, testClock)
	assert.ErrorIs(t, err, ErrDamaged)
}

func TestEveryChangeKeepsTheSumsRight(t *testing.T) {
	s := openTest(t, t.TempDir())
	defer func() { require.NoError(t, s.Close()) }()
	fillState(t, s)
	require.NoError(t, s.Write(Durable, func(tx *Tx) error {
		f, err := tx.Function(1)
		f.Mode, f.Workers, f.Revision = "warm", 4, 1
		v := Version{FunctionID: 1, Number: 1, Status: Failed, ErrorMessage: "no"}
		return errors.Join(err, tx.UpdateFunction(f), tx.SetLatest(1, 2), tx.SetServing(1, 2), tx.UpdateVersion(v), tx.SetFolder(1, 1, "/src"),
			tx.UpdateDeploy(Deploy{ID: 3, Status: Failed, Ended: testClock()}), tx.RenameFile(2, "b.zip", "", ""), tx.SetFileContent(2, "cd", 3),
			tx.AdvanceSchedule(4, testClock(), testClock(), testClock().Add(1e9)), tx.SetQueued(4, testClock()), tx.SetSessionStatus(6, "REVOKED"),
			tx.InsertCall(Call{ID: 8, FunctionID: 1, Status: Running, Started: testClock()}, nil))
	}))
	require.NoError(t, s.Write(Durable, func(tx *Tx) error { _, err := tx.FailRunning("restarted"); return err }))

	f, err := s.Function(1)
	require.NoError(t, err)
	assert.Equal(t, []any{"warm", 4, int64(1), 2, 2}, []any{f.Mode, f.Workers, f.Revision, f.Serving, f.Latest})
	v, err := s.Version(1, 1)
	require.NoError(t, err)
	assert.Equal(t, []string{Failed, "/src", "handler.py", "ab"}, []string{v.Status, v.Folder, v.Settings.FunctionPath, v.SHA256})
	d, err := s.Deploy(3)
	require.NoError(t, err)
	assert.Equal(t, []any{Failed, KindDeploy, 1}, []any{d.Status, d.Kind, d.To})
	file, err := s.File(2)
	require.NoError(t, err)
	assert.Equal(t, []string{"b.zip", "cd"}, []string{file.Name, file.SHA256})
	schedule, err := s.Schedule(4)
	require.NoError(t, err)
	assert.Equal(t, testClock().Add(1e9), schedule.NextDue)
	assert.Equal(t, testClock(), schedule.Queued)
	session, err := s.Session(6)
	require.NoError(t, err)
	assert.Equal(t, "REVOKED", session.Status)
	c, err := s.Call(8)
	require.NoError(t, err)
	assert.Equal(t, []string{Failed, "restarted"}, []string{c.Status, c.ErrorMessage})
}
