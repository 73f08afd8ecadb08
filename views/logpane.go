package views

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/views/logread"
)

// logScope is what a log screen shows: one call, one deploy's build output, one
// function, or with the zero value everything.
type logScope struct {
	query client.LogQuery
	// name is what the scope is about, for the crumb.
	name string
	// build says that these are the lines of a deploy.
	build bool
}

// whole reports whether the scope is a log of its own, which is worth reading
// from its beginning; the others may be the history of everything.
func (s logScope) whole() bool { return s.query.CallID != "" || s.query.DeployID != "" }

// How many lines of the past a log begins with: its end is on the screen at once,
// however long it is. The lines of one call may be long.
const (
	tailOfOne  = 100
	tailOfMany = 9_999
	// tailGrows is how many times more a log of many calls reads when the operator
	// comes to its first line.
	tailGrows = 10
)

func (s logScope) tail() int {
	if s.whole() {
		return tailOfOne
	}
	return tailOfMany
}

// logPane shows a log: its end first, then what comes. It begins when it is
// shown and stops when it is hidden; coming back it goes on after the last line
// that it has. Older lines are read when the operator goes for them.
type logPane struct {
	shell *shell
	scope logScope
	view  *ui.LogView
	dir   string
	owner Screen
	err   error
	ended bool
	at    logread.Place
	tail  int
	older *olderLines
	// sources are those that were chosen, nil if none were.
	sources []string

	cancel context.CancelFunc
	notes  chan logread.Grown
}

// olderLines is a log that is being read anew from an earlier line on. It takes
// the place of what is shown when it has come as far, or at once where the
// operator has gone to the top.
type olderLines struct {
	buffer         *ui.LogBuffer
	whole, atOnce  bool
	taken, standIn bool
	// cut says that they begin where the operator wants them to.
	cut bool
	// shift is how much later the lines stand than those they took the place of.
	shift int
}

func newLogPane(s *shell, scope logScope) *logPane {
	p := &logPane{shell: s, scope: scope, dir: s.stateDir, tail: scope.tail(), view: ui.NewLogView(ui.NewLogBuffer(s.stateDir), s.zone)}
	p.view.ShowSource = scope.query.FunctionID == "" && !scope.whole()
	return p
}

// start reads and follows on, unless the log has ended or is being read.
func (p *logPane) start(d deps, owner Screen) tea.Cmd {
	if p.cancel != nil || p.ended {
		return nil
	}
	p.owner = owner
	query := p.scope.query
	query.After = p.at.After
	if p.at.After > 0 {
		return p.read(d, &logread.Reading{Query: query, Buffer: p.view.Buffer, Grown: logread.Grown{At: p.at}})
	}
	query.Tail = p.tail
	if p.view.Buffer.Len() == 0 {
		return p.read(d, &logread.Reading{Query: query, Buffer: p.view.Buffer})
	}
	// Lines without a position cannot be gone on from: they are read again.
	p.older = &olderLines{buffer: ui.NewLogBuffer(p.dir), atOnce: true, standIn: true}
	return p.read(d, &logread.Reading{Query: query, Buffer: p.older.buffer})
}

// loadOlder reads the log anew from an earlier line on: from its beginning where
// whole is set, else somewhat more of it. atOnce shows its top as soon as there
// is one.
func (p *logPane) loadOlder(d deps, whole, atOnce bool) tea.Cmd {
	if !p.at.Partial || p.owner == nil {
		return nil
	}
	if o := p.older; o != nil && (o.whole || !whole) && (o.atOnce || !atOnce) {
		return nil
	}
	query := p.scope.query
	if !whole {
		// What came since may be more than what was read.
		p.tail = max(p.tail, p.view.Buffer.Len()) * tailGrows
		query.Tail = p.tail
	}
	return p.readOlder(d, query, &olderLines{whole: whole, atOnce: atOnce})
}

// loadSince reads the lines since the time before which they are hidden, if they
// are not there.
func (p *logPane) loadSince(d deps) tea.Cmd {
	begin, oldest := p.view.Begin(), p.view.Oldest()
	there := !oldest.IsZero() && oldest.Before(begin)
	coming := p.older != nil && p.older.whole
	if begin.IsZero() || there || coming || !p.at.Partial || p.owner == nil {
		return nil
	}
	query := p.scope.query
	query.Since = begin
	return p.readOlder(d, query, &olderLines{cut: true})
}

func (p *logPane) readOlder(d deps, query client.LogQuery, o *olderLines) tea.Cmd {
	p.stop()
	o.buffer = ui.NewLogBuffer(p.dir)
	p.older, p.view.Loading = o, true
	return p.read(d, &logread.Reading{Query: query, Buffer: o.buffer, From: p.at.First, Until: p.at.After})
}

// goTop goes to the first line, and reads the log from its beginning if that is
// not there.
func (p *logPane) goTop(d deps) tea.Cmd {
	p.view.Top()
	if p.view.Limited() {
		return nil
	}
	return p.loadOlder(d, true, true)
}

// goUp scrolls up by some rows, and reads more where the first line is reached.
func (p *logPane) goUp(d deps, scroll func()) tea.Cmd {
	scroll()
	if !p.view.AtTop() || p.view.Limited() {
		return nil
	}
	return p.loadOlder(d, p.scope.whole(), false)
}

// search looks for text. A log of its own is searched whole; of many calls what
// is loaded.
func (p *logPane) search(d deps, text string) (tea.Cmd, error) {
	if err := p.view.Search(text); err != nil {
		return nil, err
	}
	var older tea.Cmd
	if text != "" && p.scope.whole() {
		older = p.loadOlder(d, true, false)
	}
	return tea.Batch(p.scan(), older), nil
}

// read begins to read; what it finds comes as notes.
func (p *logPane) read(d deps, r *logread.Reading) tea.Cmd {
	ctx, cancel := context.WithCancel(d.ctx)
	p.cancel, p.notes = cancel, make(chan logread.Grown, 1)
	r.Grown.Notes = p.notes
	owner, backend := p.owner, d.backend
	work := func() tea.Msg {
		err := r.Run(ctx, backend)
		if ctx.Err() != nil {
			return nil
		}
		r.Grown.Over, r.Grown.Err = true, err
		return screenMsg{owner: owner, body: r.Grown}
	}
	return tea.Batch(work, p.wait(ctx, 0))
}

// The least time from one take of new lines to the next: each is a frame in which
// every row of the log moves. Where a take leaves none of the rows that were there,
// nobody reads them, and each frame costs what a whole screen does.
const (
	betweenTakes = 40 * time.Millisecond
	betweenTurns = 80 * time.Millisecond
)

// rest is how long to wait after a take.
func (p *logPane) rest() time.Duration {
	if p.view.Turned() {
		return betweenTurns
	}
	return betweenTakes
}

// wait is the one command that waits for new lines, after a pause: the note that
// it finds then is of all the lines that came meanwhile.
func (p *logPane) wait(ctx context.Context, pause time.Duration) tea.Cmd {
	notes, owner := p.notes, p.owner
	return func() tea.Msg {
		rested := time.NewTimer(pause)
		defer rested.Stop()
		select {
		case <-ctx.Done():
			return nil
		case <-rested.C:
		}
		select {
		case <-ctx.Done():
			return nil
		case note := <-notes:
			return screenMsg{owner: owner, body: waiting{note: note, ctx: ctx}}
		}
	}
}

// waiting is a note with the hold that asked for it.
type waiting struct {
	note logread.Grown
	ctx  context.Context
}

// stop ends the reading; what is shown stays.
func (p *logPane) stop() {
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
	}
	if p.older != nil && !p.older.taken {
		_ = p.older.buffer.Close() // A file without a name; nothing is lost with it.
	}
	p.older, p.view.Loading = nil, false
}

// discard gives back what the pane holds.
func (p *logPane) discard() {
	p.stop()
	_ = p.view.Buffer.Close() // As above.
}

// giveUp stops the reading of older lines and follows on; false if none are
// being read.
func (p *logPane) giveUp(d deps) (tea.Cmd, bool) {
	if p.older == nil || p.older.taken {
		return nil, false
	}
	p.stop()
	return p.start(d, p.owner), true
}

// stopOrShow stops the reading of older lines, else shows again what is hidden;
// it says what it did, "" if there was nothing to do.
func (p *logPane) stopOrShow(d deps) (string, tea.Cmd) {
	if cmd, stopped := p.giveUp(d); stopped {
		return "stopped loading older lines", cmd
	}
	if !p.view.Limited() {
		return "", nil
	}
	p.view.ShowAll()
	return "no lines are hidden any more", nil
}

// about is for the crumbs: the zone of the times, and the moment before which lines
// are hidden if one is set.
func (p *logPane) about(now time.Time) string {
	var parts []string
	if begin := p.view.Begin(); !begin.IsZero() {
		parts = append(parts, "since "+begin.In(p.view.Zone).Format("2 Jan 15:04:05"))
	}
	if p.view.Times == ui.TimeShort || p.view.Times == ui.TimeFull {
		parts = append(parts, now.In(p.view.Zone).Format("MST"))
	}
	return strings.Join(parts, ", ")
}

// update takes a note or a step of the search.
func (p *logPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case waiting:
		if msg.note.Notes != p.notes || p.cancel == nil {
			return nil
		}
		p.take(msg.note)
		return tea.Batch(p.wait(msg.ctx, p.rest()), p.scan())
	case logread.Grown:
		if msg.Notes != p.notes || p.cancel == nil {
			return nil
		}
		p.take(msg)
		p.stop()
		p.ended = msg.Err == nil && !msg.Unfollowed
		p.view.Ended, p.view.Unfollowed = p.ended, msg.Unfollowed
		return p.scan()
	case previousFound:
		return p.openPrevious(p.shell, msg)
	case logScanned:
		if msg.pane == p {
			p.view.Found(msg.step)
		}
		return p.scan()
	}
	return nil
}

func (p *logPane) take(note logread.Grown) {
	p.err = note.Err
	if p.view.Loading {
		p.view.Sync() // while it still is: what has come so far is no news
	}
	if o := p.older; o != nil {
		if !p.replace(o, note) {
			return
		}
		note.At.Partial = note.At.Partial || o.cut || !o.whole && !o.standIn && note.Shift > 0
	} else {
		note.At.Partial = note.At.Partial || p.at.Partial
	}
	p.at, p.view.Partial = note.At, note.At.Partial
	p.view.Sync()
}

// replace lets the older lines take the place of what is shown, when it is time;
// false while it is not.
func (p *logPane) replace(o *olderLines, note logread.Grown) bool {
	caught := note.Caught || note.Over && note.Err == nil
	if !o.taken {
		if !caught && !(o.atOnce && o.buffer.Len() > 0) {
			return false
		}
		if err := p.view.Swap(o.buffer, note.Shift); err != nil {
			p.err = err
		}
		o.taken, o.shift = true, note.Shift
		if o.atOnce && !o.standIn {
			p.view.Follow() // What was paused is not there any more.
			p.view.Top()
		}
	}
	if more := note.Shift - o.shift; more > 0 {
		p.view.Shift(more)
		o.shift = note.Shift
	}
	p.view.Loading = !caught && !o.standIn
	return true
}

// scan runs the next step of the search outside the update loop.
func (p *logPane) scan() tea.Cmd {
	step, owner := p.view.ScanStep(), p.owner
	if step == nil {
		return nil
	}
	return func() tea.Msg { return screenMsg{owner: owner, body: logScanned{pane: p, step: step()}} }
}

// logScanned brings a step of a pane's search.
type logScanned struct {
	pane *logPane
	step ui.Scanned
}
