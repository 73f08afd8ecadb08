package jsondoc

import (
	"bytes"
	"strconv"
	"strings"
)

// First returns the first row.
func (d *Doc) First() (Row, error) {
	r, _, err := d.read(d.start)
	return r, err
}

// Rows returns up to n rows from one on, which comes first. Fewer mean the end.
func (d *Doc) Rows(from Row, n int) ([]Row, error) {
	rows := make([]Row, 0, n)
	for c := from.place; len(rows) < n && c.at < len(d.data); {
		r, next, err := d.read(c)
		if err != nil {
			return rows, err
		}
		rows, c = append(rows, r), next
	}
	return rows, nil
}

// Before returns up to n rows before one, in their order.
func (d *Doc) Before(row Row, n int) ([]Row, error) {
	rows := []Row{}
	for until := row.place.at; len(rows) < n && until > d.start.at; {
		start := d.pointBefore(until - 1)
		var part []Row
		for c := start; c.at < until; {
			r, next, err := d.read(c)
			if err != nil {
				return nil, err
			}
			part, c = append(part, r), next
		}
		rows = append(part[max(0, len(part)-(n-len(rows))):], rows...)
		until = start.at
	}
	return rows, nil
}

// Last returns the last row. The document must be indexed.
func (d *Doc) Last() (Row, error) {
	rows, err := d.Before(Row{place: cursor{at: len(d.data)}}, 1)
	if err != nil || len(rows) == 0 {
		return Row{}, err
	}
	return rows[0], nil
}

// Fold closes the container of a row, or opens it; a closing bracket folds its
// own container. It returns the row that shows it then. A scalar folds the
// container around it.
func (d *Doc) Fold(row Row) (Row, error) {
	c := row.place
	switch {
	case row.Kind == Open || row.Kind == Folded:
		at := row.bracket()
		if d.folds[at] {
			delete(d.folds, at)
		} else if row.Kind == Open {
			d.folds[at] = true
		}
	case c.in != nil:
		d.folds[c.in.at] = true
		c = c.in.row
	}
	r, _, err := d.read(c)
	return r, err
}

// bracket is the offset of a container's bracket.
func (r Row) bracket() int {
	at := r.place.at
	if r.Key == nil {
		return at
	}
	return at + len(r.Key) + r.gap
}

// FoldAll closes every container in the outermost value, or, if one is closed
// somewhere, opens all. It returns the row that shows the given one then.
func (d *Doc) FoldAll(row Row) (Row, error) {
	if len(d.folds) > 0 {
		clear(d.folds)
		return row, nil
	}
	r, c, err := d.read(d.start)
	for err == nil && c.at < len(d.data) {
		at := c
		if r, c, err = d.read(at); err == nil && r.Kind == Open {
			d.folds[r.bracket()] = true
			_, c, err = d.read(at)
		}
	}
	if err != nil {
		return row, err
	}
	r, _, err = d.read(d.visible(row.place))
	return r, err
}

// Parent returns the row of the container around a row; ok is false at the top.
func (d *Doc) Parent(row Row) (parent Row, ok bool, err error) {
	if row.place.in == nil {
		return row, false, nil
	}
	parent, _, err = d.read(row.place.in.row)
	return parent, true, err
}

// Path is where a row stands, as $.items[3].name.
func (d *Doc) Path(row Row) string {
	var steps []string
	c := row.place
	if row.Kind == Close {
		c = c.in.row
	}
	for ; c.in != nil; c = c.in.row {
		if !c.in.object {
			steps = append(steps, "["+strconv.Itoa(c.index)+"]")
			continue
		}
		key := d.data[c.at:endOfString(d.data, c.at)]
		steps = append(steps, step(string(key)))
	}
	var path strings.Builder
	path.WriteByte('$')
	for i := len(steps) - 1; i >= 0; i-- {
		path.WriteString(steps[i])
	}
	return path.String()
}

// step writes a member's name as a path does: plain where it can be.
func step(quoted string) string {
	name := strings.Trim(quoted, `"`)
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return "[" + quoted + "]"
		}
	}
	if name == "" {
		return "[" + quoted + "]"
	}
	return "." + name
}

// Value is the whole value of a row, as it stands in the document.
func (d *Doc) Value(row Row) ([]byte, error) {
	at := row.bracket()
	switch row.Kind {
	case Scalar, Folded:
		return row.Value, nil
	case Close:
		at = row.place.in.at
	}
	end, err := d.endOfContainer(at)
	if err != nil {
		return nil, err
	}
	return d.data[at:end], nil
}

// Find returns the offset of the next place of a text after an offset, or of
// the last one before it; -1 if there is none.
func (d *Doc) Find(text []byte, from int, backward bool) int {
	if backward {
		return bytes.LastIndex(d.data[:min(from, len(d.data))], text)
	}
	from = min(from, len(d.data))
	if at := bytes.Index(d.data[from:], text); at >= 0 {
		return from + at
	}
	return -1
}

// Reveal opens what is folded over an offset and returns the row that it stands
// in. The document must be indexed as far as that.
func (d *Doc) Reveal(offset int) (Row, error) {
	for {
		c := d.pointBefore(offset)
		var found Row
		for c.at <= offset && c.at < len(d.data) {
			r, next, err := d.read(c)
			if err != nil {
				return r, err
			}
			found, c = r, next
		}
		if found.Kind != Folded || !d.folds[found.bracket()] || offset < found.bracket() {
			return found, nil
		}
		delete(d.folds, found.bracket())
	}
}
