package ui

import (
	"slices"
	"sync/atomic"
	"time"

	"fndeck/ui/ordering"
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
// the cells of the visible rows, and of the others what a filter needs. Text of a
// cell must have passed Clean. It is for one goroutine.
type Rows interface {
	Len() int
	// ID identifies a row across snapshots.
	ID(row int) string
	Cell(row, column int) Cell
	// Keys are what rows are ordered by in a column, one for each of these.
	Keys(rows []int32, column int) []ordering.Key
	// Still returns the same rows for a job in the background: their cells do not
	// depend on anything that the update loop changes.
	Still() Rows
}

// Alike are rows of which neighbours are alike, so that not each has to be looked at.
type Alike interface {
	// Group is a number: rows of one group have the same cells but in columns that
	// are their own.
	Group(row int) uint64
	// Text is the text of a cell, which may cost less than the cell.
	Text(row, column int) string
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

// flashFor is how long a changed cell stands out.
const flashFor = time.Second

// Table is a list of rows with a cursor that follows its row, a filter and an
// order.
type Table struct {
	Columns []Column
	// Wide also shows the columns of the lowest priority.
	Wide bool

	rows    Rows
	order   ordering.Order // rows that pass the filter, sorted
	cursor  int            // index in order
	top     int            // first visible index in order
	current string         // id of the row under the cursor
	row     int            // where it stood in its snapshot
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
	for i := t.top; i < min(t.order.Len(), t.top+t.height); i++ {
		texts := make([]string, len(t.Columns))
		for c := range t.Columns {
			texts[c] = t.rows.Cell(t.order.At(i), c).steady()
		}
		cells[t.rows.ID(t.order.At(i))] = texts
	}
	return cells
}

func (t *Table) flash(before map[string][]string, now time.Time) {
	flashes := map[string]uint64{}
	for i := t.top; i < min(t.order.Len(), t.top+t.height); i++ {
		id := t.rows.ID(t.order.At(i))
		old, ok := before[id]
		if !ok {
			continue
		}
		for c := range t.Columns {
			if !t.Columns[c].Volatile && t.rows.Cell(t.order.At(i), c).steady() != old[c] {
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

// Rows returns the snapshot that is shown, nil before there is one.
func (t *Table) Rows() Rows { return t.rows }

// Gone reports that the row under the cursor was deleted.
func (t *Table) Gone() bool { return t.gone }

// Column returns the index of a column by its key, or -1.
func (t *Table) Column(key string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Key == key })
}

// Counts returns how many rows pass the filter, and how many there are.
func (t *Table) Counts() (shown, all int) {
	if t.rows == nil {
		return 0, 0
	}
	return t.order.Len(), t.rows.Len()
}

// Visible calls f with each visible row of the snapshot until it returns false.
func (t *Table) Visible(f func(row int) bool) {
	for i := t.top; i < min(t.order.Len(), t.top+max(1, t.height)); i++ {
		if !f(t.order.At(i)) {
			return
		}
	}
}

// Around returns the snapshot's rows about the visible ones: from a multiple of step
// on, so that they are others only when the table has scrolled that far.
func (t *Table) Around(step int) []int {
	var rows []int
	from := t.top - t.top%step
	for i := from; i < min(from+t.height+step, t.order.Len()); i++ {
		rows = append(rows, t.order.At(i))
	}
	return rows
}
