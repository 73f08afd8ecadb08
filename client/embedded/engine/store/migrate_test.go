package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const layout1 = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE files (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, external_id TEXT UNIQUE, mime_type TEXT NOT NULL DEFAULT '',
  metadata TEXT NOT NULL DEFAULT '', sha256 TEXT NOT NULL DEFAULT '', size INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, uploaded INTEGER NOT NULL DEFAULT 0);

CREATE TABLE functions (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, external_id TEXT UNIQUE, description TEXT NOT NULL DEFAULT '',
  owner TEXT NOT NULL DEFAULT '', metadata TEXT NOT NULL DEFAULT '', file_id INTEGER NOT NULL,
  created INTEGER NOT NULL, serving INTEGER NOT NULL DEFAULT 0, latest INTEGER NOT NULL DEFAULT 0);

CREATE TABLE versions (
  function_id INTEGER NOT NULL REFERENCES functions(id) ON DELETE CASCADE, number INTEGER NOT NULL,
  sha256 TEXT NOT NULL, size INTEGER NOT NULL, settings BLOB NOT NULL, runtime TEXT NOT NULL,
  runtime_version TEXT NOT NULL DEFAULT '', folder TEXT NOT NULL DEFAULT '', deploy_id INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL, error_message TEXT NOT NULL DEFAULT '', error_trace TEXT NOT NULL DEFAULT '',
  mode TEXT NOT NULL DEFAULT '', mode_reason TEXT NOT NULL DEFAULT '', environment TEXT NOT NULL DEFAULT '',
  created INTEGER NOT NULL, ready INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (function_id, number)) WITHOUT ROWID;

CREATE TABLE deploys (
  id INTEGER PRIMARY KEY, function_id INTEGER NOT NULL REFERENCES functions(id) ON DELETE CASCADE,
  kind TEXT NOT NULL, from_version INTEGER NOT NULL, to_version INTEGER NOT NULL, status TEXT NOT NULL,
  phase TEXT NOT NULL DEFAULT '', error_message TEXT NOT NULL DEFAULT '', error_trace TEXT NOT NULL DEFAULT '',
  size INTEGER NOT NULL DEFAULT 0, started INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0);
CREATE INDEX deploys_by_function ON deploys(function_id);

CREATE TABLE schedules (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL DEFAULT '',
  function_id INTEGER NOT NULL REFERENCES functions(id) ON DELETE CASCADE, cron TEXT NOT NULL,
  data BLOB, session_id INTEGER NOT NULL, created INTEGER NOT NULL,
  next_due INTEGER NOT NULL, last_due INTEGER NOT NULL DEFAULT 0);
CREATE INDEX schedules_by_function ON schedules(function_id);
CREATE INDEX schedules_by_next ON schedules(next_due);

CREATE TABLE calls (
  id INTEGER PRIMARY KEY, function_id INTEGER NOT NULL REFERENCES functions(id) ON DELETE CASCADE,
  version INTEGER NOT NULL DEFAULT 0, status TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0,
  duration INTEGER NOT NULL DEFAULT 0, schedule_id INTEGER, scheduled INTEGER,
  data BLOB, response BLOB, preview TEXT NOT NULL DEFAULT '',
  error_message TEXT NOT NULL DEFAULT '', error_trace TEXT NOT NULL DEFAULT '',
  log_lines INTEGER NOT NULL DEFAULT 0, max_rss INTEGER NOT NULL DEFAULT 0, cpu INTEGER NOT NULL DEFAULT 0);
CREATE INDEX calls_by_function ON calls(function_id);
CREATE UNIQUE INDEX calls_by_fire ON calls(schedule_id, scheduled) WHERE schedule_id IS NOT NULL;
CREATE INDEX calls_running ON calls(status) WHERE status = 'Running';

CREATE TABLE missed (
  id INTEGER PRIMARY KEY, schedule_id INTEGER NOT NULL REFERENCES schedules(id) ON DELETE CASCADE,
  kind TEXT NOT NULL, first_due INTEGER NOT NULL, last_due INTEGER NOT NULL, count INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE INDEX missed_by_schedule ON missed(schedule_id);

CREATE TABLE log_lines (
  position INTEGER PRIMARY KEY, owner INTEGER NOT NULL, time INTEGER NOT NULL, stream INTEGER NOT NULL, text TEXT NOT NULL);
CREATE INDEX log_lines_by_owner ON log_lines(owner);

CREATE TABLE events (
  seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, subject INTEGER NOT NULL);
`

const layout1Rows = `
INSERT INTO meta VALUES ('epoch', 'aaaa'), ('reserved_id', '5000');
INSERT INTO files VALUES (1001, 'hello.zip', 'x-1', 'application/zip', '{}', 'abc', 12, 1000, 2000, 3000);
INSERT INTO functions VALUES (1002, 'hello', 'x-2', 'says hello', 'me', '{"a":"b"}', 1001, 4000, 2, 2);
INSERT INTO versions VALUES (1002, 1, 'abc', 12, '{"functionPath":"handler.py"}', 'py311', '3.11', '/src', 1003, 'Ready', '', '', 'isolated', '', 'env', 10, 20);
INSERT INTO versions VALUES (1002, 2, 'abd', 13, '{"functionPath":"main.py"}', 'py311', '3.11', '/src', 1004, 'Ready', '', '', 'isolated', '', '', 30, 40);
INSERT INTO deploys VALUES (1003, 1002, 'deploy', 0, 1, 'Ready', 'switched', '', '', 12, 5, 6);
INSERT INTO schedules VALUES (1005, 'hourly', '', 1002, '0 * * * *', '{"n":1}', 77, 1, 2, 3);
INSERT INTO missed VALUES (1006, 1005, 'Missed', 1, 2, 2, 'the engine was not running');
INSERT INTO calls (id, function_id, version, status, started, ended, duration, schedule_id, scheduled, data, response, preview, log_lines)
  VALUES (1007, 1002, 2, 'Completed', 100, 200, 90, 1005, 60, '{"n":1}', '{"ok":true}', '{"ok":true}', 2);
INSERT INTO calls (id, function_id, version, status, started, data) VALUES (1008, 1002, 2, 'Running', 300, '{}');
INSERT INTO log_lines VALUES (1, 1003, 1, 2, 'building'), (2, 1007, 110, 0, 'one'), (3, 1008, 310, 1, 'other'), (4, 1007, 120, 0, 'two'), (5, 999, 1, 0, 'nobody''s');
INSERT INTO events VALUES (9, 1, 'call', 1007);
PRAGMA user_version = 1;
`

// writeLayout1 makes a state as the first layout was.
func writeLayout1(t *testing.T, dir string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, fileName)+"?_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)")
	require.NoError(t, err)
	_, err = db.ExecContext(context.Background(), layout1+layout1Rows)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func TestAStateOfTheFirstLayoutIsBroughtUpToDate(t *testing.T) {
	dir := t.TempDir()
	writeLayout1(t, dir)
	s := openTest(t, dir)
	defer func() { require.NoError(t, s.Close()) }()

	f, err := s.Function(1002)
	require.NoError(t, err)
	assert.Equal(t, Function{
		ID: 1002, Name: "hello", ExternalID: "x-2", Description: "says hello", Owner: "me", Metadata: `{"a":"b"}`, FileID: 1001,
		Created: fromMicros(4000), Serving: 2, Latest: 2,
	}, f)
	versions, err := s.Versions(1002)
	require.NoError(t, err)
	require.Len(t, versions, 2)
	assert.Equal(t, "main.py", versions[0].Settings.FunctionPath)
	schedule, err := s.Schedule(1005)
	require.NoError(t, err)
	assert.Equal(t, []any{Skip, Skip, `{"n":1}`}, []any{schedule.Overlap, schedule.CatchUp, string(schedule.Data)})
	missed, err := s.MissedCounts()
	require.NoError(t, err)
	assert.Equal(t, map[int64]int64{1005: 2}, missed)
	calls, err := s.Calls(CallQuery{Limit: 10})
	require.NoError(t, err)
	require.Len(t, calls, 2)
	assert.Equal(t, []any{int64(1007), Completed, int64(1005)}, []any{calls[1].ID, calls[1].Status, calls[1].ScheduleID})
	data, response, err := s.CallBodies(1007)
	require.NoError(t, err)
	assert.Equal(t, []string{`{"n":1}`, `{"ok":true}`}, []string{string(data), string(response)})
	assert.Empty(t, s.Damaged())
	id, err := s.NextID()
	require.NoError(t, err)
	assert.Greater(t, id, int64(5000))
}

func TestLogLinesKeepTheirOrderAndPositionOverALayoutChange(t *testing.T) {
	dir := t.TempDir()
	writeLayout1(t, dir)
	s := openTest(t, dir)
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.Write(Durable, func(tx *Tx) error { return tx.AppendLines(1007, []Line{{Text: "three"}}) }))

	lines, err := s.CallLines(0, 0, fromMicros(0), 10)
	require.NoError(t, err)
	var all []string
	for _, l := range lines {
		all = append(all, l.Text)
	}
	assert.Equal(t, []string{"one", "other", "two", "three"}, all)
	assert.Equal(t, []int64{2, 3, 4}, []int64{lines[0].Position, lines[1].Position, lines[2].Position})
	assert.Greater(t, lines[3].Position, int64(4))
}

// writeLayout2 makes a state as the second layout was, and returns its calls.
func writeLayout2(t *testing.T, dir string) []Call {
	t.Helper()
	s := openTest(t, dir)
	fillState(t, s)
	calls, err := s.Calls(CallQuery{Limit: 10})
	require.NoError(t, err)
	require.NotEmpty(t, calls)
	require.NoError(t, s.Close())
	db, err := sql.Open("sqlite", filepath.Join(dir, fileName))
	require.NoError(t, err)
	_, err = db.ExecContext(context.Background(), `
		CREATE TABLE events (seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, subject INTEGER NOT NULL);
		INSERT INTO events VALUES (9, 1, 'call', 1007);
		INSERT INTO meta VALUES ('epoch', 'aaaa', 1);
		PRAGMA user_version = 2`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return calls
}

func TestAStateOfTheSecondLayoutLosesItsEventsOnly(t *testing.T) {
	dir := t.TempDir()
	want := writeLayout2(t, dir)
	s := openTest(t, dir)
	have, err := s.Calls(CallQuery{Limit: 10})
	require.NoError(t, err)
	assert.Equal(t, want, have)
	assert.Zero(t, s.LastEvent())
	left, err := texts(t.Context(), s.read, `SELECT name FROM sqlite_master WHERE name = 'events' UNION SELECT key FROM meta WHERE key = 'epoch'`)
	require.NoError(t, err)
	assert.Empty(t, left)
	require.NoError(t, s.Close())
	checked, err := Check(t.Context(), dir)
	require.NoError(t, err)
	assert.Equal(t, schemaVersion, checked.Layout)
	assert.True(t, checked.Healthy())
	assert.FileExists(t, filepath.Join(dir, fileName+".layout-2.bak"))
}

func TestAStateOfTheSecondLayoutIsReadAndMendedAsItLies(t *testing.T) {
	dir := t.TempDir()
	want := writeLayout2(t, dir)
	s, err := OpenReadOnly(dir, testClock, errors.New("read-only"))
	require.NoError(t, err)
	have, err := s.Calls(CallQuery{Limit: 10})
	require.NoError(t, err)
	assert.Equal(t, want, have)
	require.NoError(t, s.Close())

	mended := t.TempDir()
	salvaged, err := Salvage(t.Context(), filepath.Join(dir, fileName), filepath.Join(mended, fileName), testClock)
	require.NoError(t, err)
	assert.Equal(t, len(want), salvaged.Rows["calls"])
	s = openTest(t, mended)
	defer func() { require.NoError(t, s.Close()) }()
	have, err = s.Calls(CallQuery{Limit: 10})
	require.NoError(t, err)
	assert.Equal(t, want, have)
}

func TestTheOldLayoutIsCopiedAsideFirst(t *testing.T) {
	dir := t.TempDir()
	writeLayout1(t, dir)
	require.NoError(t, openTest(t, dir).Close())

	aside := filepath.Join(dir, fileName+".layout-1.bak")
	info, err := os.Stat(aside)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	db, err := sql.Open("sqlite", aside)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var layout, lines int
	require.NoError(t, db.QueryRowContext(context.Background(), `PRAGMA user_version`).Scan(&layout))
	require.NoError(t, db.QueryRowContext(context.Background(), `SELECT COUNT(*) FROM log_lines`).Scan(&lines))
	assert.Equal(t, []int{1, 5}, []int{layout, lines})
}

func TestALayoutChangeThatFailsLeavesTheOldOne(t *testing.T) {
	dir := t.TempDir()
	writeLayout1(t, dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, fileName))
	require.NoError(t, err)
	_, err = db.ExecContext(context.Background(), `DROP TABLE log_lines`)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	_, err = Open(dir, testClock)
	require.ErrorContains(t, err, "change the layout of the state")
	found, err := layout(filepath.Join(dir, fileName))
	require.NoError(t, err)
	assert.Equal(t, 1, found)
}

func TestAFileThatIsNoStateIsRefusedUntouched(t *testing.T) {
	for name, content := range map[string][]byte{
		"empty":           {},
		"cut short":       []byte("SQLite format 3\x00"),
		"text":            bytes.Repeat([]byte("not a database\n"), 1000),
		"another program": nil,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, fileName)
			if content == nil {
				db, err := sql.Open("sqlite", path)
				require.NoError(t, err)
				_, err = db.ExecContext(context.Background(), `CREATE TABLE theirs (x)`)
				require.NoError(t, err)
				require.NoError(t, db.Close())
			} else {
				require.NoError(t, os.WriteFile(path, content, 0o600))
			}
			before, err := os.ReadFile(path)
			require.NoError(t, err)
			_, err = Open(dir, testClock)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "\n")
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, before, after)
		})
	}
}
