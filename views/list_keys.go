package views

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
)

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
		command{id: "list.halfdown", run: do(func() { t.HalfPage(1) })},
		command{id: "list.halfup", run: do(func() { t.HalfPage(-1) })},
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
	all = append(all, l.markCommands()...)
	if signIn := l.signInHere(); !slices.ContainsFunc(all, func(c command) bool { return c.id == signIn.id }) {
		all = append(all, signIn)
	}
	return append(all,
		command{id: "list.sortturn", run: ordered(t.Turn)},
		command{id: "list.sortnext", run: ordered(func() { t.SortNext(1) })},
		command{id: "list.sortprevious", run: ordered(func() { t.SortNext(-1) })},
		command{id: "list.wide", run: do(func() { t.Wide = !t.Wide })},
	)
}

// typedAheadFor is how long rows that are near are waited for.
const typedAheadFor = 2 * time.Second

// Awaits implements awaiter.
func (l *listScreen[T]) Awaits() bool {
	last := l.data.Last
	return l.spec.near && last.Err == nil && (!last.Loaded || l.table.Rows() == nil) && l.clock().Sub(l.opened) < typedAheadFor
}

// Click implements pointed: on a title it sorts, on a row it goes there, and there
// it opens.
func (l *listScreen[T]) Click(x, y int) tea.Cmd {
	y -= l.bannered
	if sentence, _ := l.instead(); sentence != "" || y < 0 {
		return nil
	}
	if y == 0 {
		if column := l.table.ColumnAt(x); column >= 0 {
			l.table.Sort(column)
		}
		return l.order()
	}
	index, ok := l.table.RowAt(y)
	if !ok {
		return nil
	}
	if !l.table.Selected(index) || l.table.Gone() {
		l.table.MoveTo(index)
		return nil
	}
	for _, c := range l.Commands() {
		if c.id == "list.open" && c.reason == "" {
			return c.run()
		}
	}
	return nil
}

// Wheel implements pointed.
func (l *listScreen[T]) Wheel(by int) tea.Cmd {
	l.table.Move(by)
	return nil
}

func (l *listScreen[T]) loadOlder() command {
	c := command{id: "list.older", run: do(func() {
		l.spec.older()
		l.data.Refresh()
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
	case !ok && !l.data.Last.Loaded && l.data.Last.Err == nil:
		c.reason = "the " + l.spec.noun + " are still being read"
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
