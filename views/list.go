package views

import (
	"cmp"
	"context"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/views/cells"
	"fndeck/views/feeds"
)

// listSpec describes a list screen. The generic screen does the rest.
type listSpec[T any] struct {
	// title is the crumb, noun what the rows are: "functions", "calls".
	title, noun string
	columns     []listColumn[T]
	id          func(T) string
	// label is a value of an item's metadata, for the filter; nil where there is none.
	label func(item T, key string) string
	load  func(ctx context.Context) ([]T, error)
	// every reads anew at this pace, whatever pushes; 0 leaves it to that.
	every time.Duration
	// shared is a feed that lives as long as the console, nil if the screen has
	// its own.
	shared *client.Feed[[]T]
	// brake stops the loads of the shared feed.
	brake *feeds.Brake
	// kinds are the client.Event kinds that change the rows.
	kinds []string
	// running rows make the list tick and, where nothing pushes, read sooner.
	running func(T) bool
	// ages says that some column counts time, so the list ticks slowly.
	ages bool
	// failing selects the rows of the x key; nil leaves the key unbound.
	failing string
	// missing is why the backend has no such thing, "" if it has.
	missing string
	// empty is shown when there are no rows.
	empty string
	// sortName, sortAge and sortStatus are the columns of N, A and S.
	sortName, sortAge, sortStatus string
	// unscoped is the view that key 0 goes to from a list of one function.
	unscoped int
	// compare shows how two items differ; nil where that says nothing.
	compare func(a, b T) tea.Cmd
	// banner is a line over the table that sums the rows about the visible ones up, "" for none;
	// nil is none.
	banner func(around []T, at moment, width int) string
	// more is set by load when there is more than it read.
	more *atomic.Bool
	// older makes load read more of the past; nil leaves the key unbound.
	older func()
	// background works for the visible rows while the operator looks at them; nil
	// where there is nothing to do.
	background func(visible []T) tea.Cmd
	commands   func(l *listScreen[T]) []command
}

// listColumn is a column and how its cells are made.
type listColumn[T any] struct {
	ui.Column
	cell func(item T, at moment) ui.Cell
	// less orders by the column; nil orders by the text.
	order func(a, b T) int
}

// moment is what a cell may depend on beside its item.
type moment = cells.Moment

// listScreen shows any list.
type listScreen[T any] struct {
	*shell
	spec   listSpec[T]
	table  *ui.Table
	data   feeds.Subscription[[]T]
	opened time.Time
	now    moment
	// bannered is how many lines stood over the table when it was drawn.
	bannered int
	// before is the filter that the x key replaced.
	before string
}

func newListScreen[T any](s *shell, spec listSpec[T]) *listScreen[T] {
	l := &listScreen[T]{shell: s, spec: spec}
	var columns []ui.Column
	for _, c := range spec.columns {
		columns = append(columns, c.Column)
	}
	l.table = ui.NewTable(columns)
	l.data = feeds.Subscription[[]T]{Wrap: l.wrap, Load: spec.load, Shared: spec.shared, Brake: spec.brake, Busy: l.busy, Every: spec.every}
	return l
}

func (l *listScreen[T]) busy(items []T) bool {
	if l.spec.running == nil {
		return false
	}
	for _, item := range items {
		if l.spec.running(item) {
			return true
		}
	}
	return false
}

// Title implements Screen.
func (l *listScreen[T]) Title() string { return l.spec.title }

// Show implements Screen.
func (l *listScreen[T]) Show() tea.Cmd {
	l.opened = l.clock()
	if l.spec.missing != "" {
		return nil
	}
	return l.data.Start(l.source())
}

// Hide implements Screen.
func (l *listScreen[T]) Hide() tea.Cmd { return l.data.Stop() }

// Unscoped names the view without the scope of this list.
func (l *listScreen[T]) Unscoped() int { return l.spec.unscoped }

// Refresh implements refresher.
func (l *listScreen[T]) Refresh(kinds map[string]bool) tea.Cmd {
	if touches(kinds, l.spec.kinds) {
		l.data.Refresh(l.clock())
	}
	return nil
}

// touches reports whether any of the kinds that came is one that is shown; no
// kinds at all mean everything.
func touches(came map[string]bool, shown []string) bool {
	if len(came) == 0 {
		return true
	}
	for _, kind := range shown {
		if came[kind] {
			return true
		}
	}
	return false
}

// Update implements Screen.
func (l *listScreen[T]) Update(msg tea.Msg) tea.Cmd {
	if ordered, ok := msg.(ui.Ordered); ok {
		l.table.Take(ordered)
		return nil
	}
	snapshot, ok := msg.(feeds.Snapshot[[]T])
	if !ok {
		return nil
	}
	next, fresh := l.data.Take(snapshot)
	if !fresh {
		return nil
	}
	l.now = l.moment()
	if l.data.Last.Err != nil {
		l.fail("read "+l.spec.noun, l.data.Last.Err)
	} else {
		l.table.SetRows(listRows[T]{columns: l.spec.columns, id: l.spec.id, label: l.spec.label, items: l.data.Last.Value, at: &l.now}, l.now.Now)
	}
	return tea.Batch(next, l.order())
}

// wrap addresses a message to the list.
func (l *listScreen[T]) wrap(body tea.Msg) tea.Msg { return screenMsg{owner: l, body: body} }

// point puts the cursor on an item that was just made, as soon as it is listed.
func (l *listScreen[T]) point(id string) tea.Cmd {
	l.table.Select(id)
	return l.order()
}

// order runs the table's pending job, if it has one, outside the update loop.
func (l *listScreen[T]) order() tea.Cmd {
	job := l.table.Job()
	if job == nil {
		return nil
	}
	return func() tea.Msg { return screenMsg{owner: l, body: job()} }
}

// Background implements worker.
func (l *listScreen[T]) Background() tea.Cmd {
	if l.spec.background == nil {
		return nil
	}
	var visible []T
	l.table.Visible(func(row int) bool {
		visible = append(visible, l.shown()[row])
		return true
	})
	return l.spec.background(visible)
}

// Stop implements stopper.
func (l *listScreen[T]) Stop() (string, tea.Cmd) {
	if !l.data.Halt() {
		return "", nil
	}
	return l.stopped(), nil
}

// Resume implements stopper.
func (l *listScreen[T]) Resume() {
	if l.data.Brake.Stopped() {
		l.opened = l.clock()
		l.data.Brake.Release()
	}
}

// Search implements searcher.
func (l *listScreen[T]) Search(text string) (tea.Cmd, error) {
	err := l.table.Filter(text)
	return l.order(), err
}

// Searched implements searcher.
func (l *listScreen[T]) Searched() string { return l.table.Filtered() }

// item is the row under the cursor.
func (l *listScreen[T]) item() (item T, ok bool) {
	row, ok := l.table.Cursor()
	if !ok {
		return item, false
	}
	return l.shown()[row], true
}

// shown are the items of the snapshot that the table shows, which may be behind
// the newest while that is being sorted.
func (l *listScreen[T]) shown() []T {
	rows, _ := l.table.Rows().(listRows[T]) // It holds no other rows.
	return rows.items
}

// listRows is one snapshot as the table sees it.
type listRows[T any] struct {
	columns []listColumn[T]
	id      func(T) string
	label   func(item T, key string) string
	items   []T
	// at is the screen's present moment.
	at *moment
}

// Label implements ui.Labelled.
func (r listRows[T]) Label(row int, key string) string {
	if r.label == nil {
		return ""
	}
	return ui.Clean(r.label(r.items[row], key))
}

func (r listRows[T]) Len() int          { return len(r.items) }
func (r listRows[T]) ID(row int) string { return r.id(r.items[row]) }

func (r listRows[T]) Cell(row, column int) ui.Cell {
	return r.columns[column].cell(r.items[row], *r.at)
}

func (r listRows[T]) Compare(a, b, column int) int {
	if order := r.columns[column].order; order != nil {
		return order(r.items[a], r.items[b])
	}
	return cmp.Compare(r.Cell(a, column).Text, r.Cell(b, column).Text)
}

// Keys implements ui.Keyed: a text is made once for each row, not once for each
// comparison.
func (r listRows[T]) Keys(rows []int, column int) ([]string, bool) {
	if r.columns[column].order != nil {
		return nil, false
	}
	keys := make([]string, len(r.items))
	for _, row := range rows {
		keys[row] = r.Cell(row, column).Text
	}
	return keys, true
}

// Still implements ui.Rows: the same items at this moment, whatever comes.
func (r listRows[T]) Still() ui.Rows {
	at := *r.at
	r.at = &at
	return r
}
