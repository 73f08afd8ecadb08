package store

import (
	"errors"
	"fmt"
	"time"
)

// TrimBuilds deletes what the builds of at most maxDeploys deploys printed that
// ended before a time, and says of how many. The deploys themselves stay with
// their versions: they say what served before what.
func (tx *Tx) TrimBuilds(before time.Time, maxDeploys int) (int, error) {
	ids, err := listTx(tx, func(r scanner) (id int64, err error) { return id, r.Scan(number(&id)) },
		`SELECT id FROM deploys d WHERE ended > 0 AND ended < ? AND EXISTS (SELECT 1 FROM log_blocks WHERE owner = d.id) LIMIT ?`, micros(before), maxDeploys)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := tx.exec(`DELETE FROM log_blocks WHERE owner = ?`, id); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// TrimMissed deletes at most maxRows rows of missed runs that were due before a
// time.
func (tx *Tx) TrimMissed(before time.Time, maxRows int) (int, error) {
	n, err := tx.count(`DELETE FROM missed WHERE id IN (SELECT id FROM missed WHERE last_due < ? ORDER BY id LIMIT ?)`, micros(before), maxRows)
	return int(n), err
}

// Space is what the database takes on the disk.
type Space struct {
	// UsedBytes hold something, FreeBytes are kept for what comes.
	UsedBytes, FreeBytes int64
}

// Space says what the database takes.
func (s *Store) Space() (Space, error) {
	return one(s.row(`SELECT (pages - free) * size, free * size FROM (SELECT page_count AS pages FROM pragma_page_count),
		(SELECT freelist_count AS free FROM pragma_freelist_count), (SELECT page_size AS size FROM pragma_page_size)`),
		func(r scanner) (p Space, err error) { return p, r.Scan(&p.UsedBytes, &p.FreeBytes) })
}

// GiveBack returns up to pages unused pages to the file system. A file that was
// made before this was possible keeps them for what comes.
func (tx *Tx) GiveBack(pages int) error {
	st, err := tx.s.statement(fmt.Sprintf(`PRAGMA incremental_vacuum(%d)`, pages))
	if err != nil {
		return err
	}
	rows, err := st.Query()
	if err != nil {
		return err
	}
	for rows.Next() { // each step gives back one page
	}
	return errors.Join(rows.Err(), rows.Close())
}

// OldestCall is when the oldest call that is kept started, zero without one.
func (s *Store) OldestCall() (time.Time, error) {
	at, err := one(s.row(`SELECT started FROM calls ORDER BY id LIMIT 1`), func(r scanner) (us int64, err error) { return us, r.Scan(&us) })
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	return fromMicros(at), err
}

// EnvironmentsInUse lists the package environments that a version refers to.
func (s *Store) EnvironmentsInUse() ([]string, error) {
	return list(s, func(r scanner) (key string, err error) { return key, r.Scan(&key) }, `SELECT DISTINCT environment FROM versions WHERE environment <> ''`)
}
