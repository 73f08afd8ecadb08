package ui

import "fndeck/ui/ordering"

// sorting is what rows are ordered by.
type sorting struct {
	sortBy  int // column + 1, 0 keeps the snapshot's order
	reverse bool
}

// ordered is what an order was made of.
type ordered struct {
	sorting
	snapshot uint64
	filter   *Filter
}

// rebuild applies filter and order anew and puts the cursor back on its row.
// With many rows that is a job for the background; until it is done the table
// shows what it showed.
func (t *Table) rebuild(rows Rows) {
	t.next = rows
	t.generation.Add(1)
	if rows == nil || (t.filter != nil || t.sortBy > 0) && t.candidates() > backgroundRows {
		return
	}
	job := t.job()
	t.Take(job())
}

// candidates is how many rows a job has to look at.
func (t *Table) candidates() int {
	if t.narrows() {
		return t.order.Len()
	}
	return t.next.Len()
}

// narrows reports whether the rows that a job looks for are among those that are
// shown: a longer text in the filter, or another order.
func (t *Table) narrows() bool {
	unsorted := t.sortBy == 0 && t.made.sortBy > 0 // The snapshot's own order is not in the one that is shown.
	return t.rows != nil && t.made.snapshot == t.snapshot && !unsorted && t.filter.narrows(t.made.filter)
}

// backgroundRows is how many rows are filtered and sorted at once; more would
// be felt between a key and its frame.
const backgroundRows = 20_000

// Ordered is the result of a table's background job.
type Ordered struct {
	generation uint64
	rows       Rows
	order      ordering.Order
	made       ordered
}

// Job returns the filtering and sorting that is to be done outside the update
// loop, nil if there is none. Its result goes to Take. A job that a newer one
// has overtaken ends early.
func (t *Table) Job() func() Ordered {
	if t.next == nil {
		return nil
	}
	return t.job()
}

func (t *Table) job() func() Ordered {
	rows, columns, of := t.next, t.Columns, ordered{t.sorting, t.snapshot, t.filter}
	generation, newest, still := t.generation.Load(), t.generation, rows.Still()
	among, judged, sorted := ordering.All(rows.Len()), of.filter == nil, of.sortBy == 0
	if t.narrows() {
		among, judged, sorted = t.order, of.filter == t.made.filter, sorted || of.sorting == t.made.sorting
	}
	overtaken := func() bool { return newest.Load() != generation }
	return func() Ordered {
		order, ok := among, true
		if !judged {
			order, ok = among.Filter(func() func(row int) bool { return of.filter.judge(still.Still(), columns) }, overtaken)
		}
		if !ok {
			return Ordered{}
		}
		if !sorted {
			order = order.Sort(func(rows []int32) []ordering.Key { return still.Keys(rows, of.sortBy-1) }, of.reverse)
		}
		return Ordered{generation: generation, rows: rows, order: order, made: of}
	}
}

// Take shows what a job has found. The result of an overtaken job is dropped.
func (t *Table) Take(o Ordered) {
	if o.rows == nil || o.generation != t.generation.Load() {
		return
	}
	t.rows, t.order, t.made, t.next = o.rows, o.order, o.made, nil
	t.gone = false
	if t.awaited != "" && t.indexOf(t.awaited) >= 0 {
		t.current, t.awaited = t.awaited, ""
	}
	if t.current != "" {
		if i := t.indexOf(t.current); i >= 0 {
			t.cursor = i
		} else {
			// A row that the operator's own filter hides is not missed: the cursor is
			// on the row that carries its mark.
			t.gone = !t.moved
		}
	}
	t.moved = false
	t.clamp()
	if !t.gone {
		t.remember()
	}
	t.forgetMarks()
	t.flash(t.before, t.changed)
	t.before = nil
}

// Busy reports whether a job is still to be done.
func (t *Table) Busy() bool { return t.next != nil }

// again filters and sorts the newest rows anew.
func (t *Table) again() {
	rows := t.next
	if rows == nil {
		rows = t.rows
	}
	if rows != nil {
		t.rebuild(rows)
	}
}

// Filter sets the filter from its text. A bad one is reported, and the rows
// that the last good one left stay.
func (t *Table) Filter(source string) error {
	keys := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		keys[i] = c.Key
	}
	f, err := ParseFilter(source, keys)
	t.filterErr = err
	if err == nil {
		t.filter = f
		t.needs, t.moved = nil, true
		t.again()
	}
	return err
}

// Filtered returns the text of the filter in force.
func (t *Table) Filtered() string { return t.filter.String() }

// Sort orders by a column, the other way round when it already does.
func (t *Table) Sort(column int) {
	if t.sortBy == column+1 {
		t.reverse = !t.reverse
	} else {
		t.sortBy, t.reverse = column+1, false
	}
	t.again()
}

// SortNext moves the order to the next or previous column.
func (t *Table) SortNext(by int) {
	n := len(t.Columns)
	t.sortBy, t.reverse = ((t.sortBy-1+by)%n+n)%n+1, false
	t.again()
}

// Turn turns the order round, if a column is sorted.
func (t *Table) Turn() {
	if t.sortBy > 0 {
		t.reverse = !t.reverse
		t.again()
	}
}
