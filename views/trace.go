package views

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/views/cells"
	"fndeck/views/standing"
)

// newTrace is the # page: the requests of this console to its backend, or to all that
// it shows side by side. Its own
// rows come from memory, so looking at it sends nothing.
func newTrace(s *shell) *listScreen[client.Exchange] {
	spec := listSpec[client.Exchange]{
		title: "requests", noun: "requests", columns: withContext(s, exchangeColumns, func(e client.Exchange) string { return e.Context }),
		id:      exchangeID,
		every:   time.Second,
		empty:   "No requests yet in this context.",
		failing: "status:/^[45]|failed/",
		sortAge: "time", sortStatus: "status", sortName: "path",
		copied: func(e client.Exchange) []ui.Fact { return []ui.Fact{{Label: "CURL", Value: s.curl(e)}} },
	}
	traces := client.Traces(s.backend)
	spec.commands = func(l *listScreen[client.Exchange]) []command {
		return []command{
			l.on("list.open", true, nil, func(e client.Exchange) tea.Cmd { return s.open(newExchangePage(s, traces, e)) }),
			l.on("list.copycurl", true, nil, func(e client.Exchange) tea.Cmd { return copyText(s, "curl command", s.curl(e)) }),
			{id: "trace.bodies", run: do(func() { s.keepBodies(traces) })},
		}
	}
	if len(traces) == 0 {
		spec.missing = "this backend keeps no list of its requests"
		return newListScreen(s, spec)
	}
	spec.load = func(context.Context) ([]client.Exchange, error) { return client.Exchanges(traces), nil }
	return newListScreen(s, spec)
}

// keepBodies has the bodies of requests kept from now on, or no more.
func (s *shell) keepBodies(traces []client.ContextTrace) {
	on := false
	for _, t := range traces {
		on = on || !t.KeepsBodies()
	}
	for _, t := range traces {
		t.KeepBodies(on)
	}
	if on {
		s.say("bodies are kept from now on, up to 64 KiB each, with their secrets masked", ui.ToneInfo)
		return
	}
	s.say("bodies are kept no more", ui.ToneInfo)
}

// newExchangePage shows one request: what was sent and what came back, with the
// headers. The bodies are there if they were kept when it was sent.
func newExchangePage(s *shell, traces []client.ContextTrace, e client.Exchange) *pageScreen[client.Detail] {
	return newPage(s, pageSpec[client.Detail]{
		title: "request " + exchangeID(e), tabs: []string{"Request", "Sent", "Received"},
		load: func(context.Context) (client.Detail, error) {
			for _, t := range traces {
				if d, ok := t.Detail(e.ID); ok && t.Context == e.Context {
					d.Context = e.Context
					return d, nil
				}
			}
			return client.Detail{}, &client.Error{Code: client.CodeNotFound, Message: "request " + exchangeID(e) + " is not remembered any more"}
		},
		every: time.Second, // An answer may not have ended yet, and reading memory costs nothing.
		build: func(d client.Detail, at moment) ([]pageTab, error) {
			tabs, err := factTabs(s.stateDir, exchangeFacts(d, at))
			for _, m := range []client.Message{d.Asked, d.Answered} {
				var body pageTab
				if err == nil {
					body, err = jsonTab(s.stateDir, json.RawMessage(m.Body), s.bodyless(m))
				}
				tabs = append(tabs, body)
			}
			return tabs, err
		},
		commands: func(*pageScreen[client.Detail]) []command {
			return []command{
				{id: "list.copycurl", hinted: true, run: func() tea.Cmd { return copyText(s, "curl command", s.curl(e)) }},
				{id: "trace.bodies", run: do(func() { s.keepBodies(traces) })},
			}
		},
	})
}

// bodyless says why there is no body to read.
func (s *shell) bodyless(m client.Message) string {
	return "Body: " + ui.Clean(m.Bodyless) + ".  :bodies keeps those of requests from then on, and stops again."
}

// exchangeFacts are what is known of a request, and the headers both ways.
func exchangeFacts(d client.Detail, at moment) []ui.Fact {
	status, took := exchangeStatus(d.Exchange, at), exchangeTook(d.Exchange, at).Text
	if !d.Open {
		took += " ms"
	}
	facts := known([]ui.Fact{
		{Label: "request", Value: d.Method + " " + d.Path},
		{Label: "status", Value: status.Text, Tone: status.Tone},
		{Label: "because", Value: d.Failure, Tone: ui.ToneBad},
		{Label: "context", Value: d.Context},
		{Label: "when", Value: fullTime(d.Time, at.Zone)},
		{Label: "took", Value: took},
		{Label: "try", Value: strconv.Itoa(d.Try)},
		{Label: "sent", Value: sentSize(d.Sent)},
		{Label: "received", Value: ui.Bytes(d.Received)},
		{Label: "request id", Value: d.RequestID},
	})
	for _, half := range []struct {
		title string
		lines []client.HeaderLine
	}{{"Sent headers", d.Asked.Header}, {"Received headers", d.Answered.Header}} {
		if len(half.lines) == 0 {
			continue
		}
		facts = append(facts, ui.Fact{}, ui.Fact{Value: half.title, Tone: ui.ToneDim})
		for _, line := range half.lines {
			facts = append(facts, ui.Fact{Value: line.Name + ": " + line.Value})
		}
	}
	return facts
}

func sentSize(n int64) string {
	if n < 0 {
		return "not known"
	}
	return ui.Bytes(n)
}

// awaitedAfter is how long is waited until the request is named that has no answer.
const awaitedAfter = 10 * time.Second

// awaited is the newest request that has no answer yet, for who has waited for long.
func (s *shell) awaited(waited time.Duration) string {
	if waited < awaitedAfter {
		return ""
	}
	for _, e := range client.Exchanges(client.Traces(s.backend)) {
		if e.Open && e.Status == 0 {
			return ".  No answer yet to " + standing.Of(e.Context, ui.Clean(e.Method+" "+e.Path))
		}
	}
	return ""
}

// exchangeID begins with the context, as all ids do where several are shown.
func exchangeID(e client.Exchange) string {
	id := strconv.FormatInt(e.ID, 10)
	if e.Context == "" {
		return id
	}
	return e.Context + ":" + id
}

var exchangeColumns = []listColumn[client.Exchange]{
	{
		Column: ui.Column{Title: "STATUS", Key: "status", Priority: 1, Min: 7},
		cell:   exchangeStatus,
		order:  func(a, b client.Exchange) int { return cmp.Compare(b.Status, a.Status) },
	},
	{
		Column: ui.Column{Title: "METHOD", Key: "method", Priority: 1, Min: 6},
		cell:   func(e client.Exchange, _ moment) ui.Cell { return cells.Text(e.Method) },
	},
	{
		Column: ui.Column{Title: "PATH", Key: "path", Priority: 1, Min: 20, Grow: true},
		cell:   func(e client.Exchange, _ moment) ui.Cell { return cells.Text(e.Path) },
	},
	{
		Column: ui.Column{Title: "MS", Key: "ms", Priority: 2, Min: 5, Align: ui.AlignRight},
		cell:   func(e client.Exchange, at moment) ui.Cell { return exchangeTook(e, at) },
		order:  func(a, b client.Exchange) int { return cmp.Compare(b.Took, a.Took) },
	},
	{
		Column: ui.Column{Title: "TIME", Key: "time", Priority: 2, Min: 8, Down: true},
		cell:   func(e client.Exchange, at moment) ui.Cell { return cells.Dim(e.Time.In(at.Zone).Format("15:04:05")) },
		order:  func(a, b client.Exchange) int { return b.Time.Compare(a.Time) },
	},
	{
		Column: ui.Column{Title: "TRY", Key: "try", Priority: 3, Min: 3, Align: ui.AlignRight},
		cell:   func(e client.Exchange, _ moment) ui.Cell { return ui.Cell{Text: strconv.Itoa(e.Try)} },
		order:  func(a, b client.Exchange) int { return cmp.Compare(b.Try, a.Try) },
	},
	{
		Column: ui.Column{Title: "BYTES", Key: "bytes", Priority: 3, Min: 7, Align: ui.AlignRight},
		cell:   func(e client.Exchange, at moment) ui.Cell { return cells.Size(at, e.Received) },
		order:  func(a, b client.Exchange) int { return cmp.Compare(b.Received, a.Received) },
	},
	{
		Column: ui.Column{Title: "REQUEST ID", Key: "request", Priority: 4, Min: 10},
		cell:   func(e client.Exchange, _ moment) ui.Cell { return cells.Dim(e.RequestID) },
	},
}

func exchangeStatus(e client.Exchange, _ moment) ui.Cell {
	switch {
	case e.Failure != "":
		return ui.Cell{Text: "failed", Tone: ui.ToneBad}
	case e.Status == 0:
		return ui.Cell{Text: "waiting", Tone: ui.ToneInfo}
	case e.Status >= http.StatusBadRequest:
		return ui.Cell{Text: strconv.Itoa(e.Status), Tone: ui.ToneBad}
	}
	return ui.Cell{Text: strconv.Itoa(e.Status)}
}

// exchangeTook counts on while the answer has not ended: streams are held open.
func exchangeTook(e client.Exchange, at moment) ui.Cell {
	if e.Open {
		return ui.Cell{Text: ui.Elapsed(at.Now.Sub(e.Time)) + " open", Tone: ui.ToneDim, Steady: "open"}
	}
	return ui.Cell{Text: strconv.FormatFloat(float64(e.Took)/float64(time.Millisecond), 'f', 1, 64)}
}

// curl writes a request as a command, with a variable where the token goes.
func (s *shell) curl(e client.Exchange) string {
	backend := client.Holding(s.backend, exchangeID(e)).Describe()
	address := "--unix-socket SOCKET http://engine.local"
	if backend.Kind != "embedded" {
		address = backend.Endpoint
	}
	return fmt.Sprintf("curl -X %s -H \"Authorization: Bearer $TOKEN\" %s'%s'", e.Method, address, e.Path)
}
