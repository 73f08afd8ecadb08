package store

// schemaVersion is the layout this binary writes. A file with a higher number
// is refused untouched, one with a lower number is brought up to it.
const schemaVersion = 3

// schema is the layout. Sums are explained in sum.go, blocks of log lines in
// blocks.go. Calls and log blocks do not cascade from their function: there may
// be millions, which are removed in portions, see deletions.go.
const schema = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, sum INTEGER NOT NULL);

CREATE TABLE files (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, external_id TEXT UNIQUE, mime_type TEXT NOT NULL DEFAULT '',
  metadata TEXT NOT NULL DEFAULT '', sha256 TEXT NOT NULL DEFAULT '', size INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, uploaded INTEGER NOT NULL DEFAULT 0, sum INTEGER NOT NULL);

CREATE TABLE functions (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, external_id TEXT UNIQUE, description TEXT NOT NULL DEFAULT '',
  owner TEXT NOT NULL DEFAULT '', metadata TEXT NOT NULL DEFAULT '', file_id INTEGER NOT NULL,
  created INTEGER NOT NULL, serving INTEGER NOT NULL DEFAULT 0, latest INTEGER NOT NULL DEFAULT 0,
  mode TEXT NOT NULL DEFAULT '', workers INTEGER NOT NULL DEFAULT 0, revision INTEGER NOT NULL DEFAULT 0,
  sum INTEGER NOT NULL);

CREATE TABLE deletions (function_id INTEGER PRIMARY KEY);

CREATE TABLE versions (
  function_id INTEGER NOT NULL REFERENCES functions(id) ON DELETE CASCADE, number INTEGER NOT NULL,
  sha256 TEXT NOT NULL, size INTEGER NOT NULL, settings BLOB NOT NULL, runtime TEXT NOT NULL,
  runtime_version TEXT NOT NULL DEFAULT '', folder TEXT NOT NULL DEFAULT '', deploy_id INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL, error_message TEXT NOT NULL DEFAULT '', error_trace TEXT NOT NULL DEFAULT '',
  mode TEXT NOT NULL DEFAULT '', mode_reason TEXT NOT NULL DEFAULT '', environment TEXT NOT NULL DEFAULT '',
  created INTEGER NOT NULL, ready INTEGER NOT NULL DEFAULT 0, sum INTEGER NOT NULL,
  PRIMARY KEY (function_id, number));

CREATE TABLE deploys (
  id INTEGER PRIMARY KEY, function_id INTEGER NOT NULL REFERENCES functions(id) ON DELETE CASCADE,
  kind TEXT NOT NULL, from_version INTEGER NOT NULL, to_version INTEGER NOT NULL, status TEXT NOT NULL,
  phase TEXT NOT NULL DEFAULT '', error_message TEXT NOT NULL DEFAULT '', error_trace TEXT NOT NULL DEFAULT '',
  size INTEGER NOT NULL DEFAULT 0, started INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0, sum INTEGER NOT NULL);
CREATE INDEX deploys_by_function ON deploys(function_id);
CREATE INDEX deploys_open ON deploys(ended) WHERE ended = 0;

CREATE TABLE schedules (
  id INTEGER PRIMARY KEY, function_id INTEGER NOT NULL REFERENCES functions(id) ON DELETE CASCADE,
  name TEXT NOT NULL, description TEXT NOT NULL DEFAULT '', cron TEXT NOT NULL,
  data BLOB, session_id INTEGER NOT NULL, created INTEGER NOT NULL,
  next_due INTEGER NOT NULL, last_due INTEGER NOT NULL DEFAULT 0,
  overlap TEXT NOT NULL DEFAULT 'skip', catch_up TEXT NOT NULL DEFAULT 'skip', queued INTEGER NOT NULL DEFAULT 0,
  sum INTEGER NOT NULL);
CREATE INDEX schedules_by_function ON schedules(function_id);
CREATE INDEX schedules_by_next ON schedules(next_due);

CREATE TABLE sessions (
  id INTEGER PRIMARY KEY, type TEXT NOT NULL, client_id TEXT NOT NULL DEFAULT '', status TEXT NOT NULL,
  created INTEGER NOT NULL, expires INTEGER NOT NULL DEFAULT 0, sum INTEGER NOT NULL);

CREATE TABLE calls (
  id INTEGER PRIMARY KEY, function_id INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT 0, status TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0,
  duration INTEGER NOT NULL DEFAULT 0, schedule_id INTEGER, scheduled INTEGER, session_id INTEGER NOT NULL DEFAULT 0,
  preview TEXT NOT NULL DEFAULT '', error_message TEXT NOT NULL DEFAULT '', error_trace TEXT NOT NULL DEFAULT '',
  log_lines INTEGER NOT NULL DEFAULT 0, max_rss INTEGER NOT NULL DEFAULT 0, cpu INTEGER NOT NULL DEFAULT 0, warm INTEGER NOT NULL DEFAULT 0,
  data_sum INTEGER NOT NULL, response_sum INTEGER NOT NULL DEFAULT 0, sum INTEGER NOT NULL, outcome_sum INTEGER NOT NULL,
  data BLOB, response BLOB);
CREATE INDEX calls_by_function ON calls(function_id);
CREATE UNIQUE INDEX calls_by_fire ON calls(schedule_id, scheduled) WHERE schedule_id IS NOT NULL;
CREATE INDEX calls_by_schedule ON calls(schedule_id) WHERE schedule_id IS NOT NULL;
CREATE INDEX calls_running ON calls(status) WHERE status = 'Running';
CREATE INDEX calls_by_outcome ON calls(status) WHERE status <> 'Running' AND status <> 'Completed';
CREATE INDEX calls_by_function_outcome ON calls(function_id, status) WHERE status <> 'Running' AND status <> 'Completed';

CREATE TABLE missed (
  id INTEGER PRIMARY KEY, schedule_id INTEGER NOT NULL REFERENCES schedules(id) ON DELETE CASCADE,
  kind TEXT NOT NULL, first_due INTEGER NOT NULL, last_due INTEGER NOT NULL, count INTEGER NOT NULL, reason TEXT NOT NULL,
  sum INTEGER NOT NULL);
CREATE INDEX missed_by_schedule ON missed(schedule_id);

CREATE TABLE log_blocks (
  position INTEGER PRIMARY KEY, owner INTEGER NOT NULL, function_id INTEGER NOT NULL, build INTEGER NOT NULL,
  number INTEGER NOT NULL, count INTEGER NOT NULL, newest INTEGER NOT NULL, sum INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX log_blocks_by_owner ON log_blocks(owner);
CREATE INDEX log_blocks_by_function ON log_blocks(function_id);
`
