package store

import (
	"database/sql"
	"errors"
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
	// FunctionID is the owner's function; it is set when a line is read.
	FunctionID int64
	Time       time.Time
	Stream     Stream
	Text       string
}

// AppendLines stores lines of one owner after all that are there. Lines of an
// owner that was deleted meanwhile are nobody's and are dropped.
func (tx *Tx) AppendLines(owner int64, lines []Line) error {
	if len(lines) == 0 {
		return nil
	}
	b := block{owner: owner}
	err := tx.queryRow(`SELECT function_id, 0 FROM calls WHERE id = ?1 UNION ALL SELECT function_id, 1 FROM deploys WHERE id = ?1 LIMIT 1`, owner).
		Scan(&b.functionID, &b.build)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if b.number, err = tx.lineCount(owner); err != nil {
		return err
	}
	return tx.appendTo(b, lines)
}

// AppendFirst stores lines of a call that is known to be of a function and to
// have none stored yet.
func (tx *Tx) AppendFirst(functionID, call int64, lines []Line) error {
	return tx.appendTo(block{owner: call, functionID: functionID}, lines)
}

// appendTo stores lines in blocks from b on.
func (tx *Tx) appendTo(b block, lines []Line) error {
	for len(lines) > 0 {
		n := blockful(lines)
		b.position = tx.s.position + 1
		b.fill(lines[:n])
		if err := tx.insertBlock(b); err != nil {
			return err
		}
		tx.s.position += int64(n)
		b.number += int64(n)
		lines = lines[n:]
	}
	return nil
}

func (tx *Tx) insertBlock(b block) error {
	return tx.exec(`INSERT INTO log_blocks (`+blockColumns+`) VALUES (?,?,?,?,?,?,?,?,?)`,
		b.position, b.owner, b.functionID, b.build, b.number, b.count, b.newest, b.digest().sum(), b.body)
}

// lineCount returns how many lines an owner has, by the number that its next one
// would have.
func (tx *Tx) lineCount(owner int64) (n int64, err error) {
	err = tx.queryRow(`SELECT COALESCE((SELECT number + count FROM log_blocks WHERE owner = ? ORDER BY position DESC LIMIT 1), 0)`, owner).Scan(&n)
	return n, err
}

// Lines reads the lines of one owner after a position, oldest first.
func (s *Store) Lines(owner, after int64, limit int) ([]Line, error) {
	from, err := s.blockBefore(`owner = ?1 AND position <= ?2`, owner, after+1)
	if err != nil {
		return nil, err
	}
	return s.linesFrom(limit, func(l Line) bool { return l.Position > after && l.Owner == owner },
		`SELECT `+blockColumns+` FROM log_blocks WHERE owner = ? AND position >= ? ORDER BY position`, owner, from)
}

// CallLines reads lines of the calls of a function (0: of all), not build
// output, after a position and not older than since, oldest first.
func (s *Store) CallLines(functionID, after int64, since time.Time, limit int) ([]Line, error) {
	wanted := func(l Line) bool { return l.Position > after && !l.Time.Before(since) }
	const rest = ` AND build = 0 AND newest >= ? AND ` + alive + ` ORDER BY position`
	if functionID == 0 {
		from, err := s.blockBefore(`position <= ?1`, after+1)
		if err != nil {
			return nil, err
		}
		return s.linesFrom(limit, wanted, `SELECT `+blockColumns+` FROM log_blocks WHERE position >= ?`+rest, from, micros(since))
	}
	from, err := s.blockBefore(`function_id = ?1 AND position <= ?2`, functionID, after+1)
	if err != nil {
		return nil, err
	}
	return s.linesFrom(limit, wanted, `SELECT `+blockColumns+` FROM log_blocks WHERE function_id = ? AND position >= ?`+rest, functionID, from, micros(since))
}

// TailPosition returns the position after which the owner's newest count lines
// stand, 0 if it has no more than that.
func (s *Store) TailPosition(owner int64, count int) (int64, error) {
	return s.tail(count, `SELECT position, count FROM log_blocks WHERE owner = ? ORDER BY position DESC`, owner)
}

// CallTailPosition is TailPosition over the calls of a function (0: of all).
func (s *Store) CallTailPosition(functionID int64, count int) (int64, error) {
	if functionID == 0 {
		return s.tail(count, `SELECT position, count FROM log_blocks WHERE build = 0 ORDER BY position DESC`)
	}
	return s.tail(count, `SELECT position, count FROM log_blocks WHERE function_id = ? AND build = 0 ORDER BY position DESC`, functionID)
}
