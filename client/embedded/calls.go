package embedded

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/wire"
)

const (
	// waitStep is how long one request waits for a call's end, and waitLimit how
	// long its answer may then take.
	waitStep  = 30 * time.Second
	waitLimit = waitStep + 20*time.Second
)

func callPath(functionID, callID string) string {
	return "functions/" + url.PathEscape(functionID) + "/calls/" + url.PathEscape(callID)
}

// Calls lists calls of one function or of all.
func (b *Backend) Calls(ctx context.Context, q client.CallQuery) (client.CallPage, error) {
	limit := ""
	if q.Limit > 0 {
		limit = strconv.Itoa(q.Limit)
	}
	var page wire.List[client.Call]
	err := b.read(ctx, "calls?"+query("function", q.FunctionID, "schedule", q.ScheduleID, "status", string(q.Status), "limit", limit, "cursor", q.Cursor), &page)
	return client.CallPage{Calls: page.Items, Next: page.Next}, err
}

// Call reads one call; an empty functionID finds it among all.
func (b *Backend) Call(ctx context.Context, functionID, callID string) (client.Call, error) {
	path := callPath(functionID, callID)
	if functionID == "" {
		path = "calls/" + url.PathEscape(callID)
	}
	var c client.Call
	err := b.read(ctx, path, &c)
	return c, err
}

// WaitCall returns the call once it has ended.
func (b *Backend) WaitCall(ctx context.Context, functionID, callID string) (client.Call, error) {
	for {
		var c client.Call
		path := wire.Prefix + callPath(functionID, callID) + "?wait=" + waitStep.String()
		err := b.http.Do(ctx, client.Request{Method: http.MethodGet, Path: path, Limit: waitLimit}, &c)
		if err != nil || c.Status.Ended() {
			return c, err
		}
	}
}

// CancelCall asks the engine to end a running call.
func (b *Backend) CancelCall(ctx context.Context, functionID, callID string) error {
	return b.own(ctx, client.Once, http.MethodPost, callPath(functionID, callID)+"/cancel", nil, nil)
}

// Result reads what a call was given and what it returned.
func (b *Backend) Result(ctx context.Context, functionID, callID string) (client.Result, error) {
	var body []byte
	if err := b.read(ctx, callPath(functionID, callID)+"/result", &body); err != nil {
		return client.Result{}, err
	}
	return wire.DecodeResult(body)
}

// Schedules lists schedules with their next run and what became of the last.
func (b *Backend) Schedules(ctx context.Context, functionID string) ([]client.Schedule, error) {
	var all wire.List[client.Schedule]
	err := b.read(ctx, "schedules?"+query("function", functionID), &all)
	return all.Items, err
}

// ScheduleRuns lists what became of each due time, newest first.
func (b *Backend) ScheduleRuns(ctx context.Context, scheduleID string, limit int) ([]client.ScheduleRun, error) {
	var all wire.List[client.ScheduleRun]
	err := b.read(ctx, "schedules/"+url.PathEscape(scheduleID)+"/runs?"+query("limit", strconv.Itoa(limit)), &all)
	return all.Items, err
}
