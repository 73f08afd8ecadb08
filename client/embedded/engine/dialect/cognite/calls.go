package cognite

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/engine/store"
)

func (a *API) call(r *dialect.Request) error {
	var body struct {
		Data  json.RawMessage `json:"data"`
		Nonce string          `json:"nonce"`
	}
	if err := dialect.ReadJSON(r, &body); err != nil {
		return err
	}
	id := r.ID("id")
	c, err := a.core.InvokeWith(body.Nonce, id, body.Data)
	if isNotFound(err) {
		return &unknownIDs{kind: "Function", missing: []map[string]any{{"id": id}}}
	}
	if err != nil {
		return err
	}
	r.About("call", c.ID)
	return dialect.WriteJSON(r.Writer, http.StatusCreated, callOf(c))
}

type callFilter struct {
	Status     string    `json:"status"`
	ScheduleID int64     `json:"scheduleId"`
	StartTime  timeRange `json:"startTime"`
	EndTime    timeRange `json:"endTime"`
}

// maxCalls bounds a page of calls (REF 20230101).
const maxCalls = 1000

func (a *API) listCalls(r *dialect.Request) error {
	var body struct {
		Filter callFilter `json:"filter"`
		Limit  *int       `json:"limit"`
		Cursor string     `json:"cursor"`
	}
	if err := dialect.ReadJSON(r, &body); err != nil {
		return err
	}
	limit, err := bound(r, body.Limit, defaultLimit, maxCalls)
	if err != nil {
		return err
	}
	q := store.CallQuery{
		FunctionID: r.ID("id"), ScheduleID: body.Filter.ScheduleID, Status: body.Filter.Status, Limit: limit + 1,
		StartedFrom: body.Filter.StartTime.from(), StartedTo: body.Filter.StartTime.to(),
		EndedFrom: body.Filter.EndTime.from(), EndedTo: body.Filter.EndTime.to(),
	}
	if q.Before, err = cursor(cmp.Or(body.Cursor, r.URL.Query().Get("cursor"))); err != nil {
		return err
	}
	if _, err := a.core.View(q.FunctionID); isNotFound(err) {
		return &unknownIDs{kind: "Function", missing: []map[string]any{{"id": q.FunctionID}}}
	}
	calls, err := a.callsOf(q)
	if err != nil {
		return err
	}
	page := paged[callWire]{Items: []callWire{}}
	if len(calls) > limit {
		calls = calls[:limit]
		page.NextCursor = strconv.FormatInt(calls[limit-1].ID, 36)
	}
	for _, c := range calls {
		page.Items = append(page.Items, callOf(c))
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, page)
}

// callsOf lists calls. One that was cancelled reads Failed here, and so must be
// found among these.
func (a *API) callsOf(q store.CallQuery) ([]store.Call, error) {
	calls, err := a.core.Store().Calls(q)
	if err != nil || q.Status != store.Failed {
		return calls, err
	}
	q.Status = store.Cancelled
	cancelled, err := a.core.Store().Calls(q)
	calls = append(calls, cancelled...)
	slices.SortFunc(calls, func(x, y store.Call) int { return cmp.Compare(y.ID, x.ID) })
	return calls[:min(q.Limit, len(calls))], err
}

func (a *API) callsByIDs(r *dialect.Request) error {
	body, err := readSelection(r, maxCalls, byID)
	if err != nil {
		return err
	}
	calls, err := find(body, "Function call", func(s selector) (callWire, error) {
		c, err := a.core.Call(r.ID("id"), s.ID)
		return callOf(c), err
	})
	if err != nil {
		return err
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, items[callWire]{calls})
}

// oneCall reads the call that the path names.
func (a *API) oneCall(r *dialect.Request) (store.Call, error) {
	c, err := a.core.Call(r.ID("id"), r.ID("call"))
	if isNotFound(err) {
		return c, &unknownIDs{kind: "Function call", missing: []map[string]any{{"id": r.ID("call")}}}
	}
	return c, err
}

func (a *API) callByID(r *dialect.Request) error {
	c, err := a.oneCall(r)
	if err != nil {
		return err
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, callOf(c))
}

func (a *API) response(r *dialect.Request) error {
	c, err := a.oneCall(r)
	if err != nil {
		return err
	}
	_, response, err := a.core.Store().CallBodies(c.ID)
	if err != nil {
		return err
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, struct {
		CallID     int64           `json:"callId"`
		FunctionID int64           `json:"functionId"`
		Response   json.RawMessage `json:"response,omitempty"`
	}{c.ID, c.FunctionID, response})
}

type logEntry struct {
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

// logPage is how many lines are read from the store at once.
const logPage = 10_000

// logs answers all lines at once: the API has neither pages nor following.
func (a *API) logs(r *dialect.Request) error {
	c, err := a.oneCall(r)
	if err != nil {
		return err
	}
	all := items[logEntry]{Items: []logEntry{}}
	for after, more := int64(0), true; more; {
		lines, err := a.core.Store().Lines(c.ID, after, logPage)
		if err != nil {
			return err
		}
		for _, l := range lines {
			all.Items = append(all.Items, logEntry{millis(l.Time), l.Text})
			after = l.Position
		}
		more = len(lines) == logPage
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, all)
}
