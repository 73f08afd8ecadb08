package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"fndeck/client/embedded/engine/disk"
)

const (
	// oldestLayout is the first layout there was.
	oldestLayout = 1
	// summedLayout is the first whose rows have sums. They are as they were since.
	summedLayout = 2
)

// migrate brings an older layout up to this one: a durable copy first, then
// everything in one transaction.
func (s *Store) migrate(ctx context.Context, path string) error {
	var found int
	if err := s.conn.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&found); err != nil {
		return err
	}
	switch {
	case found == schemaVersion:
		return nil
	case found > schemaVersion: // its journal says so, its file did not yet
		return newer(path, found)
	}
	if err := s.copyAside(ctx, fmt.Sprintf("%s.layout-%d.bak", path, found)); err != nil {
		return fmt.Errorf("copy the state before its layout changes: %w", err)
	}
	// The tables' references to each other change with the tables.
	if _, err := s.conn.ExecContext(ctx, `PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON`); err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	change := s.fromLayout2
	if found == oldestLayout {
		change = s.fromLayout1
	}
	err := change(ctx)
	if err == nil {
		_, err = s.conn.ExecContext(ctx, `COMMIT`)
	}
	if err != nil {
		_, _ = s.conn.ExecContext(ctx, `ROLLBACK`) // the error that matters is the first
		return fmt.Errorf("change the layout of the state: %w", err)
	}
	_, err = s.conn.ExecContext(ctx, `PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = OFF`)
	return err
}

// copyAside writes a consistent copy of the state, durable before it has its name.
func (s *Store) copyAside(ctx context.Context, to string) error {
	temp, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+".*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		_ = temp.Close()           // closed already when all went well
		_ = os.Remove(temp.Name()) // renamed already when all went well
	}()
	if _, err := s.conn.ExecContext(ctx, `VACUUM INTO ?`, temp.Name()); err != nil {
		return err
	}
	if err := errors.Join(temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), to); err != nil {
		return err
	}
	return disk.SyncDir(filepath.Dir(to))
}

// fromLayout2 drops the events, which are kept in memory since.
func (s *Store) fromLayout2(ctx context.Context) error {
	_, err := s.conn.ExecContext(ctx, fmt.Sprintf(`DROP TABLE events; DELETE FROM meta WHERE key = 'epoch'; PRAGMA user_version = %d`, schemaVersion))
	return err
}

// fromLayout1 moves all rows of layout 1, which had neither sums nor blocks, to
// new tables.
func (s *Store) fromLayout1(ctx context.Context) error {
	for _, table := range []string{"files", "functions", "versions", "deploys", "schedules", "calls", "missed", "log_lines", "meta"} {
		if _, err := s.conn.ExecContext(ctx, `ALTER TABLE `+table+` RENAME TO old_`+table); err != nil {
			return err
		}
	}
	for _, index := range []string{
		"deploys_by_function", "schedules_by_function", "schedules_by_next", "calls_by_function", "calls_by_fire", "calls_running",
		"missed_by_schedule",
	} {
		if _, err := s.conn.ExecContext(ctx, `DROP INDEX `+index); err != nil {
			return err
		}
	}
	if _, err := s.conn.ExecContext(ctx, `DROP TABLE events`); err != nil {
		return err
	}
	if err := createTables(ctx, s.conn); err != nil {
		return err
	}
	if err := s.copyLayout1(ctx); err != nil {
		return err
	}
	for _, table := range []string{"missed", "schedules", "deploys", "versions", "calls", "log_lines", "functions", "files", "meta"} {
		if _, err := s.conn.ExecContext(ctx, `DROP TABLE old_`+table); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) copyLayout1(ctx context.Context) error {
	var reserved string
	if err := s.conn.QueryRowContext(ctx, `SELECT value FROM old_meta WHERE key = 'reserved_id'`).Scan(&reserved); err != nil {
		return err
	}
	tx := &Tx{s: s, quiet: true}
	var data, response []byte
	return errors.Join(
		s.setMeta(reservedKey, reserved),
		copyRows(tx, `SELECT id, name, external_id, mime_type, metadata, sha256, size, created, updated, uploaded, 0 FROM old_files`, scanFile, tx.InsertFile),
		copyRows(tx, `SELECT id, name, external_id, description, owner, metadata, file_id, created, serving, latest, '', 0, 0, 0 FROM old_functions`, scanFunction, tx.InsertFunction),
		copyRows(tx, `SELECT function_id, number, sha256, size, settings, runtime, runtime_version, folder, deploy_id, status, error_message, error_trace, mode, mode_reason, environment, created, ready, 0 FROM old_versions`,
			scanVersion, tx.insertVersion),
		copyRows(tx, `SELECT id, function_id, kind, from_version, to_version, status, phase, error_message, error_trace, size, started, ended, 0 FROM old_deploys`, scanDeploy, tx.InsertDeploy),
		copyRows(tx, `SELECT id, function_id, name, description, cron, data, session_id, created, next_due, last_due, 'skip', 'skip', 0, 0 FROM old_schedules`, scanSchedule, tx.storeSchedule),
		copyRows(tx, `SELECT id, schedule_id, kind, first_due, last_due, count, reason, 0 FROM old_missed`, scanMissed, tx.InsertMissed),
		copyRows(tx, `SELECT id, function_id, version, status, started, ended, duration, schedule_id, scheduled, 0, preview, error_message, error_trace, log_lines, max_rss, cpu, 0, 0, 0, 0, 0, data, response FROM old_calls`,
			func(r scanner) (Call, error) { return scanCallAnd(r, blob(&data), blob(&response)) },
			func(c Call) error { return tx.insertCall(c, data, response) }),
		tx.copyLines(),
	)
}

// copyRows reads rows that have no sums yet and stores them with theirs. A row
// whose columns cannot be read stays behind, in the copy.
func copyRows[T any](tx *Tx, query string, scan func(scanner) (T, error), insert func(T) error) error {
	rows, err := tx.s.conn.QueryContext(context.Background(), query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err below tells what matters
	for rows.Next() {
		v, err := scan(rows)
		var bad *DamagedError
		switch {
		case errors.As(err, &bad) && bad.unreadable:
			tx.s.report(err)
			continue
		case err != nil && bad == nil:
			return err
		}
		if err := insert(v); err != nil {
			return err
		}
	}
	return rows.Err()
}

// copyLines makes blocks of the lines that stand one after another and have one
// owner; they keep their positions.
func (tx *Tx) copyLines() error {
	var owner int64
	var run []Line
	flush := func() error {
		if len(run) == 0 {
			return nil
		}
		tx.s.position = run[0].Position - 1
		err := tx.AppendLines(owner, run)
		run = run[:0]
		return err
	}
	err := copyRows(tx, `SELECT position, owner, time, stream, text FROM old_log_lines ORDER BY position`, func(r scanner) (l Line, err error) {
		stream := 0
		err = r.Scan(number(&l.Position), number(&l.Owner), moment(&l.Time), small(&stream), text(&l.Text))
		l.Stream = Stream(stream)
		return l, damaged(err, "log_lines", l.Position)
	}, func(l Line) error {
		if len(run) > 0 && (l.Owner != owner || l.Position != run[len(run)-1].Position+1 || len(run) == blockLines) {
			if err := flush(); err != nil {
				return err
			}
		}
		owner, run = l.Owner, append(run, l)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}
