package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

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
