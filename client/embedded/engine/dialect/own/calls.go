package own

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

// longestWait bounds how long a request for a call may wait for its end.
const longestWait = time.Minute

func (a *API) call(r *dialect.Request) error {
	ctx := r.Context()
	if text := r.URL.Query().Get("wait"); text != "" {
		wait, err := time.ParseDuration(text)
		if err != nil || wait < 0 {
			return client.Invalidf("wait %q is not a duration", text)
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, min(wait, longestWait))
		defer cancel()
	} else {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		cancel()
	}
	functionID := r.ID("id")
	if functionID == 0 { // the short path, which names the call only
		known, err := a.core.Store().Call(r.ID("call"))
		if err != nil {
			return err
		}
		functionID = known.FunctionID
	}
	c, err := a.core.WaitCall(ctx, functionID, r.ID("call"))
	if err != nil {
		return err
	}
	f, err := a.core.Store().Function(c.FunctionID)
	if err != nil {
		return err
	}
	schedule := ""
	if c.ScheduleID != 0 {
		if s, err := a.core.Store().Schedule(c.ScheduleID); err == nil { // it may be deleted
			schedule = s.Name
		}
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, callOf(c, f.Name, schedule))
}

func (a *API) cancel(r *dialect.Request) error {
	if err := a.core.Cancel(r.ID("id"), r.ID("call")); err != nil {
		return err
	}
	return dialect.WriteJSON(r.Writer, http.StatusAccepted, struct{}{})
}

func callOf(c store.Call, function, schedule string) client.Call {
	lines := c.LogLines
	if c.Ended.IsZero() {
		lines = -1 // counted when the call ends
	}
	return client.Call{
		ID: id(c.ID), FunctionID: id(c.FunctionID), FunctionName: function, Status: client.CallStatus(c.Status),
		Started: c.Started, Ended: c.Ended, Duration: c.Duration, ScheduleID: id(c.ScheduleID), ScheduleName: schedule, Scheduled: c.Scheduled,
		Error: failure(c.ErrorMessage, c.ErrorTrace), Version: c.Version, Preview: c.Preview, LogLines: lines,
		Warm: c.Warm == 1, MaxRSSBytes: c.MaxRSSBytes, CPUTime: c.CPU,
	}
}

func (a *API) calls(r *dialect.Request) error {
	limit, err := queryLimit(r, 100, 1000)
	if err != nil {
		return err
	}
	q := store.CallQuery{Status: r.URL.Query().Get("status"), Limit: limit + 1}
	if q.FunctionID, err = queryID(r, "function"); err != nil {
		return err
	}
	if q.ScheduleID, err = queryID(r, "schedule"); err != nil {
		return err
	}
	if q.Before, err = queryID(r, "cursor"); err != nil {
		return err
	}
	calls, err := a.core.Store().Calls(q)
	if err != nil {
		return err
	}
	functions, err := a.core.Store().FunctionNames(each(calls, func(c store.Call) int64 { return c.FunctionID }))
	if err != nil {
		return err
	}
	schedules, err := a.core.Store().ScheduleNames(each(calls, func(c store.Call) int64 { return c.ScheduleID }))
	if err != nil {
		return err
	}
	page := wire.List[client.Call]{Items: make([]client.Call, 0, len(calls))}
	if len(calls) > limit {
		calls = calls[:limit]
		page.Next = strconv.FormatInt(calls[limit-1].ID, 10)
	}
	for _, c := range calls {
		page.Items = append(page.Items, callOf(c, functions[c.FunctionID], schedules[c.ScheduleID]))
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, page)
}

func (a *API) result(r *dialect.Request) error {
	c, err := a.core.Call(r.ID("id"), r.ID("call"))
	if err != nil {
		return err
	}
	data, response, err := a.core.Store().CallBodies(c.ID)
	if err != nil {
		return err
	}
	if data == nil {
		data = []byte(`{}`)
	}
	pieces, size := wire.EncodeResult(client.Result{Data: data, Response: response}), 0
	for _, piece := range pieces {
		size += len(piece)
	}
	r.Writer.Header().Set("Content-Type", "application/json")
	r.Writer.Header().Set("Content-Length", strconv.Itoa(size))
	for _, piece := range pieces {
		_, _ = r.Writer.Write(piece) // the client has gone: nobody to tell
	}
	return nil
}
