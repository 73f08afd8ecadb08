package pages

import (
	"encoding/binary"
	"fmt"
)

// The kinds of page that tables are made of.
const (
	tableInner = 5
	tableLeaf  = 13
)

// maxDepth is more than a tree of 2^32 pages has levels.
const maxDepth = 20

// maxPayload is more than SQLite lets a row have.
const maxPayload = 1 << 30

// Row is a row as it stands in the file. Its first column is in ID if the table
// calls it INTEGER PRIMARY KEY; Values then holds nil in its place.
type Row struct {
	ID     int64
	Values []any
}

// Roots reads where the tables begin, by name. It is empty if that is lost.
func (f *File) Roots() map[string]uint32 {
	roots := map[string]uint32{}
	_ = f.Walk(1, func(r Row) error { // it never fails by itself
		if len(r.Values) < 4 || r.Values[0] != "table" {
			return nil
		}
		name, _ := r.Values[1].(string)
		if root, ok := r.Values[3].(int64); ok && root > 0 && root <= int64(f.pages) {
			roots[name] = uint32(root)
		}
		return nil
	})
	return roots
}

// Walk hands out the rows of the table that begins at a page, in order, as far
// as they can be reached. It ends with the error of visit, if there is one.
func (f *File) Walk(root uint32, visit func(Row) error) error { return f.walk(root, 0, visit) }

func (f *File) walk(number uint32, depth int, visit func(Row) error) error {
	page, err := f.page(number)
	if err != nil || depth > maxDepth || !f.visit(number) {
		f.Unreadable++
		return nil //nolint:nilerr // a page that is lost is counted
	}
	head := 0
	if number == 1 {
		head = headerSize
	}
	switch page[head] {
	case tableLeaf:
		return f.leaf(page, head, visit)
	case tableInner:
		cells, ok := f.cells(page, head, 12)
		if !ok {
			f.Unreadable++
		}
		for _, at := range cells {
			if err := f.walk(binary.BigEndian.Uint32(page[at:]), depth+1, visit); err != nil {
				return err
			}
		}
		return f.walk(binary.BigEndian.Uint32(page[head+8:]), depth+1, visit)
	}
	f.Unreadable++
	return nil
}

// cells reads where a page's cells stand; ok is false if some stand outside.
func (f *File) cells(page []byte, head, skip int) (cells []int, ok bool) {
	count, first := int(binary.BigEndian.Uint16(page[head+3:])), head+skip
	ok = true
	for i := range count {
		if first+2*i+2 > f.usable {
			return cells, false
		}
		at := int(binary.BigEndian.Uint16(page[first+2*i:]))
		if at < first+2*i+2 || at+4 > f.usable {
			ok = false
			continue
		}
		cells = append(cells, at)
	}
	return cells, ok
}

func (f *File) leaf(page []byte, head int, visit func(Row) error) error {
	cells, ok := f.cells(page, head, 8)
	for _, at := range cells {
		row, err := f.row(page, at)
		if err != nil {
			ok = false
			continue
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	if !ok {
		f.Unreadable++
	}
	return nil
}

// row reads the row whose cell stands at a place of a leaf.
func (f *File) row(page []byte, at int) (Row, error) {
	size, n := varint(page[at:f.usable])
	if n == 0 || size > maxPayload || size > uint64(f.pages)*uint64(f.size) {
		return Row{}, errPage
	}
	id, m := varint(page[at+n : f.usable])
	if m == 0 {
		return Row{}, errPage
	}
	payload, err := f.payload(page, at+n+m, int(size))
	if err != nil {
		return Row{}, err
	}
	values, err := decode(payload)
	return Row{ID: int64(id), Values: values}, err
}

// payload puts a row's bytes together: what stands in the leaf and what spilled
// over into pages of its own.
func (f *File) payload(page []byte, at, size int) ([]byte, error) {
	here := size
	if most := f.usable - 35; size > most {
		least := (f.usable-12)*32/255 - 23
		here = least + (size-least)%(f.usable-4)
		if here > most {
			here = least
		}
	}
	if at+here > f.usable || here < size && at+here+4 > f.usable {
		return nil, errPage
	}
	if here == size {
		return page[at : at+here], nil
	}
	payload := append([]byte(nil), page[at:at+here]...)
	next := binary.BigEndian.Uint32(page[at+here:])
	for len(payload) < size {
		more, err := f.page(next)
		if err != nil {
			return nil, fmt.Errorf("overflow: %w", err)
		}
		next = binary.BigEndian.Uint32(more)
		payload = append(payload, more[4:min(f.usable, 4+size-len(payload))]...)
	}
	return payload, nil
}

// Loose lists the leaves that no table led to and that are not free: those below
// a page that is lost. sure is false if the list of free pages is damaged too;
// rows that were deleted may then be among them.
func (f *File) Loose() (leaves []uint32, sure bool) {
	sure = f.markFree()
	for number := uint32(2); number <= f.pages; number++ {
		if !f.visit(number) {
			continue
		}
		if page, err := f.page(number); err == nil && page[0] == tableLeaf {
			leaves = append(leaves, number)
		}
	}
	return leaves, sure
}

// Leaf hands out the rows of one leaf, as far as they can be read.
func (f *File) Leaf(number uint32, visit func(Row) error) error {
	page, err := f.page(number)
	if err != nil {
		return err
	}
	lost := f.Unreadable
	defer func() { f.Unreadable = lost }() // what is loose was counted with the page above it
	return f.leaf(page, 0, visit)
}
