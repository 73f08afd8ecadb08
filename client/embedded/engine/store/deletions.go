package store

import "time"

// DeleteFunction deletes a function with its versions, deploys and schedules.
// Its calls and their logs are in no list from then on; they leave the file in
// portions, by RemoveDeleted, because there may be millions.
func (tx *Tx) DeleteFunction(id int64) error {
	if err := tx.exec(`INSERT INTO deletions SELECT id FROM functions WHERE id = ?`, id); err != nil {
		return err
	}
	if err := tx.change(`DELETE FROM functions WHERE id = ?`, id); err != nil {
		return err
	}
	return tx.Event("function", id)
}

// Deletions lists the deleted functions whose calls are still in the file.
func (s *Store) Deletions() ([]int64, error) {
	return list(s, func(r scanner) (id int64, err error) { return id, r.Scan(number(&id)) }, `SELECT function_id FROM deletions`)
}

// RemoveDeleted removes at most maxRows rows of one deleted function and reports
// whether it may have left some. Call it until it does not, each time in a write
// of its own: others' writes come in between.
func (tx *Tx) RemoveDeleted(functionID int64, maxRows int) (more bool, err error) {
	for _, query := range []string{
		`DELETE FROM log_blocks WHERE position IN (SELECT position FROM log_blocks WHERE function_id = ?1 LIMIT ?2)`,
		`DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE function_id = ?1 ORDER BY id DESC LIMIT ?2)`,
	} {
		n, err := tx.count(query, functionID, maxRows)
		if err != nil || n == int64(maxRows) {
			return true, err
		}
		maxRows -= int(n)
	}
	return false, tx.exec(`DELETE FROM deletions WHERE function_id = ?`, functionID)
}

// DeleteCallsBefore deletes at most maxRows ended calls that started before
// cutoff, oldest first, with their logs; a call that runs stays. It returns how
// many it deleted; fewer than maxRows means that none is left. Call it until
// then, each time in a write of its own: others' writes come in between.
func (tx *Tx) DeleteCallsBefore(cutoff time.Time, maxRows int) (int, error) {
	return tx.deleteOldest(cutoff, maxRows)
}

// DeleteOldestCalls deletes at most maxRows ended calls, oldest first, with their
// logs, and returns how many it deleted: for a state that has grown too large.
func (tx *Tx) DeleteOldestCalls(maxRows int) (int, error) {
	return tx.deleteOldest(time.Time{}, maxRows)
}

// deleteOldest walks the calls by id, which grows with time, and stops at the
// first that is young enough, so that it never goes through all of them.
func (tx *Tx) deleteOldest(cutoff time.Time, maxRows int) (int, error) {
	type oldCall struct {
		id      int64
		started time.Time
	}
	oldest, err := listTx(tx, func(r scanner) (c oldCall, err error) { return c, r.Scan(number(&c.id), moment(&c.started)) },
		`SELECT id, started FROM calls WHERE status <> 'Running' ORDER BY id LIMIT ?`, maxRows)
	if err != nil {
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
	}
	return len(oldest), nil
}
