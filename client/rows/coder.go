package rows

import (
	"encoding/binary"
	"math"
	"time"
)

// Form names the fields of an item to a coder, one after the other, each with what it
// was in the item before. The same form writes and reads, so that the two cannot
// differ: reading, before is the item itself.
//
// At most 64 fields fit. Those after Alike are the ones that many neighbours share.
type Form[T any] func(c *Coder, item, before *T)

// Coder writes or reads the fields of one row after the other: a mask of the fields
// that differ from the row before, then those.
type Coder struct {
	writing bool
	out     []byte
	in      string
	failed  bool // what was read is no row
	mask    uint64
	bit     uint64 // of the next field
	alike   uint64 // the bits of the fields after Alike
}

// read reads one row into the one before it, and reports whether any field after
// Alike is another.
func read[T any](c *Coder, form Form[T], item *T) (unlike bool) {
	c.mask, c.bit, c.alike = c.uvarint(), 1, 0
	form(c, item, item)
	return c.mask&c.alike != 0
}

// field reports whether the next field is to be written, or read.
func (c *Coder) field(differs bool) bool {
	bit := c.bit
	c.bit <<= 1
	if !c.writing {
		return c.mask&bit != 0 && !c.failed
	}
	if differs {
		c.mask |= bit
	}
	return differs
}

// Alike says that the fields which follow are shared by many neighbours. It is false
// if there is no need to go on.
func (c *Coder) Alike() bool {
	c.alike = ^(c.bit - 1)
	return c.writing || c.mask&c.alike != 0
}

// Text is a field of text. What is read is a part of the chunk and keeps it alive.
func Text[S ~string](c *Coder, field *S, before S) {
	if c.writing {
		if c.field(*field != before) {
			c.putText(string(*field))
		}
	} else if c.field(false) {
		*field = S(c.text())
	}
}

// Number is a field of a whole number, kept as its distance to the one before.
func Number[N ~int | ~int64](c *Coder, field *N, before N) {
	if c.writing {
		if c.field(*field != before) {
			c.out = binary.AppendVarint(c.out, int64(*field-before))
		}
	} else if c.field(false) {
		*field += N(c.varint())
	}
}

// Flag is a field that is true or false.
func (c *Coder) Flag(field *bool, before bool) {
	if c.field(*field != before) && !c.writing {
		*field = !*field
	}
}

// Float is a field of a number with a fraction.
func (c *Coder) Float(field *float64, before float64) {
	if c.writing {
		if c.field(*field != before) {
			c.out = binary.AppendUvarint(c.out, math.Float64bits(*field))
		}
	} else if c.field(false) {
		*field = math.Float64frombits(c.uvarint())
	}
}

// Time is a field of a time. It is read as UTC.
func (c *Coder) Time(field *time.Time, before time.Time) {
	if c.writing {
		if c.field(!field.Equal(before)) {
			c.putTime(*field, before)
		}
	} else if c.field(false) {
		*field = c.time(*field)
	}
}

func (c *Coder) putTime(t, before time.Time) {
	c.out = binary.AppendVarint(c.out, t.Unix()-before.Unix())
	c.out = binary.AppendUvarint(c.out, uint64(t.Nanosecond()))
}

func (c *Coder) time(before time.Time) time.Time {
	seconds := before.Unix() + c.varint()
	return time.Unix(seconds, int64(c.uvarint()%uint64(time.Second))).UTC()
}

func (c *Coder) putText(s string) {
	c.out = binary.AppendUvarint(c.out, uint64(len(s)))
	c.out = append(c.out, s...)
}

func (c *Coder) text() string {
	n := c.uvarint()
	if n > uint64(len(c.in)) {
		c.failed = true
		return ""
	}
	text := c.in[:n]
	c.in = c.in[n:]
	return text
}

func (c *Coder) varint() int64 {
	n := c.uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

// uvarint reads what binary.AppendUvarint writes.
func (c *Coder) uvarint() uint64 {
	if c.in != "" && c.in[0] < 1<<7 { // Most are short.
		n := c.in[0]
		c.in = c.in[1:]
		return uint64(n)
	}
	return c.longUvarint()
}

func (c *Coder) longUvarint() (n uint64) {
	const (
		bits    = 7
		more    = 1 << bits
		longest = 64
	)
	for i, shift := 0, 0; i < len(c.in) && shift < longest; i, shift = i+1, shift+bits {
		n |= uint64(c.in[i]&(more-1)) << shift
		if c.in[i] < more {
			c.in = c.in[i+1:]
			return n
		}
	}
	c.failed = true
	return 0
}
