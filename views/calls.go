package views

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/rows"
	"fndeck/ui"
	"fndeck/ui/chart"
	"fndeck/views/cells"
	"fndeck/views/digest"
	"fndeck/views/forms"
)

// callScope selects calls: of a function, of a schedule, or with the zero value
// all of them.
type callScope struct {
	functionID, scheduleID string
	// name is what the scope is about, for the crumb; cleaned.
	name string
	// since leaves out older calls, zero none.
	since time.Time
}

// callsLoaded is how many calls a list begins with and reads at a time; the key
// for older ones doubles it, and a + behind the count says that there are more.
const callsLoaded = 500

// callPages reads the newest calls, as many as are wanted.
type callPages struct {
	backend client.Backend
	scope   callScope
	wanted  atomic.Int64
	// more says that there are older ones than were read.
	more atomic.Bool
	// endless says that the pages had no end: what came before is listed.
	endless atomic.Bool
}

func (p *callPages) load(ctx context.Context) (rows.List[client.Call], error) {
	query := client.CallQuery{FunctionID: p.scope.functionID, ScheduleID: p.scope.scheduleID}
	var chunks []rows.Chunk
	var pages client.Cursors
	type callKey struct{ function, id string }
	seen := map[callKey]bool{} // a call that comes meanwhile may move others to the next page
	for read, wanted := 0, int(p.wanted.Load()); ; {
		query.Limit = min(callsLoaded, wanted-read)
		page, err := p.backend.Calls(ctx, query)
		if err != nil {
			return rows.List[client.Call]{}, err
		}
		older := func(c client.Call) bool { return c.Started.Before(p.scope.since) }
		again := func(c client.Call) bool {
			key := callKey{c.FunctionID, c.ID}
			if seen[key] {
				return true
			}
			if page.Next != "" && read < wanted { // The last page is followed by none.
				seen[key] = true
			}
			return false
		}
		if last := len(page.Calls) - 1; last >= 0 && older(page.Calls[last]) {
			page.Next = ""
		}
		read, query.Cursor = read+len(page.Calls), page.Next
		calls := slices.DeleteFunc(page.Calls, func(c client.Call) bool { return older(c) || again(c) })
		chunks = rows.AppendChunks(rows.Calls, chunks, calls)
		further, err := pages.Follow(page.Next)
		if err != nil && read == 0 {
			return rows.List[client.Call]{}, err
		}
		if p.endless.Store(err != nil); !further || read >= wanted {
			p.more.Store(further)
			return rows.Packed(rows.Calls, chunks), nil
		}
	}
}

// banner is the line over the list.
func (p *callPages) banner(around []client.Call, at moment, width int) string {
	if p.endless.Load() {
		return "  " + at.Theme.Warn.Render(ui.Truncate("the pages of this list have no end: what came before is shown", width-2))
	}
	return latencyLine(around, at, width)
}

// newCalls is the list of calls.
func newCalls(s *shell, scope callScope) *listScreen[client.Call] {
	title := "calls"
	pages := &callPages{backend: s.backend, scope: scope}
	pages.wanted.Store(callsLoaded)
	if scope.name != "" {
		title += " " + scope.name
	}
	spec := listSpec[client.Call]{
		title: title, noun: "calls",
		columns: withContext(s, callColumns(scope), func(c client.Call) string { return c.Context }),
		id:      func(c client.Call) string { return c.ID },
		list:    pages.load,
		more:    &pages.more, kinds: []string{"call"}, unscoped: viewCalls,
		running: func(c client.Call) bool { return !c.Status.Ended() },
		ages:    true,
		empty:   "No calls yet.  " + s.keys.Key("functions.call") + " on a function calls it",
		sortAge: "started", sortStatus: "status", sortName: "function",
		failing: "status:/Failed|Timeout/",
		older:   func() { pages.wanted.Store(2 * pages.wanted.Load()) },
		banner:  pages.banner,
		compare: func(a, b client.Call) tea.Cmd {
			if a.Started.After(b.Started) {
				a, b = b, a
			}
			return s.open(newComparison(s, a, b))
		},
		commands: func(l *listScreen[client.Call]) []command { return callListCommands(s, l) },
	}
	if scope.functionID != "" {
		spec.empty = "No calls yet.  " + s.keys.Key("functions.call") + " calls it now"
	}
	if scope.scheduleID != "" {
		spec.empty = "This schedule has made no calls yet."
	}
	return newListScreen(s, spec)
}

func callColumns(scope callScope) []listColumn[client.Call] {
	columns := []listColumn[client.Call]{
		{
			Column: ui.Column{Title: "STATUS", Key: "status", Priority: 1, Min: 11},
			cell:   func(c client.Call, at moment) ui.Cell { return cells.State(at, string(c.Status), 0) },
		},
		{
			Column: ui.Column{Title: "STARTED", Key: "started", Priority: 1, Min: 8, Down: true, Own: true, Made: true, Volatile: true},
			cell:   func(c client.Call, at moment) ui.Cell { return ui.Cell{Text: cells.Clock(c.Started, at)} },
			text:   func(c *client.Call, at *moment) string { return at.Clock(c.Started) },
			key:    func(c client.Call) int64 { return -c.Started.UnixMicro() },
			span:   func(c client.Call, at moment) (time.Duration, bool) { return ago(c.Started, at) },
		},
		{
			Column: ui.Column{Title: "DURATION", Key: "duration", Priority: 1, Min: 8, Align: ui.AlignRight, Own: true, Made: true},
			cell:   func(c client.Call, at moment) ui.Cell { return callDuration(&c, &at) },
			text:   func(c *client.Call, at *moment) string { return callDuration(c, at).Text },
			key:    func(c client.Call) int64 { return int64(c.Duration) },
		},
		{
			Column: ui.Column{Title: "ID", Key: "id", Priority: 2, Min: 6, Max: 20, Own: true},
			cell:   func(c client.Call, _ moment) ui.Cell { return cells.Dim(c.ID) },
			text:   func(c *client.Call, _ *moment) string { return ui.Clean(c.ID) },
		},
	}
	if scope.functionID == "" {
		columns = append(columns, listColumn[client.Call]{
			Column: ui.Column{Title: "FUNCTION", Key: "function", Priority: 2, Min: 12, Max: 32, Own: true},
			cell:   func(c client.Call, _ moment) ui.Cell { return cells.Text(cmp.Or(c.FunctionName, c.FunctionID)) },
			text:   func(c *client.Call, _ *moment) string { return ui.Clean(cmp.Or(c.FunctionName, c.FunctionID)) },
		})
	}
	return append(columns,
		listColumn[client.Call]{
			Column: ui.Column{Title: "TRIGGER", Key: "trigger", Priority: 2, Min: 8, Max: 24},
			cell:   func(c client.Call, _ moment) ui.Cell { return cells.Dim(trigger(c)) },
		},
		listColumn[client.Call]{
			Column: ui.Column{Title: "RESULT", Key: "result", Priority: 2, Min: 14, Grow: true, Own: true},
			cell:   func(c client.Call, _ moment) ui.Cell { return callResult(&c) },
			text:   func(c *client.Call, _ *moment) string { return callResult(c).Text },
		},
		listColumn[client.Call]{
			Column: ui.Column{Title: "VERSION", Key: "version", Priority: 3, Min: 7},
			cell:   func(c client.Call, at moment) ui.Cell { return versionCell(at, c.Version) },
			key:    func(c client.Call) int64 { return int64(c.Version) },
		},
		listColumn[client.Call]{
			Column: ui.Column{Title: "LOG", Key: "log", Priority: 4, Min: 5, Align: ui.AlignRight},
			cell:   func(c client.Call, at moment) ui.Cell { return cells.Count(at, c.LogLines) },
		},
		listColumn[client.Call]{
			Column: ui.Column{Title: "MEM", Key: "mem", Priority: 4, Min: 7, Align: ui.AlignRight, Own: true, Made: true},
			cell:   func(c client.Call, at moment) ui.Cell { return callMemory(&c, &at) },
			text:   func(c *client.Call, at *moment) string { return callMemory(c, at).Text },
		},
	)
}

// callMemory is the call's own peak, or that of a worker which had calls before.
func callMemory(c *client.Call, at *moment) ui.Cell {
	cell := cells.Size(*at, c.MaxRSSBytes)
	if c.Warm && c.MaxRSSBytes > 0 {
		cell.Text = "peak " + cell.Text
	}
	return cell
}

// callDuration counts up while the call runs.
func callDuration(c *client.Call, at *moment) ui.Cell {
	if c.Status.Ended() {
		return cells.Duration(*at, c.Duration)
	}
	return ui.Cell{Text: ui.Elapsed(max(0, at.Now.Sub(c.Started))), Tone: ui.ToneInfo, Steady: "running"}
}

func trigger(c client.Call) string {
	switch {
	case c.ScheduleName != "":
		return c.ScheduleName
	case c.ScheduleID != "":
		return "schedule " + c.ScheduleID
	}
	return "manual"
}

// callResult is the first line of what was returned, or of the error.
func callResult(c *client.Call) ui.Cell {
	if c.Error != nil {
		return ui.Cell{Text: ui.Clean(cells.FirstLine(c.Error.Message)), Tone: ui.ToneBad}
	}
	return cells.Text(cells.FirstLine(c.Preview))
}

func versionCell(at moment, n int) ui.Cell {
	if n == 0 {
		return cells.None(at)
	}
	return ui.Cell{Text: fmt.Sprintf("v%d", n)}
}

func callListCommands(s *shell, l *listScreen[client.Call]) []command {
	able := func(a action.Action) func(client.Call) string {
		return func(c client.Call) string {
			f := s.functionOf(c)
			return s.reason(a, action.Target{Function: &f})
		}
	}
	return []command{
		l.on("list.open", true, nil, func(c client.Call) tea.Cmd { return s.open(newCallPage(s, c)) }),
		l.on("list.logs", true, nil, func(c client.Call) tea.Cmd {
			return s.open(newLogs(s, callLog(c)))
		}),
		l.on("functions.call", true, able(action.Invoke), func(c client.Call) tea.Cmd { return s.call(s.functionOf(c), c.ID) }),
		l.on("functions.repeat", true, able(action.Invoke), func(c client.Call) tea.Cmd { return s.repeat(s.functionOf(c), c.ID) }),
		l.on("functions.redeploy", true, able(action.Redeploy), func(c client.Call) tea.Cmd { return s.redeploy(s.functionOf(c)) }),
		each(l, l.on("calls.cancel", false, s.uncancellable, s.cancelCall), action.CancelCall,
			func(c client.Call) action.Target { return action.Target{Call: &c} }),
		l.on("calls.archive", false, able(action.ArchiveCalls), func(c client.Call) tea.Cmd { return s.archiveCalls(s.functionOf(c)) }),
		l.on("list.describe", false, nil, func(c client.Call) tea.Cmd { return s.open(newCallPage(s, c)) }),
	}
}

// uncancellable is why a call cannot be cancelled.
func (s *shell) uncancellable(c client.Call) string {
	return s.reason(action.CancelCall, action.Target{Call: &c})
}

func (s *shell) cancelCall(c client.Call) tea.Cmd {
	return s.start(forms.RunAction{Action: action.CancelCall, Target: action.Target{Call: &c}})
}

// functionOf is a call's function as far as it is known.
func (s *shell) functionOf(c client.Call) client.Function {
	if f, ok := s.functionByID(c.FunctionID); ok {
		return f
	}
	return client.Function{ID: c.FunctionID, Name: cmp.Or(c.FunctionName, c.FunctionID), Schedules: -1}
}

// latencyLine sums up calls, however they are sorted: a bar for how long each took, the
// newest at the right, then what they have in common.
func latencyLine(calls []client.Call, at moment, width int) string {
	calls = slices.SortedStableFunc(slices.Values(calls), func(a, b client.Call) int { return b.Started.Compare(a.Started) })
	sum, tail := digest.Of(calls), ""
	if sum.Ended > 0 {
		tail = at.Theme.Dim.Render("  p50 " + ui.Duration(sum.P50) + "  p95 " + ui.Duration(sum.P95))
	}
	if sum.Failed > 0 {
		text := fmt.Sprintf("  %d of %d failed", sum.Failed, sum.Ended)
		if sum.Streak > 1 {
			text += fmt.Sprintf(", the last %d in a row", sum.Streak)
		}
		tail += at.Theme.Bad.Render(text)
	}
	took := make([]float64, max(0, min(len(calls), width-ui.Width(tail)-2)))
	for i := range took {
		took[i] = float64(calls[i].Duration)
	}
	var b strings.Builder
	bars := chart.Bars(took)
	for n := len(bars); n > 0; { // The bars of one colour at once: a style costs as much for one.
		from, style := n-1, at.Theme.Info
		for from > 0 && digest.Failed(calls[from-1]) == digest.Failed(calls[n-1]) {
			from--
		}
		if digest.Failed(calls[from]) {
			style = at.Theme.Bad
		}
		slices.Reverse(bars[from:n])
		b.WriteString(style.Render(string(bars[from:n])))
		n = from
	}
	return "  " + b.String() + tail
}
