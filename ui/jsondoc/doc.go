// Package jsondoc is a JSON document that is shown, folded and searched where
// it lies. Nothing of it is decoded: a row is read from the bytes when it is on
// the screen, and a place is found again from points that are kept every 64 KiB.
// The first rows of a document of any size are there at once; Index reads the
// rest in the background. A Doc does no I/O and is not safe for concurrent use,
// but for Index, see there.
package jsondoc

import (
	"errors"
	"fmt"
	"sort"
)

// pointEvery is how many bytes lie between two points at least.
const pointEvery = 64 << 10

// ErrMalformed is returned for what is not JSON; the error says where.
var ErrMalformed = errors.New("not JSON")

func malformed(at int) error { return fmt.Errorf("%w: at byte %d", ErrMalformed, at) }

// Doc is one document.
type Doc struct {
	data  []byte
	start cursor
	// ends remembers where long values end, folds which containers are closed.
	ends  map[int]int
	folds map[int]bool

	points  []cursor
	indexed bool
	// spare are containers that no cursor is in any more, for the next ones.
	spare []*container
}

// cursor is the place of a row: the offset of its first byte, which is a key's
// quote, a value or a closing bracket, its number among its siblings, and the
// container around it. Cursors are values; the containers are shared.
type cursor struct {
	at, index int
	in        *container
}

// container is an object or array around a row.
type container struct {
	at     int // its bracket
	row    cursor
	object bool
	depth  int
}

// New takes a document, which the caller must not change any more. It reads no
// further than to the first value.
func New(data []byte) (*Doc, error) {
	at := skipSpace(data, 0)
	if at == len(data) {
		return nil, malformed(at)
	}
	d := &Doc{data: data, start: cursor{at: at}, ends: map[int]int{}, folds: map[int]bool{}}
	d.points = []cursor{d.start}
	return d, nil
}

// Size is the number of bytes of the document.
func (d *Doc) Size() int { return len(d.data) }

// Indexed reports whether the whole document was read, so that every place can
// be reached.
func (d *Doc) Indexed() bool { return d.indexed }

// Index is what was found out about a whole document.
type Index struct {
	points []cursor
	ends   map[int]int
}

// Index reads the whole document and is meant for the background: it uses only
// what never changes. stop is asked now and then; when it says so the answer is
// nil. Give the answer to Take.
func (d *Doc) Index(stop func() bool) (*Index, error) {
	whole := &Doc{data: d.data, start: d.start, ends: map[int]int{}}
	x := &Index{points: []cursor{d.start}, ends: whole.ends}
	last := d.start.at
	for c := d.start; ; {
		r, next, err := whole.read(c)
		if err != nil {
			return nil, err
		}
		if r.Kind == Close && c.at-c.in.at >= pointEvery {
			x.ends[c.in.at] = c.at + 1
		}
		if r.Kind == Close && c.in.at > last {
			whole.spare = append(whole.spare, c.in) // It began after the last point, so none lies in it.
		}
		if next.at == len(d.data) {
			return x, nil
		}
		if next.at-last >= pointEvery {
			if stop() {
				return nil, nil
			}
			x.points, last = append(x.points, next), next.at
		}
		c = next
	}
}

// Take adopts an index of this document.
func (d *Doc) Take(x *Index) {
	d.points, d.indexed = x.points, true
	for at, end := range x.ends {
		d.ends[at] = end
	}
}

// pointBefore returns the last point at or before an offset. A point inside a
// folded container gives way to the row of that container.
func (d *Doc) pointBefore(at int) cursor {
	i := sort.Search(len(d.points), func(i int) bool { return d.points[i].at > at })
	return d.visible(d.points[max(0, i-1)])
}

// visible returns the row that shows a place: its own, or that of the outermost
// folded container around it.
func (d *Doc) visible(c cursor) cursor {
	shown := c
	for in := c.in; in != nil; in = in.row.in {
		if d.folds[in.at] {
			shown = in.row
		}
	}
	return shown
}
