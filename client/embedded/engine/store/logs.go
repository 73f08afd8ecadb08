package store

import (
	"fmt"
	"time"
)

// Stream says where a log line came from.
type Stream int

// The streams. Mark is a line of the engine's own, such as "log cut".
const (
	Stdout Stream = iota
	Stderr
	Build
	Mark
)

// String returns the stream's name on the wire.
func (s Stream) String() string {
	switch s {
	case Stdout:
		return "stdout"
	case Stderr:
		return "stderr"
	case Build:
		return "build"
	case Mark:
		return "mark"
	}
	return fmt.Sprintf("stream %d", int(s))
}

// Line is one log line. Owner is the call or the deploy that printed it.
type Line struct {
	Position, Owner int64
	Time            time.Time
	Stream          Stream
	Text            string
}

func scanLine(r scanner) (l Line, err error) {
	var at int64
	err = r.Scan(&l.Position, &l.Owner, &at, &l.Stream, &l.Text)
	l.Time = fromMicros(at)
	return l, err
}

const lineColumns = `position, owner, time, stream, text`

// AppendLines stores lines of one owner after all that are there. Lines of an
// owner that was deleted meanwhile are nobody's and are dropped.
func (tx *Tx) AppendLines(owner int64, lines []Line) error {
	if len(lines) == 0 {
		return nil
	}
	var known bool
	err := tx.queryRow(`SELECT EXISTS (SELECT 1 FROM calls WHERE id = ?1) OR EXISTS (SELECT 1 FROM deploys WHERE id = ?1)`, owner).Scan(&known)
	if err != nil || !known {
		return err
	}
	for _, l := range lines {
		tx.s.position++
		if err := tx.exec(`INSERT INTO log_lines VALUES (?,?,?,?,?)`, tx.s.position, owner, micros(l.Time), int(l.Stream), l.Text); err != nil {
			return err
		}
	}
	return nil
}

// Lines reads the lines of one owner after a position, oldest first.
func (s *Store) Lines(owner, after int64, limit int) ([]Line, error) {
	return list(s, scanLine, `SELECT `+lineColumns+` FROM log_lines WHERE owner = ? AND position > ? ORDER BY position LIMIT ?`, owner, after, limit)
}

// TailPosition returns the position after which the owner's newest count lines
// stand, 0 if it has no more than that.
func (s *Store) TailPosition(owner int64, count int) (int64, error) {
	position, err := one(s.row(`SELECT position FROM log_lines WHERE owner = ? ORDER BY position DESC LIMIT 1 OFFSET ?`, owner, count),
		func(r scanner) (p int64, err error) { return p, r.Scan(&p) })
	if err == ErrNotFound {
		return 0, nil
	}
	return position, err
}

// CallLines reads lines of the calls of a function (0: of all), not build
// output, after a position and not older than since, oldest first.
func (s *Store) CallLines(functionID, after int64, since time.Time, limit int) ([]Line, error) {
	return list(s, scanLine, `SELECT l.position, l.owner, l.time, l.stream, l.text FROM log_lines l JOIN calls c ON c.id = l.owner
		WHERE l.position > ?1 AND l.time >= ?2 AND (?3 = 0 OR c.function_id = ?3) ORDER BY l.position LIMIT ?4`, after, micros(since), functionID, limit)
}

// CallTailPosition is TailPosition over the calls of a function (0: of all).
func (s *Store) CallTailPosition(functionID int64, count int) (int64, error) {
	position, err := one(s.row(`SELECT l.position FROM log_lines l JOIN calls c ON c.id = l.owner
		WHERE ?1 = 0 OR c.function_id = ?1 ORDER BY l.position DESC LIMIT 1 OFFSET ?2`, functionID, count),
		func(r scanner) (p int64, err error) { return p, r.Scan(&p) })
	if err == ErrNotFound {
		return 0, nil
	}
	return position, err
}
