package views

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
)

// failuresMost bounds the list of errors; the oldest go.
const failuresMost = 500

// failure is one error as the ! page shows it; equal ones fold into one.
type failure struct {
	id        int
	context   string
	operation string
	at        time.Time
	count     int
	explained client.Explanation
}

// errorLog is everything that has failed in this console since it began, which
// is not what has failed in functions. It is touched
// from the update loop only, except that the page reads the published copy.
type errorLog struct {
	clock  func() time.Time
	since  time.Time
	list   []failure // newest first
	nextID int
	unseen int
	// published is the list as it stood after the newest failure; it never
	// changes.
	published atomic.Pointer[[]failure]
}

func newErrorLog(clock func() time.Time) *errorLog { return &errorLog{clock: clock, since: clock()} }

// add keeps a failure. A cancelled operation is no failure.
func (e *errorLog) add(where, operation string, err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	defer e.publish()
	x := client.Explain(err)
	same := func(f failure) bool {
		return f.context == where && f.operation == operation && f.explained.Sentence == x.Sentence
	}
	if i := slices.IndexFunc(e.list, same); i >= 0 {
		f := e.list[i]
		f.at, f.explained, f.count = e.clock(), x, f.count+1
		e.list = append([]failure{f}, slices.Delete(e.list, i, i+1)...)
		return // What repeats is not news.
	}
	e.nextID++
	if !errors.Is(err, client.ErrUnsupported) { // What a backend never could is no news.
		e.unseen++
	}
	e.list = append([]failure{{id: e.nextID, context: where, operation: operation, at: e.clock(), count: 1, explained: x}}, e.list...)
	e.list = e.list[:min(len(e.list), failuresMost)]
}

func (e *errorLog) publish() {
	kept := slices.Clone(e.list)
	e.published.Store(&kept)
}

// all is the published list; it may be called from any goroutine.
func (e *errorLog) all() []failure {
	if kept := e.published.Load(); kept != nil {
		return *kept
	}
	return nil
}

func (e *errorLog) unread() int { return e.unseen }
func (e *errorLog) read()       { e.unseen = 0 }

// newErrors is the ! page.
func newErrors(s *shell) *listScreen[failure] {
	return newListScreen(s, listSpec[failure]{
		title: "errors", noun: "errors",
		id:   func(f failure) string { return fmt.Sprint(f.id) },
		load: func(context.Context) ([]failure, error) { return s.errors.all(), nil },
		ages: true, sortAge: "time",
		empty: fmt.Sprintf("No error in this console since %s.  %s, then %s shows failed calls",
			s.errors.since.In(s.zone).Format("15:04"), s.keys.Key("view.calls"), s.keys.Key("list.failing")),
		columns: []listColumn[failure]{
			{
				Column: ui.Column{Title: "TIME", Key: "time", Priority: 1, Min: 8, Down: true, Volatile: true},
				cell: func(f failure, at moment) ui.Cell {
					return ui.Cell{Text: f.at.In(at.Zone).Format("15:04:05"), Tone: ui.ToneDim}
				},
				order: func(a, b failure) int { return a.at.Compare(b.at) },
				span:  func(f failure, at moment) (time.Duration, bool) { return ago(f.at, at) },
			},
			{
				Column: ui.Column{Title: "SENTENCE", Key: "sentence", Priority: 1, Min: 46, Grow: true},
				cell: func(f failure, _ moment) ui.Cell {
					return ui.Cell{Text: ui.Clean(f.explained.Sentence), Tone: ui.ToneBad}
				},
			},
			{
				Column: ui.Column{Title: "COUNT", Key: "count", Priority: 2, Min: 5, Align: ui.AlignRight},
				cell: func(f failure, at moment) ui.Cell {
					if f.count == 1 {
						return ui.Cell{}
					}
					return ui.Cell{Text: fmt.Sprintf("%s%d", at.Theme.Glyph('×'), f.count)}
				},
				order: func(a, b failure) int { return a.count - b.count },
			},
			{
				Column: ui.Column{Title: "CONTEXT", Key: "context", Priority: 2, Min: 7},
				cell:   func(f failure, _ moment) ui.Cell { return ui.Cell{Text: ui.Clean(f.context), Tone: ui.ToneDim} },
			},
			{
				Column: ui.Column{Title: "OPERATION", Key: "operation", Priority: 3, Min: 14},
				cell:   func(f failure, _ moment) ui.Cell { return ui.Cell{Text: ui.Clean(f.operation), Tone: ui.ToneDim} },
			},
			{
				Column: ui.Column{Title: "REQUEST ID", Key: "request", Priority: 4, Min: 10},
				cell:   func(f failure, _ moment) ui.Cell { return ui.Cell{Text: ui.Clean(f.explained.RequestID)} },
			},
		},
		commands: func(l *listScreen[failure]) []command {
			return []command{l.on("list.open", true, nil, func(f failure) tea.Cmd { return s.open(newFailurePage(s, f)) })}
		},
	})
}

// newFailurePage shows one failure with its cause chain.
func newFailurePage(s *shell, f failure) *pageScreen[failure] {
	return newPage(s, pageSpec[failure]{
		title: "error",
		tabs:  []string{"Error"},
		load:  func(context.Context) (failure, error) { return f, nil },
		build: func(f failure, at moment) ([]pageTab, error) {
			facts := []ui.Fact{
				{Label: "what", Value: f.explained.Sentence, Tone: ui.ToneBad},
				{Label: "what to do", Value: f.explained.Hint},
				{Label: "when", Value: fullTime(f.at, at.Zone)},
				{Label: "times", Value: fmt.Sprint(f.count)},
				{Label: "doing", Value: f.operation},
				{Label: "context", Value: f.context},
				{Label: "class", Value: string(f.explained.Code)},
				{Label: "status", Value: nonZero(f.explained.Status)},
				{Label: "request id", Value: f.explained.RequestID},
				{Label: "trace id", Value: f.explained.TraceID},
			}
			if len(f.explained.Causes) > 0 {
				facts = append(facts, ui.Fact{Label: "because", Value: strings.Join(f.explained.Causes, "\n")})
			}
			return factTabs(s.stateDir, known(facts))
		},
		commands: func(*pageScreen[failure]) []command {
			id := f.explained.RequestID
			reason := ""
			if id == "" {
				reason = "this error has no request id"
			}
			return []command{{id: "list.open", label: "its request", hinted: true, reason: reason, run: func() tea.Cmd {
				trace := newTrace(s)
				if err := trace.table.Filter(strconv.Quote("request:" + id)); err != nil {
					s.say("no request has the id "+ui.Clean(id), ui.ToneWarn)
				}
				return s.open(trace)
			}}}
		},
	})
}

// known drops the facts that have no value.
func known(facts []ui.Fact) []ui.Fact {
	return slices.DeleteFunc(facts, func(f ui.Fact) bool { return f.Label != "" && f.Value == "" })
}

func nonZero(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// fullTime is a time in the display zone with the zone said, and in UTC.
func fullTime(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	local := t.In(zone)
	if _, offset := local.Zone(); offset == 0 {
		return t.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	return local.Format("2006-01-02 15:04:05 MST") + "  (" + t.UTC().Format("15:04:05 UTC") + ")"
}
