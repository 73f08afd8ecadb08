package store

import (
	"database/sql"
	"errors"
	"slices"
	"time"
)

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
