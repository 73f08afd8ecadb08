package cognite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fndeck/client"
)

// failure is an error object, or in older answers a plain string.
type failure struct {
	Message string `json:"message"`
	Trace   string `json:"trace"`
}

// UnmarshalJSON reads both forms.
func (f *failure) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &f.Message)
	}
	type plain failure
	return json.Unmarshal(b, (*plain)(f))
}

func (f *failure) domain() *client.Failure {
	if f == nil {
		return nil
	}
	return &client.Failure{Message: f.Message, Trace: f.Trace}
}

type callRead struct {
	ID            int64    `json:"id"`
	FunctionID    int64    `json:"functionId"`
	Status        string   `json:"status"`
	StartTime     int64    `json:"startTime"`
	EndTime       int64    `json:"endTime"`
	ScheduledTime int64    `json:"scheduledTime"`
	ScheduleID    int64    `json:"scheduleId"`
	Error         *failure `json:"error"`
}

func (c callRead) domain() client.Call {
	d := client.Call{
		ID: formatID(c.ID), FunctionID: formatID(c.FunctionID), Status: client.CallStatus(c.Status), Started: fromMillis(c.StartTime),
		Ended: fromMillis(c.EndTime), ScheduleID: formatID(c.ScheduleID), Scheduled: fromMillis(c.ScheduledTime), Error: c.Error.domain(), LogLines: -1,
	}
	if !d.Ended.IsZero() {
		d.Duration = max(d.Ended.Sub(d.Started), 0)
	}
	return d
}

// lastMilli is the end of the year 9999, behind which no time can be written down.
const lastMilli = 253_402_300_799_999

// fromMillis is a time of the wire, zero where that has none or nonsense.
func fromMillis(ms int64) time.Time {
	if ms <= 0 || ms > lastMilli {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Invoke starts a call under a session of its own. A one-shot session needs no
// token exchange at the identity provider. Where the answer is lost the call is looked
// for, and never started twice.
func (b *Backend) Invoke(ctx context.Context, r client.CallRequest) (client.Call, error) {
	id, err := parseID("function", r.FunctionID)
	if err != nil {
		return client.Call{}, err
	}
	data := r.Data
	if data == nil {
		data = json.RawMessage(`{}`)
	}
	var c callRead
	session, err := b.bind(ctx, grant{Oneshot: true}, fmt.Sprintf("/functions/%d/call", id), func(nonce string) ([]byte, error) { return callBody(data, nonce), nil }, &c)
	if err == nil && c.ID == 0 {
		err = unsaid(nil)
	}
	if isUnknown(err) {
		if found, ok := b.findCall(ctx, r.FunctionID, session); ok {
			return found, nil
		}
	}
	return c.domain(), err
}

// callBody puts the operator's bytes into the body as they are: encoding them
// again would change white space and escapes.
func callBody(data json.RawMessage, nonce string) []byte {
	body := append([]byte(`{"nonce":"`+nonce+`","data":`), data...)
	return append(body, '}')
}

// Calls lists the calls of one function; the API has no list over all.
func (b *Backend) Calls(ctx context.Context, q client.CallQuery) (client.CallPage, error) {
	return b.CallsStarted(ctx, q, time.Time{}, time.Time{})
}

// CallsStarted is Calls for those that were started between two times, both
// included; a zero one is no bound.
func (b *Backend) CallsStarted(ctx context.Context, q client.CallQuery, from, to time.Time) (client.CallPage, error) {
	if q.FunctionID == "" {
		return client.CallPage{}, &client.Error{Code: client.CodeUnsupported, Message: "Cognite lists the calls of one function at a time", Hint: "choose a function"}
	}
	id, err := parseID("function", q.FunctionID)
	if err != nil {
		return client.CallPage{}, err
	}
	filter, err := callFilter(q, from, to)
	if err != nil {
		return client.CallPage{}, err
	}
	body := map[string]any{"limit": max(q.Limit, 0)}
	if q.Limit == 0 {
		body["limit"] = 100
	}
	if len(filter) > 0 { // an empty filter must be absent
		body["filter"] = filter
	}
	if q.Cursor != "" {
		body["cursor"] = q.Cursor
	}
	var page struct {
		Items      []callRead `json:"items"`
		NextCursor string     `json:"nextCursor"`
	}
	if err := b.read(ctx, fmt.Sprintf("/functions/%d/calls/list", id), body, &page); err != nil {
		return client.CallPage{}, err
	}
	found := client.CallPage{Next: page.NextCursor, Calls: make([]client.Call, 0, len(page.Items))}
	for _, c := range page.Items {
		found.Calls = append(found.Calls, c.domain())
	}
	return found, nil
}

func callFilter(q client.CallQuery, from, to time.Time) (map[string]any, error) {
	filter := map[string]any{}
	if q.Status != "" {
		filter["status"] = q.Status
	}
	if q.ScheduleID != "" {
		id, err := parseID("schedule", q.ScheduleID)
		if err != nil {
			return nil, err
		}
		filter["scheduleId"] = id
	}
	started := map[string]int64{}
	if !from.IsZero() {
		started["min"] = from.UnixMilli()
	}
	if !to.IsZero() {
		started["max"] = to.UnixMilli()
	}
	if len(started) > 0 {
		filter["startTime"] = started
	}
	return filter, nil
}

// Call reads one call.
func (b *Backend) Call(ctx context.Context, functionID, callID string) (client.Call, error) {
	f, c, err := callIDs(functionID, callID)
	if err != nil {
		return client.Call{}, err
	}
	var page items[callRead]
	if err := b.read(ctx, fmt.Sprintf("/functions/%d/calls/byids", f), idItems(c), &page); err != nil {
		return client.Call{}, err
	}
	call, err := page.only()
	return call.domain(), err
}

// Result reads the response; the API does not hand the data back.
func (b *Backend) Result(ctx context.Context, functionID, callID string) (client.Result, error) {
	f, c, err := callIDs(functionID, callID)
	if err != nil {
		return client.Result{}, err
	}
	var reply struct {
		Response json.RawMessage `json:"response"`
	}
	err = b.get(ctx, fmt.Sprintf("/functions/%d/calls/%d/response", f, c), &reply)
	return client.Result{Response: reply.Response}, err
}

// Logs reads the log of one call.
func (b *Backend) Logs(ctx context.Context, q client.LogQuery) ([]client.LogLine, error) {
	if q.CallID == "" {
		return nil, &client.Error{Code: client.CodeUnsupported, Message: "Cognite keeps logs per call only", Hint: "choose a call"}
	}
	f, c, err := callIDs(q.FunctionID, q.CallID)
	if err != nil {
		return nil, err
	}
	var page items[struct {
		Timestamp int64  `json:"timestamp"`
		Message   string `json:"message"`
	}]
	if err := b.get(ctx, fmt.Sprintf("/functions/%d/calls/%d/logs", f, c), &page); err != nil {
		return nil, err
	}
	lines := make([]client.LogLine, 0, len(page.Items))
	for i, l := range page.Items {
		position := int64(i) + 1 // the log only grows: a line's place is its position
		at := fromMillis(l.Timestamp)
		if position > q.After && !at.Before(q.Since) {
			lines = append(lines, client.LogLine{Position: position, Time: at, Text: l.Message, CallID: q.CallID, FunctionID: q.FunctionID})
		}
	}
	if q.Tail > 0 && len(lines) > q.Tail {
		lines = lines[len(lines)-q.Tail:]
	}
	return lines, nil
}

func callIDs(functionID, callID string) (f, c int64, err error) {
	if functionID == "" {
		return 0, 0, &client.Error{Code: client.CodeUnsupported, Message: "Cognite finds a call only by its function and its id", Hint: "name the function"}
	}
	if f, err = parseID("function", functionID); err != nil {
		return 0, 0, err
	}
	c, err = parseID("call", callID)
	return f, c, err
}
