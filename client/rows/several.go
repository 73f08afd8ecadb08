package rows

import (
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"fndeck/client"
)

// Texts is a field of several texts; none is read as nil.
func (c *Coder) Texts(field *[]string, before []string) {
	if c.writing {
		if c.field(!slices.Equal(*field, before)) {
			c.out = binary.AppendUvarint(c.out, uint64(len(*field)))
			for _, s := range *field {
				c.putText(s)
			}
		}
	} else if c.field(false) {
		*field = nil
		for range c.count() {
			*field = append(*field, c.text())
		}
	}
}

// Pairs is a field of texts by their names; none is read as nil.
func (c *Coder) Pairs(field *map[string]string, before map[string]string) {
	if c.writing {
		if c.field(!maps.Equal(*field, before)) {
			c.out = binary.AppendUvarint(c.out, uint64(len(*field)))
			for _, name := range slices.Sorted(maps.Keys(*field)) {
				c.putText(name)
				c.putText((*field)[name])
			}
		}
		return
	}
	if !c.field(false) {
		return
	}
	*field = nil
	if n := c.count(); n > 0 {
		all := make(map[string]string, n)
		for range n {
			name := c.text()
			all[name] = c.text()
		}
		*field = all
	}
}

// count reads how many follow: no more than there are bytes.
func (c *Coder) count() int {
	n := c.uvarint()
	if n > uint64(len(c.in)) {
		c.failed = true
		return 0
	}
	return int(n)
}

// failure is a field that may be nil.
func (c *Coder) failure(field **client.Failure, before *client.Failure) {
	if c.writing {
		if c.field(!equal(*field, before)) && c.putPresent(*field != nil) {
			c.putText((*field).Message)
			c.putText((*field).Trace)
		}
	} else if c.field(false) {
		*field = nil
		if c.present() {
			*field = &client.Failure{Message: c.text(), Trace: c.text()}
		}
	}
}

// lastCall is a field that may be nil.
func (c *Coder) lastCall(field **client.CallSummary, before *client.CallSummary) {
	if c.writing {
		if c.field(!equal(*field, before)) && c.putPresent(*field != nil) {
			c.putText((*field).ID)
			c.putText(string((*field).Status))
			c.putTime((*field).Started, time.Time{})
		}
	} else if c.field(false) {
		*field = nil
		if c.present() {
			*field = &client.CallSummary{ID: c.text(), Status: client.CallStatus(c.text()), Started: c.time(time.Time{})}
		}
	}
}

func (c *Coder) putPresent(there bool) bool {
	n := byte(0)
	if there {
		n = 1
	}
	c.out = append(c.out, n)
	return there
}

func (c *Coder) present() bool { return c.uvarint() > 0 }

// equal reports whether both are nil, or both say the same.
func equal[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}
