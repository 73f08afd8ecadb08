package store

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// DeleteFunction deletes a function with its versions, deploys and schedules.
// Its calls and their logs are in no list from then on; they leave the file in
// portions, by RemoveDeleted, because there may be millions.
func (tx *Tx) DeleteFunction(id int64) error {
	delete(tx.s.functions, id)
	if err := tx.exec(`INSERT INTO deletions SELECT id FROM functions WHERE id = ?`, id); err != nil {
		return err
	}
	if err := tx.change(`DELETE FROM functions WHERE id = ?`, id); err != nil {
		return err
	}
	tx.touchDefinition()
	tx.touchFunction(id)
	tx.Event("function", id)
	return nil
}

// dying selects the functions that are deleted and still have rows. Their list has
// no sums: a damaged entry must never hide or remove what belongs to a function
// that is there.
const dying = `SELECT function_id FROM deletions WHERE function_id NOT IN (SELECT id FROM functions)`

// Deletions lists the deleted functions whose calls are still in the file.
func (s *Store) Deletions() ([]int64, error) {
	return list(s, func(r scanner) (id int64, err error) { return id, r.Scan(number(&id)) }, dying)
}

// RemoveDeleted removes at most maxRows rows of one deleted function and reports
// whether it may have left some. Call it until it does not, each time in a write
// of its own: others' writes come in between.
func (tx *Tx) RemoveDeleted(functionID int64, maxRows int) (more bool, err error) {
	if _, err := tx.Function(functionID); !errors.Is(err, ErrNotFound) {
		return false, err // it is there: see dying
	}
	if err := tx.keepPosition(); err != nil {
		return false, err
	}
	for _, query := range []string{
		`DELETE FROM log_blocks WHERE position IN (SELECT position FROM log_blocks WHERE function_id = ?1 LIMIT ?2) AND function_id = ?1`,
		`DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE function_id = ?1 ORDER BY id DESC LIMIT ?2) AND function_id = ?1`,
	} {
		n, err := tx.count(query, functionID, maxRows)
		if err != nil || n == int64(maxRows) {
			return true, err
		}
		maxRows -= int(n)
	}
	return false, tx.exec(`DELETE FROM deletions WHERE function_id = ?`, functionID)
}

// keepPosition records the position of the newest line, before lines are deleted:
// who follows logs goes on behind the last position he saw, over a restart too,
// so none is ever given to another line.
func (tx *Tx) keepPosition() error {
	if tx.ended != nil {
		return tx.ended
	}
	err := tx.s.setMeta(positionKey, strconv.FormatInt(tx.s.position, 10))
	if err != nil {
		tx.ended = err
	}
	return err
}

// DeleteCallsBefore deletes at most maxRows ended calls that started before
// cutoff, oldest first, with their logs; a call that runs stays. It returns how
// many it deleted; fewer than maxRows means that none is left. Call it until
// then, each time in a write of its own: others' writes come in between.
//
// A call whose start lies in the future is from a time when the clock was wrong.
// It is passed by until that time has come, for all that follow it may be old.
func (tx *Tx) DeleteCallsBefore(cutoff time.Time, maxRows int) (int, error) {
	now := tx.s.clock()
	if now.Before(cutoff) {
		now = cutoff
	}
	return tx.deleteOldest(cutoff, now, maxRows)
}

// DeleteOldestCalls deletes at most maxRows ended calls, oldest first, with their
// logs, and returns how many it deleted: for a state that has grown too large.
func (tx *Tx) DeleteOldestCalls(maxRows int) (int, error) {
	return tx.deleteOldest(time.Time{}, time.Time{}, maxRows)
}

// deleteOldest walks the calls by id, which grows with time, and stops at the
// first that is young enough, so that it never goes through all of them. It
// passes by what started after now; a zero time stands for no bound.
func (tx *Tx) deleteOldest(cutoff, now time.Time, maxRows int) (int, error) {
	type oldCall struct {
		id      int64
		started time.Time
	}
	oldest, err := listTx(tx, func(r scanner) (c oldCall, err error) { return c, r.Scan(number(&c.id), moment(&c.started)) },
		`SELECT id, started FROM calls WHERE status <> 'Running' AND (?1 = 0 OR started <= ?1) ORDER BY id LIMIT ?2`, micros(now), maxRows)
	if err != nil || len(oldest) == 0 {
		return 0, err
	}
	if err := tx.keepPosition(); err != nil {
		return 0, err
	}
	for i, c := range oldest {
		if !cutoff.IsZero() && !c.started.Before(cutoff) {
			return i, nil
		}
		if err := tx.exec(`DELETE FROM log_blocks WHERE position IN (SELECT position FROM log_blocks WHERE owner = ?)`, c.id); err != nil {
			return i, err
		}
		if err := tx.exec(`DELETE FROM calls WHERE id = ?`, c.id); err != nil {
			return i, err
		}
		tx.touchCall(c.id)
	}
	return len(oldest), nil
}

// TrimBuilds deletes what the builds of at most maxDeploys deploys printed that
// ended before a time, and says of how many. The deploys themselves stay with
// their versions: they say what served before what.
func (tx *Tx) TrimBuilds(before time.Time, maxDeploys int) (int, error) {
	ids, err := listTx(tx, func(r scanner) (id int64, err error) { return id, r.Scan(number(&id)) },
		`SELECT id FROM deploys d WHERE ended > 0 AND ended < ? AND EXISTS (SELECT 1 FROM log_blocks WHERE owner = d.id) LIMIT ?`, micros(before), maxDeploys)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	if err := tx.keepPosition(); err != nil {
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
