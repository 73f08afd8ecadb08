package views

import (
	"context"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/rows"
	"fndeck/ui"
	"fndeck/ui/ordering"
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
	// list is load for what may be very much, in place of it.
	list func(ctx context.Context) (rows.List[T], error)
	// near says that the rows are read from this machine, in no time: what is typed
	// before they are there is meant for them.
	near bool
	// every reads anew at this pace, whatever pushes; 0 leaves it to that.
	every time.Duration
	// shared is a feed that lives as long as the console, nil if the screen has
	// its own.
	shared *client.Feed[rows.List[T]]
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
	// copied is what C offers beside the columns; nil is nothing.
	copied func(item T) []ui.Fact
	// banner is a line over the table that sums the rows about the visible ones up, "" for none;
	// nil is none.
	banner func(around []T, at moment, width int) string
	// waits says in the foot what the row under the cursor waits for, "" for nothing;
	// nil says nothing of any.
	waits func(item T, at moment) string
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
	// text is the text of cell at less cost, for a filter that looks at all rows.
	text func(item *T, at *moment) string
	// key orders by a number. Without it order does, in lists that are short, and
	// without both the text.
	key   func(item T) int64
	order func(a, b T) int
	// span is how long ago the time in the column was, or how long it is until then,
	// for comparisons; nil where the text says that itself.
	span func(item T, at moment) (time.Duration, bool)
}

// ago is how long ago a time was; false for one that is not known.
func ago(t time.Time, at moment) (time.Duration, bool) { return at.Now.Sub(t), !t.IsZero() }

// moment is what a cell may depend on beside its item.
type moment = cells.Moment

// listScreen shows any list.
type listScreen[T any] struct {
	*shell
	spec   listSpec[T]
	table  *ui.Table
	data   feeds.Subscription[rows.List[T]]
	opened time.Time
	now    moment
	// bannered is how many lines stood over the table when it was drawn.
	bannered int
	// tidied is how long the list was when it was last tidied up after.
	tidied int
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
	load := spec.list
	if load == nil {
		load = func(ctx context.Context) (rows.List[T], error) {
			items, err := spec.load(ctx)
			return rows.Of(items), err
		}
	}
	l.data = feeds.Subscription[rows.List[T]]{Wrap: l.wrap, Load: load, Shared: spec.shared, Brake: spec.brake, Busy: l.busy, Every: spec.every}
	return l
}

func (l *listScreen[T]) busy(items rows.List[T]) bool {
	if l.spec.running == nil {
		return false
	}
	for _, item := range items.All() {
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
		l.data.Refresh()
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
	snapshot, ok := msg.(feeds.Snapshot[rows.List[T]])
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
		l.table.SetRows(&listRows[T]{columns: l.spec.columns, id: l.spec.id, label: l.spec.label, running: l.spec.running, items: l.data.Last.Value.Reader(), count: l.data.Last.Value.Len(), at: &l.now, last: new(rowGroup)}, l.now.Now)
	}
	return tea.Batch(next, l.order(), l.tidy())
}

// tidyAfter is by how many rows a list has grown when reading it has left behind more
// than the list itself takes.
const tidyAfter = 20_000

// tidy gives back what reading a long list has left behind: the runtime would keep
// it for as long as nothing more is read.
func (l *listScreen[T]) tidy() tea.Cmd {
	grown := l.data.Last.Value.Len() - l.tidied
	if grown < tidyAfter {
		return nil
	}
	l.tidied += grown
	return func() tea.Msg {
		debug.FreeOSMemory()
		return nil
	}
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
		visible = append(visible, l.shown(row))
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
	return l.shown(row), true
}

// Pointed is the id of the row under the cursor, "" if there is none.
func (l *listScreen[T]) Pointed() string {
	item, ok := l.item()
	if !ok {
		return ""
	}
	return l.spec.id(item)
}

// shown is an item of the snapshot that the table shows, which may be behind the
// newest while that is being sorted.
func (l *listScreen[T]) shown(row int) T {
	return *l.table.Rows().(*listRows[T]).items.At(row) // It holds no other rows.
}

// listRows is one snapshot as the table sees it.
type listRows[T any] struct {
	columns []listColumn[T]
	id      func(T) string
	label   func(item T, key string) string
	running func(T) bool
	items   *rows.Reader[T]
	count   int
	// at is the screen's present moment.
	at *moment
	// last is the group that was looked at last.
	last *rowGroup
}

// rowGroup is a group of rows: what runs, runs in all of them.
type rowGroup struct {
	number  uint64
	running bool
}

// Label implements ui.Labelled.
func (r *listRows[T]) Label(row int, key string) string {
	if r.label == nil {
		return ""
	}
	return ui.Clean(r.label(*r.items.At(row), key))
}

func (r *listRows[T]) Len() int          { return r.count }
func (r *listRows[T]) ID(row int) string { return r.id(*r.items.At(row)) }

func (r *listRows[T]) Cell(row, column int) ui.Cell {
	return r.columns[column].cell(*r.items.At(row), *r.at)
}

// Group implements ui.Alike. What runs is of no group: it counts its seconds.
func (r *listRows[T]) Group(row int) uint64 {
	const alone = 1 << 63
	if group := r.items.Group(row) + 1; group != r.last.number {
		*r.last = rowGroup{number: group, running: r.running != nil && r.running(*r.items.At(row))}
	}
	if r.last.running {
		return alone + uint64(row)
	}
	return r.last.number
}

// Span implements ui.Dated.
func (r *listRows[T]) Span(row, column int) (time.Duration, bool) {
	span := r.columns[column].span
	if span == nil {
		return 0, false
	}
	return span(*r.items.At(row), *r.at)
}

// Text implements ui.Alike.
func (r *listRows[T]) Text(row, column int) string {
	if text := r.columns[column].text; text != nil {
		return text(r.items.At(row), r.at)
	}
	return r.Cell(row, column).Text
}

// Keys implements ui.Rows.
func (r *listRows[T]) Keys(of []int32, column int) []ordering.Key {
	keys := make([]ordering.Key, len(of))
	c, group := r.columns[column], uint64(0)
	for i, row := range of {
		switch is := r.Group(int(row)); {
		case c.key != nil:
			keys[i].Number = c.key(*r.items.At(int(row)))
		case c.order != nil:
			return r.ranks(of, c.order)
		case is == group && !c.Own:
			keys[i] = keys[i-1]
		default:
			keys[i].Text, group = r.Text(int(row), column), is
		}
	}
	return keys
}

// ranks are keys by which rows come as order has them.
func (r *listRows[T]) ranks(of []int32, order func(a, b T) int) []ordering.Key {
	items, sorted := make([]T, len(of)), make([]int, len(of))
	for i, row := range of {
		items[i], sorted[i] = *r.items.At(int(row)), i
	}
	slices.SortFunc(sorted, func(a, b int) int { return order(items[a], items[b]) })
	keys, rank := make([]ordering.Key, len(of)), int64(0)
	for i, at := range sorted {
		if i > 0 && order(items[sorted[i-1]], items[at]) != 0 {
			rank++
		}
		keys[at].Number = rank
	}
	return keys
}

// Still implements ui.Rows: the same items at this moment, whatever comes.
func (r *listRows[T]) Still() ui.Rows {
	still, at := *r, *r.at
	still.at, still.items, still.last = &at, r.items.Again(), new(rowGroup)
	return &still
}
