package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// maxFaults is how many faults of a file SQLite is asked for.
const maxFaults = 10

// Checked says what a look at a whole state found.
type Checked struct {
	// Layout is the layout's number; Path the file that was looked at.
	Layout int
	Path   string
	// Faults are SQLite's own words on pages and indexes that are wrong.
	Faults []string
	// Rows counts the rows, Damaged those whose sums do not fit, by table.
	Rows    map[string]int
	Damaged []DamagedError
	// Code are the hashes of the archives that versions and files refer to.
	Code []string
	// Environments are the keys of the package environments of versions that serve
	// or are the newest.
	Environments []string
	// Secrets says that versions have secrets, which only the key opens.
	Secrets bool
	// Sealed are the versions with secrets or index URLs that serve or are the
	// newest. Older ones may rightly be sealed with a key that is given up.
	Sealed []Version
}

// Healthy reports whether nothing was found.
func (c Checked) Healthy() bool { return len(c.Faults) == 0 && len(c.Damaged) == 0 }

// Check reads the whole state of a directory and changes nothing; an engine may
// run on it. An error is about reading, or a damage so large that nothing can be
// read; ErrDamaged is behind the latter. A missing file is fs.ErrNotExist.
func Check(ctx context.Context, dir string) (c Checked, err error) {
	c = Checked{Path: filepath.Join(dir, fileName), Rows: map[string]int{}}
	if c.Layout, err = layout(c.Path); err != nil {
		return c, err
	}
	if c.Layout > schemaVersion {
		return c, newer(c.Path, c.Layout)
	}
	source, copied, err := sourceOf(dir)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(copied)) }() // nothing for ""
	db, err := sql.Open("sqlite", source+"&_pragma=busy_timeout(5000)&_pragma=query_only(1)")
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if c.Faults, err = texts(ctx, db, fmt.Sprintf(`PRAGMA integrity_check(%d)`, maxFaults)); err != nil {
		return c, explain(err)
	}
	if len(c.Faults) == 1 && c.Faults[0] == "ok" {
		c.Faults = nil
	}
	if c.Layout < summedLayout || len(c.Faults) > 0 { // without sums, or not to be read in order
		return c, nil
	}
	for _, t := range allTables() {
		if err := c.table(ctx, db, t); err != nil {
			return c, explain(err)
		}
	}
	if c.Code, err = texts(ctx, db, `SELECT sha256 FROM versions UNION SELECT sha256 FROM files WHERE sha256 <> ''`); err != nil {
		return c, explain(err)
	}
	if err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM versions WHERE instr(settings, '"secrets":'))`).Scan(&c.Secrets); err != nil {
		return c, explain(err)
	}
	if err := c.sealed(ctx, db); err != nil {
		return c, explain(err)
	}
	c.Environments, err = texts(ctx, db, `SELECT DISTINCT environment FROM versions v WHERE environment <> '' AND `+current)
	return c, explain(err)
}

// current selects the versions v that serve or are the newest.
const current = `EXISTS (SELECT 1 FROM functions f WHERE f.id = v.function_id AND v.number IN (f.serving, f.latest))`

// sourceOf is how a state is opened to be looked at. In a directory that cannot
// be written SQLite cannot read what the journal holds; then that is a private
// copy, which the caller removes.
func sourceOf(dir string) (source, copied string, err error) {
	path := filepath.Join(dir, fileName)
	if unix.Access(dir, unix.W_OK) == nil {
		return "file:" + path + "?mode=ro", "", nil
	}
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 {
		return "file:" + path + "?immutable=1&mode=ro", "", nil
	}
	copied, err = copyState(dir)
	return "file:" + filepath.Join(copied, fileName) + "?mode=rw", copied, err
}

// table checks the sum of every row.
func (c *Checked) table(ctx context.Context, db *sql.DB, t table) error {
	rows, err := db.QueryContext(ctx, `SELECT `+t.columns+` FROM `+t.name)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err below tells what matters
	for rows.Next() {
		c.Rows[t.name]++
		var row *DamagedError
		if err := t.copy(rows, nil); errors.As(err, &row) {
			c.Damaged = append(c.Damaged, *row)
		} else if err != nil {
			return err
		}
	}
	return rows.Err()
}

// sealed reads the versions that the key has to open. Damaged ones are counted
// among their table's.
func (c *Checked) sealed(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, `SELECT `+versionColumns+` FROM versions v WHERE `+current)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err below tells what matters
	for rows.Next() {
		v, err := scanVersion(rows)
		if errors.Is(err, ErrDamaged) {
			continue
		}
		if err != nil {
			return err
		}
		if s := v.Settings; len(s.Secrets) > 0 || len(s.IndexURL) > 0 || len(s.ExtraIndexURLs) > 0 {
			c.Sealed = append(c.Sealed, v)
		}
	}
	return rows.Err()
}

func texts(ctx context.Context, db *sql.DB, query string) (all []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err below tells what matters
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
