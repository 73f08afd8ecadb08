package views

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/views/cells"
)

// contextRow is a context of the configuration as it stands.
type contextRow struct {
	client.Description
	// latency is what half of its newest requests took at most, 0 if there is none.
	latency time.Duration
	// lastError is the newest request that failed, "" if none has.
	lastError string
}

// newContexts is the @ page. There is the context that this console was started
// in.
func newContexts(s *shell) *listScreen[contextRow] {
	return newListScreen(s, listSpec[contextRow]{
		title: "contexts", noun: "contexts", columns: contextColumns,
		id:    func(c contextRow) string { return c.Name },
		load:  func(context.Context) ([]contextRow, error) { return []contextRow{contextOf(s.backend)}, nil },
		every: time.Second,
		commands: func(l *listScreen[contextRow]) []command {
			test := l.on("list.run", true, nil, s.testContext)
			test.label = "test"
			return []command{
				l.on("list.open", true, nil, func(contextRow) tea.Cmd { return s.switchTo(viewFunctions) }),
				test,
				{id: "app.signin", reason: "the local engine needs no sign-in"},
			}
		},
	})
}

func contextOf(b client.Backend) contextRow {
	row := contextRow{Description: b.Describe()}
	tracer, ok := b.(client.Tracer)
	if !ok {
		return row
	}
	var took []time.Duration
	for _, e := range tracer.Trace().Exchanges() {
		switch {
		case e.Open:
		case e.Failure != "":
			row.lastError = cmp.Or(row.lastError, e.Failure)
		default:
			took = append(took, e.Took)
		}
	}
	slices.Sort(took)
	if len(took) > 0 {
		row.latency = took[len(took)/2]
	}
	return row
}

var contextColumns = []listColumn[contextRow]{
	{
		Column: ui.Column{Title: "NAME", Key: "name", Priority: 1, Min: 10, Max: 32},
		cell:   func(c contextRow, _ moment) ui.Cell { return cells.Text(c.Name) },
	},
	{
		Column: ui.Column{Title: "BACKEND", Key: "backend", Priority: 1, Min: 8},
		cell:   func(c contextRow, _ moment) ui.Cell { return cells.Text(c.Kind) },
	},
	{
		Column: ui.Column{Title: "SIGNED IN", Key: "signed", Priority: 2, Min: 10},
		cell:   func(contextRow, moment) ui.Cell { return cells.Dim("not needed") },
	},
	{
		Column: ui.Column{Title: "MODE", Key: "mode", Priority: 2, Min: 9},
		cell:   func(c contextRow, _ moment) ui.Cell { return contextMode(c) },
	},
	{
		Column: ui.Column{Title: "LATENCY", Key: "latency", Priority: 3, Min: 7, Align: ui.AlignRight, Volatile: true},
		cell:   func(c contextRow, at moment) ui.Cell { return cells.Duration(at, c.latency) },
	},
	{
		Column: ui.Column{Title: "HOST", Key: "host", Priority: 3, Min: 10},
		cell:   func(c contextRow, _ moment) ui.Cell { return cells.Dim(c.Endpoint) },
	},
	{
		Column: ui.Column{Title: "LAST ERROR", Key: "error", Priority: 3, Min: 12, Grow: true},
		cell: func(c contextRow, _ moment) ui.Cell {
			return ui.Cell{Text: ui.Clean(cells.FirstLine(c.lastError)), Tone: ui.ToneBad}
		},
	},
}

func contextMode(c contextRow) ui.Cell {
	switch {
	case c.Locked != "" || c.ReadOnly != "":
		return ui.Cell{Text: "read-only", Tone: ui.ToneWarn}
	case c.Protected:
		return ui.Cell{Text: "protected", Tone: ui.ToneWarn}
	}
	return ui.Cell{Text: "open"}
}

// contextTested is the answer of a test.
type contextTested struct {
	name string
	took time.Duration
	err  error
}

// testContext asks a context something small and says how long that took.
func (s *shell) testContext(c contextRow) tea.Cmd {
	ctx, backend, clock := s.ctx, s.backend, s.clock
	return func() tea.Msg {
		began := clock()
		_, err := backend.Calls(ctx, client.CallQuery{Limit: 1})
		return contextTested{name: c.Name, took: clock().Sub(began), err: err}
	}
}

// tellTested says how a test went.
func (s *shell) tellTested(t contextTested) {
	if t.err != nil {
		s.fail("test "+t.name, t.err)
		s.say(client.Explain(t.err).Sentence, ui.ToneBad)
		return
	}
	s.say(fmt.Sprintf("%s answered in %s", t.name, ui.Duration(t.took)), ui.ToneOK)
}
