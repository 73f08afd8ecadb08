package rows

import (
	"encoding/binary"
	"errors"
)

// Chunk is some rows of a list, packed. Its first row stands for itself, so that
// chunks can be put together as one likes.
type Chunk struct {
	text string
	rows int
}

// Text is the chunk's bytes, for Open.
func (c Chunk) Text() string { return c.text }

// Rows is how many rows the chunk has.
func (c Chunk) Rows() int { return c.rows }

// ErrNoChunk says that bytes are not what a Packer with this form has made.
var ErrNoChunk = errors.New("the rows of a list are damaged")

// Open takes the bytes of a chunk of so many rows from elsewhere. The error is
// ErrNoChunk.
func Open[T any](form Form[T], text string, rows int) (Chunk, error) {
	c := Coder{in: text}
	var item T
	for range rows {
		if read(&c, form, &item); c.failed {
			return Chunk{}, ErrNoChunk
		}
	}
	if rows < 1 || c.in != "" {
		return Chunk{}, ErrNoChunk
	}
	return Chunk{text: text, rows: rows}, nil
}

// Packer makes chunks.
type Packer[T any] struct {
	form   Form[T]
	coder  Coder
	before T
	out    []byte
	rows   int
}

// NewPacker makes a packer of items with a form.
func NewPacker[T any](form Form[T]) *Packer[T] {
	return &Packer[T]{form: form, coder: Coder{writing: true}}
}

// Add packs one more item.
func (p *Packer[T]) Add(item *T) {
	c := &p.coder
	c.out, c.mask, c.bit = c.out[:0], 0, 1
	p.form(c, item, &p.before)
	p.out = append(binary.AppendUvarint(p.out, c.mask), c.out...)
	p.before = *item
	p.rows++
}

// Chunk is what was added since the last chunk: at least one item.
func (p *Packer[T]) Chunk() Chunk {
	made := Chunk{text: string(p.out), rows: p.rows}
	var none T
	p.before, p.out, p.rows = none, p.out[:0], 0
	return made
}
