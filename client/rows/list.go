package rows

import (
	"iter"
	"slices"
)

// List is an immutable list of items: packed ones in chunks, or plain ones as they
// are. The zero value is the empty list.
type List[T any] struct {
	items  []T
	form   Form[T]
	chunks []Chunk
	starts []int // the row that each chunk begins with
	length int
}

// Of is the list of plain items, which nobody may change afterwards.
func Of[T any](items []T) List[T] { return List[T]{items: items, length: len(items)} }

// Packed is the list of what the chunks hold, one after the other. The chunks must
// have been made with this form.
func Packed[T any](form Form[T], chunks []Chunk) List[T] {
	l := List[T]{form: form, chunks: chunks, starts: make([]int, len(chunks))}
	for i, c := range chunks {
		l.starts[i] = l.length
		l.length += c.rows
	}
	return l
}

// Pack packs items.
func Pack[T any](form Form[T], items []T) List[T] {
	return Packed(form, AppendChunks(form, nil, items))
}

// chunkRows is how many items AppendChunks puts into a chunk: to read one, half as
// many are read on the way to it.
const chunkRows = 128

// AppendChunks packs items into more chunks.
func AppendChunks[T any](form Form[T], chunks []Chunk, items []T) []Chunk {
	p := NewPacker(form)
	for part := range slices.Chunk(items, chunkRows) {
		for i := range part {
			p.Add(&part[i])
		}
		chunks = append(chunks, p.Chunk())
	}
	return chunks
}

// Len is how many items there are.
func (l List[T]) Len() int { return l.length }

// At is one item, from 0.
func (l List[T]) At(row int) T { return *l.Reader().At(row) }

// All goes through the items in their order.
func (l List[T]) All() iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		r := l.Reader()
		for row := range l.length {
			if !yield(row, *r.At(row)) {
				return
			}
		}
	}
}

// Items are all items as plain ones: with many that takes much memory. Nobody may
// change them.
func (l List[T]) Items() []T {
	if l.form == nil {
		return l.items
	}
	items := make([]T, 0, l.length)
	for _, item := range l.All() {
		items = append(items, item)
	}
	return items
}

// Reader makes a reader of the list.
func (l List[T]) Reader() *Reader[T] { return &Reader[T]{list: l, row: -1} }
