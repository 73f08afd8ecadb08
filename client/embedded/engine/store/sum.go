package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// castagnoli is the polynomial that the processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// DamagedError says that a row is not what was written. Such a row is never
// handed out; lists leave it out.
type DamagedError struct {
	Table string
	// ID is the row's id as it can be read, 0 if it cannot.
	ID int64

	// unreadable rows have not even the right columns.
	unreadable bool
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("row %d of %s is damaged: stop the engine and run fndeck doctor --repair", e.ID, e.Table)
}

// Unwrap makes a damaged row a kind of ErrDamaged.
func (e *DamagedError) Unwrap() error { return ErrDamaged }

// isDamaged reports whether an error is a damaged row's.
func isDamaged(err error) bool {
	var damaged *DamagedError
	return errors.As(err, &damaged)
}

// digest collects the content of a row, field by field and without ambiguity,
// for its checksum (CRC-32C). The table's name goes first, so that a row is
// right in its own table only.
type digest []byte

func digestOf(table string) digest { return make(digest, 0, 256).text(table) }

func (d digest) int(values ...int64) digest {
	for _, v := range values {
		d = binary.AppendVarint(d, v)
	}
	return d
}

func (d digest) text(values ...string) digest {
	for _, v := range values {
		d = append(binary.AppendUvarint(d, uint64(len(v))), v...)
	}
	return d
}

func (d digest) sum() int64 { return blobSum(d) }

// blobSum is the sum of bytes that may be many: the row's own sum covers it, so
// that a row can be checked without reading them.
func blobSum(b []byte) int64 { return int64(crc32.Checksum(b, castagnoli)) }

// checked is the end of every scan: the row that err is about is named, and one
// that was read must fit the sum that was stored with it.
func checked(err error, table string, id, stored int64, content func() digest) error {
	if err != nil {
		return damaged(err, table, id)
	}
	if content().sum() != stored {
		return &DamagedError{Table: table, ID: id}
	}
	return nil
}
