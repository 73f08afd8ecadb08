package ordering

import (
	"cmp"
	"slices"
)

// Key is what a row is ordered by: a number, then a text.
type Key struct {
	Number int64
	Text   string
}

type keyed struct {
	Key
	row int32
}

// Sort orders rows by their keys; keys gives those of rows, one for each, which are
// asked for as they come in the list. Rows that are alike stay so, whichever way round
// the others are.
func (o Order) Sort(keys func(rows []int32) []Key, reverse bool) Order {
	rows := o.rows()
	slices.Sort(rows)
	items := make([]keyed, len(rows))
	for i, key := range keys(rows) {
		items[i] = keyed{key, rows[i]}
	}
	compare := func(a, b keyed) int {
		c := cmp.Compare(a.Number, b.Number)
		if c == 0 {
			c = cmp.Compare(a.Text, b.Text)
		}
		if reverse {
			c = -c
		}
		if c == 0 {
			c = cmp.Compare(a.row, b.row)
		}
		return c
	}
	for i, item := range sorted(items, compare) {
		rows[i] = item.row
	}
	return Of(rows)
}

// together is how many items are sorted by one goroutine.
const together = 10_000

// sorted sorts one half beside the other.
func sorted(items []keyed, compare func(a, b keyed) int) []keyed {
	if len(items) <= together {
		slices.SortFunc(items, compare)
		return items
	}
	a, b := items[:len(items)/2], items[len(items)/2:]
	halves := [][]keyed{a, b}
	parallel(len(halves), func(n int) { slices.SortFunc(halves[n], compare) })
	merged := make([]keyed, 0, len(items))
	for len(a) > 0 && len(b) > 0 {
		if compare(a[0], b[0]) <= 0 {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	return append(append(merged, a...), b...)
}
