package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
)

// schemaVersion is the layout this binary writes. A file with a higher number
// is refused untouched.
const schemaVersion = 1

const schema = `
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

// migrate brings a new file to schemaVersion and refuses a newer one.
func migrate(ctx context.Context, conn *sql.Conn) error {
	var found int
	if err := conn.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&found); err != nil {
		return fmt.Errorf("read the schema version: %w", err)
	}
	switch {
	case found == schemaVersion:
		return nil
	case found > schemaVersion:
		return fmt.Errorf("the state was written by a newer fndeck (layout %d, this one knows %d): use that version", found, schemaVersion)
	}
	var epoch [8]byte
	if _, err := rand.Read(epoch[:]); err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit this does nothing
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("create the tables: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO meta VALUES ('epoch', ?), ('reserved_id', '1000')`, hex.EncodeToString(epoch[:])); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, schemaVersion)); err != nil {
		return err
	}
	return tx.Commit()
}
