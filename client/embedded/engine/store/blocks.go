package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// A block is a row of log lines of one owner: lines come in batches, and a row
// for each would cost ten times as much to write and to delete. The lines of a
// block have the positions from its own on, without a gap.
type block struct {
	position, owner, functionID int64
	// build is 1 for the output of a deploy, 0 for the log of a call.
	build int64
	// number is how many lines of the owner stand before the block.
	number, count int64
	// newest is the latest time of its lines, in microseconds.
	newest int64
	body   []byte
}

const (
	// blockLines and blockBytes bound what is read at once for a single line.
	blockLines = 256
	blockBytes = 64 << 10
)

const blockColumns = `position, owner, function_id, build, number, count, newest, sum, body`

// blockful is how many of the lines, at least one, go into one block.
func blockful(lines []Line) int {
	n, size := 1, len(lines[0].Text)
	for n < len(lines) && n < blockLines && size+len(lines[n].Text) <= blockBytes {
		size += len(lines[n].Text)
		n++
	}
	return n
}

// fill writes lines into the block's body: for each the microseconds since the
// line before, the stream, the length of the text and the text.
func (b *block) fill(lines []Line) {
	b.count, b.newest, b.body = int64(len(lines)), 0, nil
	before := int64(0)
	for _, l := range lines {
		at := micros(l.Time)
		b.body = binary.AppendVarint(b.body, at-before)
		b.body = binary.AppendUvarint(b.body, uint64(l.Stream))
		b.body = binary.AppendUvarint(b.body, uint64(len(l.Text)))
		b.body = append(b.body, l.Text...)
		before, b.newest = at, max(b.newest, at)
	}
}

var errBlock = errors.New("a block of log lines that does not end where it should")

// lines reads the body back. The texts share one piece of memory.
func (b *block) lines(all []Line, wanted func(Line) bool) ([]Line, error) {
	rest, at, texts := b.body, int64(0), string(b.body)
	all = slices.Grow(all, int(min(b.count, blockLines)))
	for i := range b.count {
		delta, n := binary.Varint(rest)
		if n <= 0 {
			return all, errBlock
		}
		rest = rest[n:]
		stream, n := binary.Uvarint(rest)
		if n <= 0 {
			return all, errBlock
		}
		rest = rest[n:]
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)-n) {
			return all, errBlock
		}
		at += delta
		text := len(texts) - len(rest) + n
		l := Line{Position: b.position + i, Owner: b.owner, FunctionID: b.functionID, Time: fromMicros(at), Stream: Stream(stream), Text: texts[text : text+int(size)]}
		rest = rest[n+int(size):]
		if wanted(l) {
			all = append(all, l)
		}
	}
	if len(rest) > 0 {
		return all, errBlock
	}
	return all, nil
}

func (b *block) digest() digest {
	return digestOf("log_blocks").int(b.position, b.owner, b.functionID, b.build, b.number, b.count, b.newest, blobSum(b.body))
}

func scanBlock(r scanner) (b block, err error) {
	var sum int64
	err = r.Scan(number(&b.position), number(&b.owner), number(&b.functionID), number(&b.build), number(&b.number), number(&b.count), number(&b.newest),
		number(&sum), blob(&b.body))
	return b, checked(err, "log_blocks", b.position, sum, b.digest)
}

// blockBefore returns the position of the last block that a condition selects,
// 0 if there is none.
func (s *Store) blockBefore(condition string, args ...any) (position int64, err error) {
	err = s.row(`SELECT COALESCE((SELECT position FROM log_blocks WHERE `+condition+` ORDER BY position DESC LIMIT 1), 0)`, args...).Scan(&position)
	return position, explain(err)
}

// linesFrom reads the wanted lines of the blocks of a query until there are
// limit of them. It reads no block more than it needs.
func (s *Store) linesFrom(limit int, wanted func(Line) bool, query string, args ...any) ([]Line, error) {
	st, err := s.readStatement(query)
	if err != nil {
		return nil, fmt.Errorf("read the state: %w", explain(err))
	}
	rows, err := st.Query(args...)
	if err != nil {
		return nil, fmt.Errorf("read the state: %w", explain(err))
	}
	defer func() { _ = rows.Close() }() // rows.Err below tells what matters
	var all []Line
	for len(all) < limit && rows.Next() {
		b, err := scanBlock(rows)
		if err == nil {
			all, err = b.lines(all, wanted)
		}
		switch {
		case isDamaged(err), errors.Is(err, errBlock):
			s.report(err)
		case err != nil:
			return nil, fmt.Errorf("read the state: %w", explain(err))
		}
	}
	return all[:min(limit, len(all))], explain(rows.Err())
}

// tail counts lines back over the blocks of a query, newest first.
func (s *Store) tail(count int, query string, args ...any) (int64, error) {
	st, err := s.readStatement(query)
	if err != nil {
		return 0, fmt.Errorf("read the state: %w", explain(err))
	}
	rows, err := st.Query(args...)
	if err != nil {
		return 0, fmt.Errorf("read the state: %w", explain(err))
	}
	defer func() { _ = rows.Close() }() // rows.Err below tells what matters
	left := int64(count)
	for rows.Next() {
		var position, lines int64
		if err := rows.Scan(&position, &lines); err != nil {
			return 0, fmt.Errorf("read the state: %w", explain(err))
		}
		if lines > left {
			return position + lines - left - 1, nil
		}
		left -= lines
	}
	return 0, explain(rows.Err())
}

// LinePosition returns the position after which the line with a number stands,
// counted from 0 in the owner's log; 0 if there is no such line. It costs the
// same in a long log as in a short one.
func (s *Store) LinePosition(owner, number int64) (int64, error) {
	low, high, err := s.blockRange(owner)
	if err != nil || high == 0 {
		return 0, err
	}
	for low <= high { // the numbers grow with the positions
		middle := low + (high-low)/2
		var position, first, count int64
		err := s.row(`SELECT position, number, count FROM log_blocks WHERE owner = ? AND position <= ? ORDER BY position DESC LIMIT 1`, owner, middle).
			Scan(&position, &first, &count)
		switch {
		case err != nil:
			return 0, explain(err)
		case number < first:
			high = position - 1
		case number >= first+count:
			low = middle + 1
		default:
			return position + number - first - 1, nil
		}
	}
	return 0, nil
}

func (s *Store) blockRange(owner int64) (low, high int64, err error) {
	err = s.row(`SELECT COALESCE(MIN(position), 0), COALESCE(MAX(position), 0) FROM log_blocks WHERE owner = ?`, owner).Scan(&low, &high)
	return low, high, explain(err)
}

// lastPosition is the position of the newest line of all.
const lastPosition = `SELECT COALESCE((SELECT position + count - 1 FROM log_blocks ORDER BY position DESC LIMIT 1), 0)`
