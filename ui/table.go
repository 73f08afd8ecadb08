package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Cell is one cell of a table: cleaned text and what it means.
type Cell struct {
	Text string
	Tone Tone
	// Steady is compared in place of Text to tell whether the cell changed, for
	// text that counts seconds; "" compares Text.
	Steady string
}

func (c Cell) steady() string {
	if c.Steady != "" {
		return c.Steady
	}
	return c.Text
}

// Rows is what a table shows. It is an immutable snapshot; the table asks for
// the cells of the visible rows only, and for all of them to filter or sort by
// text. Text of a cell must have passed Clean.
type Rows interface {
	Len() int
	// ID identifies a row across snapshots.
	ID(row int) string
	Cell(row, column int) Cell
	// Compare orders two rows by a column: negative, zero or positive.
	Compare(a, b, column int) int
	// Still returns the same rows for a job in the background: their cells do not
	// depend on anything that the update loop changes.
	Still() Rows
}

// Labelled are rows with metadata that a filter can ask for.
type Labelled interface {
	// Label is a row's value for a key, "" without one.
	Label(row int, key string) string
}

func labelled(rows Rows, row int, key string) string {
	if l, ok := rows.(Labelled); ok {
		return l.Label(row, key)
	}
	return ""
}

// Dated are rows with columns of times.
type Dated interface {
	// Span is how long ago the time in a column was, or how long it is until then;
	// false for a column of no time.
	Span(row, column int) (time.Duration, bool)
}

func spanned(rows Rows, row, column int) (time.Duration, bool) {
	if d, ok := rows.(Dated); ok {
		return d.Span(row, column)
	}
	return 0, false
}

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

// Keyed is what Rows may be too: the texts that a column is compared by, made
// once for all rows. Without them, or for a column that has none, Compare is
// asked each time.
type Keyed interface {
	Keys(rows []int, column int) (keys []string, ok bool)
}

// flashFor is how long a changed cell stands out.
const flashFor = time.Second

// Table is a list of rows with a cursor that follows its row, a filter and an
// order.
type Table struct {
	Columns []Column
	// Wide also shows the columns of the lowest priority.
	Wide bool

	rows    Rows
	order   []int // rows that pass the filter, sorted
	cursor  int   // index in order
	top     int   // first visible index in order
	current string
	gone    bool
	moved   bool   // the filter changed: the cursor takes the row that it shows
	awaited string // row that the cursor goes to when it appears
	marks   marks

	filter    *Filter
	filterErr error
	sorting
	snapshot uint64  // counts the snapshots
	made     ordered // what order was made of

	needs      []int // widest seen per column, for hysteresis
	needsWidth int
	drawn      drawing
	flashes    map[string]uint64 // row id → bit set of columns
	flashUntil time.Time
	height     int

	next       Rows // what a pending job is to show
	before     map[string][]string
	changed    time.Time
	generation *atomic.Uint64
}

// NewTable makes a table of columns.
func NewTable(columns []Column) *Table {
	return &Table{Columns: columns, generation: new(atomic.Uint64)}
}

// SetRows takes a new snapshot. The cursor stays on its row; if that row is
// gone it stays where it is and Gone reports so. Cells that changed in rows that
// were visible flash until now plus a second.
func (t *Table) SetRows(rows Rows, now time.Time) {
	t.before, t.changed = t.visibleCells(), now
	t.snapshot++
	t.rebuild(rows)
}

// visibleCells remembers what the visible rows say in their steady columns.
func (t *Table) visibleCells() map[string][]string {
	cells := map[string][]string{}
	for i := t.top; i < min(len(t.order), t.top+t.height); i++ {
		texts := make([]string, len(t.Columns))
		for c := range t.Columns {
			texts[c] = t.rows.Cell(t.order[i], c).steady()
		}
		cells[t.rows.ID(t.order[i])] = texts
	}
	return cells
}

func (t *Table) flash(before map[string][]string, now time.Time) {
	flashes := map[string]uint64{}
	for i := t.top; i < min(len(t.order), t.top+t.height); i++ {
		id := t.rows.ID(t.order[i])
		old, ok := before[id]
		if !ok {
			continue
		}
		for c := range t.Columns {
			if !t.Columns[c].Volatile && t.rows.Cell(t.order[i], c).steady() != old[c] {
				flashes[id] |= 1 << c
			}
		}
	}
	if len(flashes) > 0 {
		t.flashes, t.flashUntil = flashes, now.Add(flashFor)
	}
}

// FlashUntil is when the last flash ends, zero if nothing flashes.
func (t *Table) FlashUntil() time.Time {
	if len(t.flashes) == 0 {
		return time.Time{}
	}
	return t.flashUntil
}

// EndFlash forgets flashes that are over.
func (t *Table) EndFlash(now time.Time) {
	if !now.Before(t.flashUntil) {
		t.flashes = nil
	}
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
		return len(t.order)
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
	order      []int
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
	rows, columns, of := t.next, len(t.Columns), ordered{t.sorting, t.snapshot, t.filter}
	generation, newest, still := t.generation.Load(), t.generation, rows.Still()
	var among []int
	narrows := t.narrows()
	if narrows {
		among = t.order // Nobody changes an order that was made.
	}
	sorted := narrows && of.sorting == t.made.sorting
	return func() Ordered {
		count := still.Len()
		if narrows {
			count = len(among)
		}
		order := make([]int, 0, count)
		for i := range count {
			const looks = 1024
			if i%looks == 0 && newest.Load() != generation {
				return Ordered{}
			}
			row := i
			if narrows {
				row = among[i]
			}
			if of.filter.MatchRow(columns, func(c int) string { return still.Cell(row, c).Text }, func(key string) string { return labelled(still, row, key) }, func(c int) (time.Duration, bool) { return spanned(still, row, c) }) {
				order = append(order, row)
			}
		}
		if of.sortBy > 0 && !sorted {
			of.sort(still, order)
		}
		return Ordered{generation: generation, rows: rows, order: order, made: of}
	}
}

// sort orders rows by a column, and those that are alike by their ids.
func (s sorting) sort(rows Rows, order []int) {
	column := s.sortBy - 1
	compare := func(a, b int) int { return rows.Compare(a, b, column) }
	if keyed, ok := rows.(Keyed); ok {
		if keys, ok := keyed.Keys(order, column); ok {
			compare = func(a, b int) int { return strings.Compare(keys[a], keys[b]) }
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		c := compare(a, b)
		if s.reverse {
			c = -c
		}
		if c == 0 {
			c = strings.Compare(rows.ID(a), rows.ID(b))
		}
		return cmp.Or(c, cmp.Compare(a, b))
	})
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

// Rows returns the snapshot that is shown, nil before there is one.
func (t *Table) Rows() Rows { return t.rows }

func (t *Table) indexOf(id string) int {
	for i, row := range t.order {
		if t.rows.ID(row) == id {
			return i
		}
	}
	return -1
}

func (t *Table) clamp() {
	t.cursor = max(0, min(t.cursor, len(t.order)-1))
	if t.height <= 0 {
		return
	}
	t.top = max(min(t.top, t.cursor), t.cursor-t.height+1)
	t.top = max(0, min(t.top, len(t.order)-t.height))
}

func (t *Table) remember() {
	t.current = ""
	if t.cursor < len(t.order) {
		t.current = t.rows.ID(t.order[t.cursor])
	}
}

// Cursor returns the snapshot's row under the cursor; ok is false when there is
// none or when the row that it stood on is gone.
func (t *Table) Cursor() (row int, ok bool) {
	if t.cursor >= len(t.order) || t.gone {
		return 0, false
	}
	return t.order[t.cursor], true
}

// Gone reports that the row under the cursor was deleted.
func (t *Table) Gone() bool { return t.gone }

// Move moves the cursor by some rows.
func (t *Table) Move(by int) {
	t.cursor += by
	t.gone, t.awaited = false, ""
	t.clamp()
	t.remember()
	t.drawRange()
}

// Page moves the cursor by pages of the visible height.
func (t *Table) Page(by int) { t.Move(by * max(1, t.height-1)) }

// HalfPage moves the cursor by half pages.
func (t *Table) HalfPage(by int) { t.Move(by * max(1, t.height/2)) }

// MoveTo puts the cursor on the first row (0) or, with a large index, the last.
func (t *Table) MoveTo(index int) { t.Move(index - t.cursor) }

// Select puts the cursor on a row by its id, now or as soon as it appears, unless
// the cursor is moved before that.
func (t *Table) Select(id string) {
	t.awaited = id
	t.again()
}

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

// Column returns the index of a column by its key, or -1.
func (t *Table) Column(key string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Key == key })
}

// Counts returns how many rows pass the filter, and how many there are.
func (t *Table) Counts() (shown, all int) {
	if t.rows == nil {
		return 0, 0
	}
	return len(t.order), t.rows.Len()
}

// Position is the cursor's place, "3/128", or "0/128" when nothing is shown.
func (t *Table) Position() string {
	if len(t.order) == 0 {
		return fmt.Sprintf("0/%d", len(t.order))
	}
	return fmt.Sprintf("%d/%d", t.cursor+1, len(t.order))
}

// Visible calls f with each visible row of the snapshot until it returns false.
func (t *Table) Visible(f func(row int) bool) {
	for i := t.top; i < min(len(t.order), t.top+max(1, t.height)); i++ {
		if !f(t.order[i]) {
			return
		}
	}
}

// Around returns the snapshot's rows about the visible ones: from a multiple of step
// on, so that they are others only when the table has scrolled that far.
func (t *Table) Around(step int) []int {
	from := t.top - t.top%step
	return t.order[min(from, len(t.order)):min(from+t.height+step, len(t.order))]
}

// Turn turns the order round, if a column is sorted.
func (t *Table) Turn() {
	if t.sortBy > 0 {
		t.reverse = !t.reverse
		t.again()
	}
}
