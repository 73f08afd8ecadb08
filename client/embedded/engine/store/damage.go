package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrDamaged is behind every error that says that the state's file is not what
// was written.
var ErrDamaged = errors.New("the state is damaged")

// maxReported bounds how many damaged rows are remembered.
const maxReported = 1000

// explain turns SQLite's words for a damaged file into a sentence that says
// what to do. Other errors pass.
func explain(err error) error {
	var from *sqlite.Error
	if !errors.As(err, &from) {
		return err
	}
	switch from.Code() & 0xff { // the rest of the code is detail
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w (%s): stop the engine and run fndeck doctor --repair", ErrDamaged, legible(from.Error()))
	case sqlite3.SQLITE_FULL:
		return errors.Join(syscall.ENOSPC, err)
	}
	if from.Code() == sqlite3.SQLITE_IOERR_SHMSIZE { // no room for the index of the log
		return errors.Join(syscall.ENOSPC, err)
	}
	return err
}

// legible is what SQLite says up to where it quotes bytes of the damaged file, which
// may be anything.
func legible(said string) string {
	if at := strings.IndexFunc(said, func(r rune) bool { return r < ' ' || r > '~' }); at >= 0 {
		said = said[:at] + "..."
	}
	return said
}

// report remembers a damaged row that a list left out.
func (s *Store) report(err error) {
	var row *DamagedError
	if !errors.As(err, &row) {
		return
	}
	s.mu.Lock()
	known := slices.Contains(s.damaged, *row)
	if !known && len(s.damaged) < maxReported {
		s.damaged = append(s.damaged, *row)
	}
	tell := s.onDamage
	s.mu.Unlock()
	if !known && tell != nil {
		tell(row)
	}
}

// fitting leaves out the rows that a damaged index led to: they are right, but
// not what was asked for.
func fitting[T any](s *Store, index string, rows []T, err error, fits func(T) (id int64, ok bool)) ([]T, error) {
	return slices.DeleteFunc(rows, func(row T) bool {
		id, ok := fits(row)
		if !ok {
			s.report(&DamagedError{Table: index, ID: id})
		}
		return !ok
	}), err
}

// Damaged lists the damaged rows that reads have met since the start, at most
// a thousand of them.
func (s *Store) Damaged() []DamagedError {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.damaged)
}

// OnDamage has tell called for each damaged row that a read meets, once, from
// the goroutine that reads.
func (s *Store) OnDamage(tell func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onDamage = tell
}
