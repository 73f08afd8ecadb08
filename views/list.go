package views

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
)

// listSpec describes a list screen. The generic screen does the rest.
type listSpec[T any] struct {
	// title is the crumb, noun what the rows are: "functions", "calls".
	title, noun string
	columns     []listColumn[T]
	id          func(T) string
	load        func(ctx context.Context) ([]T, error)
	// shared is a feed that lives as long as the console, nil if the screen has
	// its own.
	shared *client.Feed[[]T]
	// brake stops the loads of the shared feed.
	brake *brake
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
	// more is set by load when there is more than it read.
	more *atomic.Bool
	// older makes load read more of the past; nil leaves the key unbound.
	older    func()
	commands func(l *listScreen[T]) []command
}

// listColumn is a column and how its cells are made.
type listColumn[T any] struct {
	ui.Column
	cell func(item T, at moment) ui.Cell
	// less orders by the column; nil orders by the text.
	order func(a, b T) int
}

// moment is what a cell may depend on beside its item.
type moment struct {
	now   time.Time
	zone  *time.Location
	theme *ui.Theme
}

// listScreen shows any list.
type listScreen[T any] struct {
	*shell
	spec   listSpec[T]
	table  *ui.Table
	data   subscription[[]T]
	opened time.Time
	now    moment
	// before is the filter that the x key replaced.
	before string
}

const (
	// loadingAfter is how long nothing is said of a list that is being read.
	loadingAfter = 200 * time.Millisecond
	// agesEvery is how often ages at rest are looked at.
	agesEvery = 10 * time.Second
)

func newListScreen[T any](s *shell, spec listSpec[T]) *listScreen[T] {
	l := &listScreen[T]{shell: s, spec: spec}
	var columns []ui.Column
	for _, c := range spec.columns {
		columns = append(columns, c.Column)
	}
	l.table = ui.NewTable(columns)
	l.data = subscription[[]T]{owner: l, load: spec.load, shared: spec.shared, brake: spec.brake, busy: l.busy}
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
	return l.data.start(l.deps)
}

// Hide implements Screen.
func (l *listScreen[T]) Hide() tea.Cmd { return l.data.stop() }

// Unscoped names the view without the scope of this list.
func (l *listScreen[T]) Unscoped() int { return l.spec.unscoped }

// Refresh implements refresher.
func (l *listScreen[T]) Refresh(kinds map[string]bool) tea.Cmd {
	if touches(kinds, l.spec.kinds) {
		l.data.refresh(l.clock())
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
	snapshot, ok := msg.(snapshotMsg[[]T])
	if !ok {
		return nil
	}
	next, fresh := l.data.take(snapshot)
	if !fresh {
		return nil
	}
	l.now = l.moment()
	if l.data.last.Err != nil {
		l.fail("read "+l.spec.noun, l.data.last.Err)
	} else {
		l.table.SetRows(listRows[T]{columns: l.spec.columns, id: l.spec.id, items: l.data.last.Value, at: &l.now}, l.now.now)
	}
	return tea.Batch(next, l.order())
}

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

// View implements Screen.
func (l *listScreen[T]) View(theme *ui.Theme, width, height int) []string {
	l.now = l.moment()
	l.table.EndFlash(l.now.now)
	sentence, tone := l.instead()
	if sentence == "" {
		return l.table.View(theme, width, height)
	}
	lines := []string{""}
	for _, part := range ui.WrapWords(sentence, max(1, width-4)) {
		lines = append(lines, "  "+theme.Tone(tone).Render(part))
	}
	return fill(lines, height)
}

// instead is what is shown when there are no rows to show, "" if there are.
func (l *listScreen[T]) instead() (string, ui.Tone) {
	shown, all := l.table.Counts()
	waited := l.now.now.Sub(l.opened)
	switch last := l.data.last; {
	case l.spec.missing != "":
		return ui.Clean(l.spec.missing), ui.ToneText
	case !last.Loaded && last.Err != nil:
		return l.refused(last.Err), ui.ToneBad
	case !last.Loaded && l.data.brake.stopped():
		return l.stopped() + ".  " + l.keys.Key("app.refresh") + " loads them", ui.ToneText
	case !last.Loaded && waited < loadingAfter:
		return " ", ui.ToneDim
	case !last.Loaded:
		return fmt.Sprintf("loading %s… %s   %s stops", l.spec.noun, ui.Elapsed(waited), l.keys.Key("app.back")), ui.ToneDim
	case l.table.Rows() == nil:
		return "sorting " + l.spec.noun, ui.ToneDim
	case all == 0:
		return l.spec.empty, ui.ToneText
	case shown == 0 && l.onlyFailing():
		return fmt.Sprintf("None of %s %s failing.  %s shows all", ui.Grouped(int64(all)), l.spec.noun, l.keys.Key("list.failing")), ui.ToneText
	case shown == 0:
		return fmt.Sprintf("0 of %s match %s.  %s clears", ui.Grouped(int64(all)), ui.Clean(l.table.Filtered()), l.keys.Key("app.back")), ui.ToneText
	}
	return "", ui.ToneText
}

// stopped says that the operator has ended the first load.
func (l *listScreen[T]) stopped() string { return "stopped loading " + l.spec.noun }

// Stop implements stopper.
func (l *listScreen[T]) Stop() (string, tea.Cmd) {
	if !l.data.halt() {
		return "", nil
	}
	return l.stopped(), nil
}

// Resume implements stopper.
func (l *listScreen[T]) Resume() {
	if l.data.brake.stopped() {
		l.opened = l.clock()
		l.data.brake.release()
	}
}

// refused is why nothing could be read at all, with the way out if one is known.
func (l *listScreen[T]) refused(err error) string {
	x := client.Explain(err)
	sentence := ui.Clean(x.Sentence)
	if x.Hint != "" {
		sentence += ".  " + ui.Clean(x.Hint)
	}
	var e *client.Error
	if errors.As(err, &e) && (e.Code == client.CodeUnauthenticated || e.Code == client.CodeForbidden) {
		return sentence
	}
	return sentence + ".  " + l.keys.Key("app.refresh") + " tries again now"
}

// Status implements Screen.
func (l *listScreen[T]) Status() status {
	if l.spec.missing != "" {
		return status{fixed: true}
	}
	shown, all := l.table.Counts()
	st := status{position: l.table.Position(), filter: ui.Clean(l.table.Filtered()), pulse: l.pulse()}
	if l.onlyFailing() {
		st.filter, st.named = "failing only", true
	}
	if l.data.last.Loaded {
		st.count = ui.Grouped(int64(all))
		if l.spec.more != nil && l.spec.more.Load() {
			st.count += "+"
		}
		if shown != all {
			st.count = ui.Grouped(int64(shown)) + " of " + st.count
		}
	}
	if l.table.Busy() {
		st.position = "sorting  " + st.position
	}
	if l.table.Gone() {
		st.position = "gone  " + st.position
	}
	st.silent = l.data.silent(l.clock())
	if last := l.data.last; last.Err != nil {
		st.err, st.at, st.retryAt = last.Err, last.At, last.RetryAt
	}
	return st
}

// pulse is a second while a visible row runs, and slower for ages at rest.
func (l *listScreen[T]) pulse() time.Duration {
	now := l.clock()
	switch last := l.data.last; {
	case l.data.brake.stopped():
		return 0
	case !last.Loaded && last.Err == nil && now.Sub(l.opened) < loadingAfter:
		return loadingAfter
	case !last.Loaded || last.Err != nil || !l.data.asked.IsZero():
		return time.Second
	case !l.table.FlashUntil().IsZero():
		return max(time.Millisecond, l.table.FlashUntil().Sub(now))
	}
	running := false
	l.table.Visible(func(row int) bool {
		running = l.spec.running != nil && l.spec.running(l.shown()[row])
		return !running
	})
	switch {
	case running:
		return time.Second
	case l.spec.ages && len(l.data.last.Value) > 0:
		return agesEvery
	}
	return 0
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
	items   []T
	// at is the screen's present moment.
	at *moment
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

// Still implements ui.Rows: the same items at this moment, whatever comes.
func (r listRows[T]) Still() ui.Rows {
	at := *r.at
	r.at = &at
	return r
}

// fill brings lines to a height.
func fill(lines []string, height int) []string {
	for len(lines) < height {
		lines = append(lines, "")
	}
	return lines[:max(0, height)]
}

// Commands implements Screen: the screen's own first, then what all lists do.
func (l *listScreen[T]) Commands() []command {
	var all []command
	if l.spec.commands != nil {
		all = l.spec.commands(l)
	}
	if l.spec.missing != "" {
		return all
	}
	t := l.table
	all = append(all,
		command{id: "list.down", run: do(func() { t.Move(1) })},
		command{id: "list.up", run: do(func() { t.Move(-1) })},
		command{id: "list.pagedown", run: do(func() { t.Page(1) })},
		command{id: "list.pageup", run: do(func() { t.Page(-1) })},
		command{id: "list.first", run: do(func() { t.MoveTo(0) })},
		command{id: "list.last", run: do(l.last)},
	)
	if l.spec.older != nil {
		all = append(all, l.loadOlder())
	}
	ordered := func(change func()) func() tea.Cmd {
		return func() tea.Cmd {
			change()
			return l.order()
		}
	}
	if l.spec.failing != "" {
		all = append(all, command{id: "list.failing", run: ordered(l.toggleFailing)})
	}
	for _, by := range []struct{ id, column string }{
		{"list.sortname", l.spec.sortName}, {"list.sortage", l.spec.sortAge}, {"list.sortstatus", l.spec.sortStatus},
	} {
		if column := t.Column(by.column); column >= 0 {
			all = append(all, command{id: by.id, run: ordered(func() { t.Sort(column) })})
		}
	}
	return append(all,
		command{id: "list.sortturn", run: ordered(t.Turn)},
		command{id: "list.sortnext", run: ordered(func() { t.SortNext(1) })},
		command{id: "list.sortprevious", run: ordered(func() { t.SortNext(-1) })},
		command{id: "list.wide", run: do(func() { t.Wide = !t.Wide })},
	)
}

func (l *listScreen[T]) loadOlder() command {
	c := command{id: "list.older", run: do(func() {
		l.spec.older()
		l.data.refresh(l.clock())
	})}
	if !l.spec.more.Load() {
		c.reason = "all " + l.spec.noun + " are loaded"
	}
	return c
}

// do is a command that only changes what is shown.
func do(change func()) func() tea.Cmd {
	return func() tea.Cmd {
		change()
		return nil
	}
}

func (l *listScreen[T]) last() {
	shown, _ := l.table.Counts()
	l.table.MoveTo(shown - 1)
}

// onlyFailing reports whether the filter of the x key is in force.
func (l *listScreen[T]) onlyFailing() bool {
	return l.spec.failing != "" && l.table.Filtered() == l.spec.failing
}

// toggleFailing filters to the failing rows, and back to the filter before. The
// crumbs show it like any filter.
func (l *listScreen[T]) toggleFailing() {
	if l.onlyFailing() {
		_ = l.table.Filter(l.before) // It was in force before.
		return
	}
	l.before = l.table.Filtered()
	_ = l.table.Filter(l.spec.failing) // A constant that parses.
}

// on makes a command for the row under the cursor; without one it says so.
func (l *listScreen[T]) on(id string, hinted bool, reason func(T) string, run func(T) tea.Cmd) command {
	c := command{id: id, hinted: hinted}
	item, ok := l.item()
	switch {
	case !ok && l.table.Gone():
		c.reason = "that row is gone"
	case !ok:
		c.reason = "nothing is under the cursor"
	case reason != nil:
		c.reason = reason(item)
	}
	c.run = func() tea.Cmd { return run(item) }
	return c
}
