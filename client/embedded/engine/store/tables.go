package store

import (
	"database/sql"
	"errors"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// table is how the rows of one table are checked and stored anew, whatever they
// are read from.
type table struct {
	name, columns string
	// copy scans a row in the order of columns, checks its sum, and hands it to
	// the transaction, if there is one.
	copy func(r scanner, tx *Tx) error
}

func tableOf[T any](name, columns string, scan func(scanner) (T, error), insert func(*Tx, T) error) table {
	return table{name: name, columns: columns, copy: func(r scanner, tx *Tx) error {
		v, err := scan(r)
		if err != nil || tx == nil {
			return err
		}
		return insert(tx, v)
	}}
}

// storedCall is a call with its bodies.
type storedCall struct {
	Call
	data, response []byte
}

func scanStoredCall(r scanner) (c storedCall, err error) {
	c.Call, err = scanCallAnd(r, blob(&c.data), blob(&c.response))
	if err == nil && (blobSum(c.data) != c.dataSum || blobSum(c.response) != c.responseSum) {
		err = &DamagedError{Table: "calls", ID: c.ID}
	}
	return c, err
}

// allTables lists the tables with sums, those that others refer to first.
func allTables() []table {
	return []table{
		tableOf("files", fileColumns, scanFile, (*Tx).InsertFile),
		tableOf("functions", functionColumns, scanFunction, (*Tx).InsertFunction),
		tableOf("versions", versionColumns, scanVersion, (*Tx).insertVersion),
		tableOf("deploys", deployColumns, scanDeploy, (*Tx).InsertDeploy),
		tableOf("schedules", scheduleColumns, scanSchedule, (*Tx).storeSchedule),
		tableOf("missed", missedColumns, scanMissed, (*Tx).InsertMissed),
		tableOf("sessions", sessionColumns, scanSession, (*Tx).InsertSession),
		tableOf("calls", callColumns+", data, response", scanStoredCall, func(tx *Tx, c storedCall) error { return tx.insertCall(c.Call, c.data, c.response) }),
		tableOf("log_blocks", blockColumns, scanBlock, (*Tx).insertBlock),
	}
}

// record is a row that was read without SQLite.
type record []any

// Scan fills the destinations of columns.go.
func (r record) Scan(dest ...any) error {
	if len(dest) != len(r) {
		return errColumn
	}
	for i, to := range dest {
		if err := to.(sql.Scanner).Scan(r[i]); err != nil {
			return err
		}
	}
	return nil
}

// order says where in a table's definition its columns stand, in the order that
// scanning wants.
func (t table) order(defined []string) []int {
	var places []int
	for name := range strings.SplitSeq(t.columns, ",") {
		place := -1
		for i, d := range defined {
			if d == strings.TrimSpace(name) {
				place = i
			}
		}
		places = append(places, place)
	}
	return places
}

// isConstraint reports whether a row was refused for what it refers to or for
// being there already; the transaction goes on.
func isConstraint(err error) bool {
	var from *sqlite.Error
	return errors.As(err, &from) && from.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
}
