package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
)

// Tx is the transaction that a write runs in. It belongs to the writer and must
// not be kept.
type Tx struct {
	s *Store
	// quiet writes no events: nobody is there to read them yet.
	quiet bool
	// changed says that a statement has touched a row.
	changed bool
	// ended is the error that ended the transaction before its time, nil as long as
	// it goes on: what ran after it would be written alone, and for good.
	ended error
}

func (s *Store) commit(group []*job) {
	errs := make([]error, len(group))
	if err := s.transactSafely(group, errs); err != nil {
		for i := range errs {
			errs[i] = err
		}
	} else {
		s.published()
	}
	s.touched.reset()
	for i, j := range group {
		j.result <- errs[i]
	}
	s.broadcast()
}

// transactSafely turns a panic of a job into an error of the group: the next
// writer must find the store as if it had never been.
func (s *Store) transactSafely(group []*job, errs []error) (err error) {
	before := s.counters()
	defer func() {
		if r := recover(); r != nil {
			s.rollback(before)
			err = fmt.Errorf("write the state: panic: %v", r)
		}
	}()
	return s.transact(group, errs)
}

// transact runs the group in one transaction. errs gets the jobs' own errors;
// the returned error failed them all.
func (s *Store) transact(group []*job, errs []error) error {
	durability := Relaxed
	for _, j := range group {
		durability = min(durability, j.durability)
	}
	if err := s.setRelaxed(durability == Relaxed); err != nil {
		return err
	}
	before := s.counters()
	if _, err := s.exec(`BEGIN IMMEDIATE`); err != nil {
		return err
	}
	err := s.reserveIDs()
	changed := false
	if len(group) == 1 { // nobody shares the transaction: it is the savepoint
		tx := &Tx{s: s}
		if own := tx.do(group[0]); own != nil {
			s.rollback(before)
			return own
		}
		changed = tx.changed
	} else {
		for i := 0; err == nil && i < len(group); i++ {
			tx := &Tx{s: s}
			errs[i], err = tx.doAmong(group[i])
			changed = changed || tx.changed && errs[i] == nil
		}
	}
	if err == nil && durability == Durable && s.unsynced && !changed {
		err = s.setMeta(syncedKey, newEpoch()) // a commit that changes nothing is not synced
	}
	if err == nil {
		_, err = s.exec(`COMMIT`)
	}
	if err != nil {
		s.rollback(before)
		return fmt.Errorf("write the state: %w", err)
	}
	s.unsynced = durability == Relaxed
	return nil
}

func (s *Store) rollback(before counters) {
	s.restore(before)
	clear(s.functions)
	_, _ = s.exec(`ROLLBACK`) // an error that ended the transaction already leaves nothing to undo
}

// do runs a job. One that fails tells no events.
func (tx *Tx) do(j *job) error {
	events := len(tx.s.touched.events)
	err := j.work(tx)
	if err != nil {
		tx.s.touched.events = tx.s.touched.events[:events]
	}
	return err
}

// doAmong runs one job of many inside a savepoint, so that its failure is its own.
// The second error is one that the whole group must give up for.
func (tx *Tx) doAmong(j *job) (own, all error) {
	s := tx.s
	if j.checked {
		if own = tx.do(j); own != nil && (tx.changed || tx.ended != nil) {
			return own, own // the others' work cannot be told from it
		}
		return own, nil
	}
	if _, err := s.exec(`SAVEPOINT job`); err != nil {
		return nil, err
	}
	if own = tx.do(j); own != nil {
		clear(s.functions)
		if _, err := s.exec(`ROLLBACK TO job`); err != nil {
			return own, err
		}
	}
	_, err := s.exec(`RELEASE job`)
	return own, err
}

// counters are what a failed transaction must set back. Ids are not: skipping
// some is no harm, giving one out twice would be.
type counters struct{ reservedID, position int64 }

func (s *Store) counters() counters {
	return counters{s.reservedID.Load(), s.position}
}

func (s *Store) restore(c counters) {
	s.reservedID.Store(c.reservedID)
	s.position = c.position
}

func (s *Store) setRelaxed(relaxed bool) error {
	if s.relaxed == relaxed {
		return nil
	}
	mode := "FULL"
	if relaxed {
		mode = "NORMAL"
	}
	if _, err := s.exec(`PRAGMA synchronous = ` + mode); err != nil {
		return err
	}
	s.relaxed = relaxed
	return nil
}

func (s *Store) reserveIDs() error {
	if s.reservedID.Load()-s.nextID.Load() > idLow {
		return nil
	}
	reserved := s.reservedID.Load() + idBlock
	s.reservedID.Store(reserved)
	return s.setMeta(reservedKey, strconv.FormatInt(reserved, 10))
}

// statement prepares a query once for the life of the store.
func (s *Store) statement(query string) (*sql.Stmt, error) {
	if st, ok := s.statements[query]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, explain(err)
	}
	s.statements[query] = st
	return st, nil
}

func (s *Store) exec(query string, args ...any) (sql.Result, error) {
	st, err := s.statement(query)
	if err != nil {
		return nil, err
	}
	result, err := st.Exec(args...)
	return result, explain(err)
}

// NextID returns an id that was never given out before.
func (tx *Tx) NextID() int64 { return tx.s.nextID.Add(1) }

// Now is the store's clock.
func (tx *Tx) Now() int64 { return micros(tx.s.clock()) }

// count runs a statement and returns how many rows it touched.
func (tx *Tx) count(query string, args ...any) (int64, error) {
	result, err := tx.run(query, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	tx.changed = tx.changed || n > 0
	return n, err
}

func (tx *Tx) exec(query string, args ...any) error {
	_, err := tx.count(query, args...)
	return err
}

// run runs a statement, unless one before it has ended the transaction: SQLite
// rolls back by itself on a full or failing disk.
func (tx *Tx) run(query string, args ...any) (sql.Result, error) {
	if tx.ended != nil {
		return nil, tx.ended
	}
	result, err := tx.s.exec(query, args...)
	if err != nil && !isConstraint(err) {
		tx.ended = err
	}
	return result, err
}

// change runs a statement that must touch exactly one row.
func (tx *Tx) change(query string, args ...any) error {
	n, err := tx.count(query, args...)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

func (tx *Tx) queryRow(query string, args ...any) scanner {
	st, err := tx.s.statement(query)
	if err != nil {
		return failedRow{err}
	}
	return explained{st.QueryRow(args...)}
}
