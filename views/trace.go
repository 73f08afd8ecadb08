package views

import (
	"cmp"
	"context"
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
		commands: func(l *listScreen[client.Exchange]) []command {
			return []command{
				l.on("list.open", true, nil, func(e client.Exchange) tea.Cmd { return s.open(newRaw(s, exchangeID(e), e)) }),
				l.on("list.copycurl", true, nil, func(e client.Exchange) tea.Cmd {
					return copyText(s, "curl command", curl(client.Holding(s.backend, exchangeID(e)).Describe(), e))
				}),
			}
		},
	}
	traces := client.Traces(s.backend)
	if len(traces) == 0 {
		spec.missing = "this backend keeps no list of its requests"
		return newListScreen(s, spec)
	}
	spec.load = func(context.Context) ([]client.Exchange, error) { return client.Exchanges(traces), nil }
	return newListScreen(s, spec)
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
func curl(backend client.Description, e client.Exchange) string {
	address := "--unix-socket SOCKET http://engine.local"
	if backend.Kind != "embedded" {
		address = backend.Endpoint
	}
	return fmt.Sprintf("curl -X %s -H \"Authorization: Bearer $TOKEN\" %s'%s'", e.Method, address, e.Path)
}
