package rows

import "slices"

// Reader looks at the items of a list, one at a time. It is cheapest from the first
// to the last; any other step goes through a part of a chunk. It must not be shared
// between goroutines.
type Reader[T any] struct {
	list  List[T]
	chunk int
	row   int // the row that item is, -1 before the first
	coder Coder
	item  T
	group uint64
}

// At is the item of a row, until the next call: keep a copy.
func (r *Reader[T]) At(row int) *T {
	if r.list.form == nil {
		return &r.list.items[row]
	}
	if row == r.row {
		return &r.item
	}
	if r.row < 0 || row < r.row || row >= r.list.starts[r.chunk]+r.list.chunks[r.chunk].rows {
		r.begin(row)
	}
	for r.row < row {
		r.row++
		if read(&r.coder, r.list.form, &r.item) {
			r.group++
		}
	}
	return &r.item
}

// Again makes another reader of the same list.
func (r *Reader[T]) Again() *Reader[T] { return r.list.Reader() }

// begin goes before the first row of the chunk that holds a row.
func (r *Reader[T]) begin(row int) {
	at, found := slices.BinarySearch(r.list.starts, row)
	if !found {
		at--
	}
	var none T
	r.chunk, r.item, r.row = at, none, r.list.starts[at]-1
	r.coder = Coder{in: r.list.chunks[at].text}
	r.group++
}

// Group is a number that rows of one group share: they are alike in all that the
// form calls alike. Two rows of different groups may be alike too.
func (r *Reader[T]) Group(row int) uint64 {
	if r.list.form == nil {
		return uint64(row) + 1
	}
	r.At(row)
	return r.group
}
