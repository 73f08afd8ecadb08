// Package ordering holds which rows of a long list are shown, and sorts them. An
// Order is immutable; Sort and Filter use all processors and belong in the
// background when there are many rows.
package ordering

import "slices"

// Order is the rows that are shown, one after the other. It is immutable.
type Order struct {
	all  int
	some []int32
	part bool // some says which, else the first all rows come as they are
}

// All is all of so many rows, as they come.
func All(n int) Order { return Order{all: n} }

// Of is these rows, in this order. Nobody may change them afterwards.
func Of(rows []int32) Order { return Order{some: rows, part: true} }

// Len is how many rows are shown.
func (o Order) Len() int {
	if o.part {
		return len(o.some)
	}
	return o.all
}

// At is the row at a place, from 0.
func (o Order) At(place int) int {
	if o.part {
		return int(o.some[place])
	}
	return place
}

// Place is where a row is shown, -1 if it is not.
func (o Order) Place(row int) int {
	switch {
	case o.part:
		return slices.Index(o.some, int32(row))
	case row < o.all:
		return row
	}
	return -1
}

// rows are the rows, for a caller that changes them.
func (o Order) rows() []int32 {
	if o.part {
		return slices.Clone(o.some)
	}
	rows := make([]int32, o.all)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}
