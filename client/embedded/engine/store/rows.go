package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

// explained is a row whose error says what to do about a damaged file.
type explained struct{ row scanner }

func (r explained) Scan(dest ...any) error { return explain(r.row.Scan(dest...)) }

// one scans a single row and turns "no rows" into ErrNotFound.
func one[T any](row scanner, scan func(scanner) (T, error)) (T, error) {
	v, err := scan(row)
	if errors.Is(err, sql.ErrNoRows) {
		return v, ErrNotFound
	}
	return v, explain(err)
}

// list reads all rows of a query on a read connection, without the damaged ones.
func list[T any](s *Store, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	st, err := s.readStatement(query)
	if err != nil {
		return nil, fmt.Errorf("read the state: %w", explain(err))
	}
	return listOf(s, st, scan, args...)
}

// listTx is list inside the transaction.
func listTx[T any](tx *Tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	st, err := tx.s.statement(query)
	if err != nil {
		return nil, explain(err)
	}
	return listOf(tx.s, st, scan, args...)
}

func listOf[T any](s *Store, st *sql.Stmt, scan func(scanner) (T, error), args ...any) ([]T, error) {
	rows, err := st.Query(args...)
	if err != nil {
		return nil, fmt.Errorf("read the state: %w", explain(err))
	}
	defer func() { _ = rows.Close() }() // rows.Err below tells what matters
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if isDamaged(err) {
			s.report(err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the state: %w", explain(err))
		}
		all = append(all, v)
	}
	return all, explain(rows.Err())
}

// jsonIDs is a list of ids for json_each.
func jsonIDs(ids []int64) string {
	text, _ := json.Marshal(ids) // numbers always encode
	return string(text)
}

// errColumn says that a column holds a value of a kind that nobody wrote there.
var errColumn = errors.New("not the kind of value that belongs here")

// The destinations below take what the driver has without converting it: a
// flipped bit can turn a number into text, and that must be seen. NULL is the
// zero value.
type (
	numberColumn int64
	smallColumn  int
	textColumn   string
	blobColumn   []byte
	momentColumn time.Time
	spanColumn   time.Duration
)

func number(to *int64) sql.Scanner       { return (*numberColumn)(to) }
func small(to *int) sql.Scanner          { return (*smallColumn)(to) }
func text(to *string) sql.Scanner        { return (*textColumn)(to) }
func blob(to *[]byte) sql.Scanner        { return (*blobColumn)(to) }
func moment(to *time.Time) sql.Scanner   { return (*momentColumn)(to) }
func span(to *time.Duration) sql.Scanner { return (*spanColumn)(to) }

func asNumber(src any) (int64, error) {
	switch v := src.(type) {
	case int64:
		return v, nil
	case nil:
		return 0, nil
	}
	return 0, errColumn
}

func (c *numberColumn) Scan(src any) error {
	v, err := asNumber(src)
	*c = numberColumn(v)
	return err
}

func (c *smallColumn) Scan(src any) error {
	v, err := asNumber(src)
	*c = smallColumn(v)
	return err
}

func (c *momentColumn) Scan(src any) error {
	v, err := asNumber(src)
	*c = momentColumn(fromMicros(v))
	return err
}

func (c *spanColumn) Scan(src any) error {
	v, err := asNumber(src)
	*c = spanColumn(time.Duration(v) * time.Microsecond)
	return err
}

func (c *textColumn) Scan(src any) error {
	switch v := src.(type) {
	case string:
		*c = textColumn(v)
	case nil:
		*c = ""
	default:
		return errColumn
	}
	return nil
}

func (c *blobColumn) Scan(src any) error {
	switch v := src.(type) {
	case []byte:
		*c = slices.Clone(v) // the driver may use its own again
	case string:
		*c = blobColumn(v)
	case nil:
		*c = nil
	default:
		return errColumn
	}
	return nil
}

// damaged names the row that an error of Scan is about.
func damaged(err error, table string, id int64) error {
	if errors.Is(err, errColumn) {
		return &DamagedError{Table: table, ID: id, unreadable: true}
	}
	return err
}
