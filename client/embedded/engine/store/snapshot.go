package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// FileName is the database's name in the state directory. While it is open two
// more files stand beside it, with the endings that Companions lists.
const FileName = fileName

// Companions are the endings of the files that belong to an open database.
func Companions() []string { return []string{"-wal", "-shm"} }

// Snapshot writes the database of a state directory, as it is at one moment, to
// a file that does not exist yet. Writers go on meanwhile. What it returns for
// a directory without a database is ErrNotFound.
func Snapshot(ctx context.Context, dir, to string) error {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); err != nil {
		return errors.Join(ErrNotFound, err)
	}
	return snapshot(ctx, "file:"+path+"?mode=rw&_pragma=busy_timeout(5000)", to)
}

// Snapshot is the function Snapshot for a state that is open, even one that
// cannot be written.
func (s *Store) Snapshot(ctx context.Context, to string) error {
	if s.refused == nil {
		return Snapshot(ctx, s.dir, to)
	}
	return snapshot(ctx, s.source, to)
}

func snapshot(ctx context.Context, source, to string) error {
	if err := createEmpty(to); err != nil { // SQLite fills an empty file
		return err
	}
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `VACUUM INTO ?`, to)
	return errors.Join(err, db.Close())
}

// Contents says what a snapshot holds.
type Contents struct {
	// Layout is the schema's version.
	Layout                      int
	Functions, Schedules, Calls int
	// Code are the hashes of the archives that it refers to.
	Code []string
	// ReservedID is the highest id that may have been given out.
	ReservedID int64
}

// Inspect checks a snapshot, page by page and reference by reference, and says
// what it holds. It changes nothing.
func Inspect(ctx context.Context, path string) (c Contents, err error) {
	db, err := sql.Open("sqlite", "file:"+path+"?immutable=1&mode=ro")
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := checkPages(ctx, db); err != nil {
		return c, err
	}
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&c.Layout); err != nil {
		return c, err
	}
	if c.Layout > schemaVersion {
		return c, fmt.Errorf("the state was written by a newer fndeck (layout %d, this one knows %d): use that version", c.Layout, schemaVersion)
	}
	err = db.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM functions), (SELECT COUNT(*) FROM schedules), (SELECT COUNT(*) FROM calls),
		(SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'reserved_id')`).Scan(&c.Functions, &c.Schedules, &c.Calls, &c.ReservedID)
	if err != nil {
		return c, err
	}
	rows, err := db.QueryContext(ctx, `SELECT sha256 FROM versions UNION SELECT sha256 FROM files WHERE sha256 <> ''`)
	if err != nil {
		return c, err
	}
	defer func() { _ = rows.Close() }() // rows.Err below tells what matters
	for rows.Next() {
		var sha string
		if err := rows.Scan(&sha); err != nil {
			return c, err
		}
		c.Code = append(c.Code, sha)
	}
	return c, rows.Err()
}

// checkPages reads every page and index of a database.
func checkPages(ctx context.Context, db *sql.DB) error {
	var said string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return fmt.Errorf("the database is damaged: %s", strings.ReplaceAll(said, "\n", " "))
	}
	return nil
}

// Renew makes a snapshot the state of a new history, from a time on: ids go on above
// both. What happened until then in the history that is left is not known.
func Renew(ctx context.Context, path string, reservedID int64, at time.Time) error {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=rw&_pragma=journal_mode(DELETE)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	return errors.Join(renew(ctx, db, reservedID, at), db.Close())
}

func renew(ctx context.Context, db *sql.DB, reservedID int64, at time.Time) error {
	var layout int
	var reserved int64
	err := db.QueryRowContext(ctx, `SELECT user_version, (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'reserved_id') FROM pragma_user_version`).
		Scan(&layout, &reserved)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit this does nothing
	value := strconv.FormatInt(max(reserved, reservedID), 10)
	if _, err := tx.ExecContext(ctx, `UPDATE meta SET value = ? WHERE key = ?`, value, reservedKey); err != nil {
		return err
	}
	if layout != oldestLayout { // it had no sums
		if _, err := tx.ExecContext(ctx, `UPDATE meta SET sum = ? WHERE key = ?`, metaSum(reservedKey, value), reservedKey); err != nil {
			return err
		}
		value := strconv.FormatInt(micros(at), 10)
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO meta (key, value, sum) VALUES (?, ?, ?)`, restoredKey, value, metaSum(restoredKey, value)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Restored is when this state was restored from a backup, the zero time if it
// never was.
func (s *Store) Restored() (time.Time, error) {
	var value string
	var sum int64
	err := s.row(`SELECT value, sum FROM meta WHERE key = ?`, restoredKey).Scan(&value, &sum)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, err
	case sum != metaSum(restoredKey, value):
		return time.Time{}, &DamagedError{Table: "meta"}
	}
	at, err := strconv.ParseInt(value, 10, 64)
	return fromMicros(at), err
}

// ReservedID reads the highest id that the state of a directory may have given
// out.
func ReservedID(ctx context.Context, dir string) (id int64, err error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); err != nil {
		return 0, err
	}
	db, err := sql.Open("sqlite", "file:"+path+"?mode=rw&_pragma=busy_timeout(5000)")
	if err != nil {
		return 0, err
	}
	err = db.QueryRowContext(ctx, `SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'reserved_id'`).Scan(&id)
	return id, errors.Join(err, db.Close())
}
