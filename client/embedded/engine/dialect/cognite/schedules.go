package cognite

import (
	"cmp"
	"encoding/json"
	"net/http"

	"fndeck/client"
	"fndeck/client/cron"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/engine/store"
)

type scheduleWrite struct {
	Name               string          `json:"name"`
	Description        string          `json:"description"`
	CronExpression     string          `json:"cronExpression"`
	FunctionID         int64           `json:"functionId"`
	FunctionExternalID string          `json:"functionExternalId"`
	Data               json.RawMessage `json:"data"`
	Nonce              string          `json:"nonce"`
}

type scheduleRead struct {
	ID             int64  `json:"id"`
	Name           string `json:"name"`
	CreatedTime    int64  `json:"createdTime"`
	CronExpression string `json:"cronExpression"`
	SessionID      int64  `json:"sessionId"`
	When           string `json:"when"`
	FunctionID     int64  `json:"functionId"`
	Description    string `json:"description,omitempty"`
}

func scheduleOf(s store.Schedule) scheduleRead {
	when := s.Cron
	if expr, err := cron.Parse(s.Cron); err == nil {
		when = expr.Words()
	}
	return scheduleRead{
		ID: s.ID, Name: s.Name, CreatedTime: millis(s.Created), CronExpression: s.Cron, SessionID: s.SessionID, When: when,
		FunctionID: s.FunctionID, Description: s.Description,
	}
}

func (a *API) createSchedule(r *dialect.Request) error {
	var body items[scheduleWrite]
	if err := dialect.ReadJSON(r, &body); err != nil {
		return err
	}
	w, err := body.one()
	if err != nil {
		return err
	}
	r.About("name", w.Name)
	if err := w.check(); err != nil {
		return err
	}
	view, err := a.lookUp(selector{ID: w.FunctionID, ExternalID: w.FunctionExternalID})
	if isNotFound(err) {
		return &unknownIDs{kind: "Function", missing: []map[string]any{selector{ID: w.FunctionID, ExternalID: w.FunctionExternalID}.missing()}}
	}
	if err != nil {
		return err
	}
	s, err := a.core.CreateScheduleWith(w.Nonce, core.NewSchedule{Name: w.Name, Description: w.Description, FunctionID: view.ID, Cron: w.CronExpression, Data: w.Data})
	if err != nil {
		return err
	}
	r.About("schedule", s.ID)
	r.About("function", view.ID)
	return dialect.WriteJSON(r.Writer, http.StatusCreated, items[scheduleRead]{[]scheduleRead{scheduleOf(s)}})
}

func (w scheduleWrite) check() error {
	if err := cmp.Or(
		core.CheckName(w.Name), core.CheckLength("description", w.Description, core.MaxDescription),
		core.CheckLength("cronExpression", w.CronExpression, maxCron),
	); err != nil {
		return err
	}
	switch {
	case w.CronExpression == "":
		return client.Invalidf("cronExpression is required")
	case (w.FunctionID == 0) == (w.FunctionExternalID == ""):
		return client.Invalidf("exactly one of functionId and functionExternalId is required")
	}
	if _, err := cron.Parse(w.CronExpression); err != nil {
		return client.Invalidf("cronExpression: %s", err)
	}
	return nil
}

type scheduleFilter struct {
	Name               string    `json:"name"`
	FunctionID         int64     `json:"functionId"`
	FunctionExternalID string    `json:"functionExternalId"`
	CreatedTime        timeRange `json:"createdTime"`
	CronExpression     string    `json:"cronExpression"`
}

func (a *API) listSchedules(r *dialect.Request) error {
	f, limit, err := readList[scheduleFilter](r)
	if err != nil {
		return err
	}
	page := items[scheduleRead]{Items: []scheduleRead{}}
	if f.FunctionExternalID != "" {
		view, err := a.lookUp(selector{ExternalID: f.FunctionExternalID})
		if isNotFound(err) || err == nil && f.FunctionID != 0 && f.FunctionID != view.ID {
			return dialect.WriteJSON(r.Writer, http.StatusOK, page)
		}
		if err != nil {
			return err
		}
		f.FunctionID = view.ID
	}
	all, err := a.core.Store().Schedules(f.FunctionID)
	if err != nil {
		return err
	}
	for _, s := range all {
		if len(page.Items) < limit && (f.Name == "" || f.Name == s.Name) && (f.CronExpression == "" || f.CronExpression == s.Cron) && f.CreatedTime.holds(s.Created) {
			page.Items = append(page.Items, scheduleOf(s))
		}
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, page)
}

func (a *API) findSchedules(r *dialect.Request) ([]store.Schedule, error) {
	body, err := readSelection(r, maxLimit, byID)
	if err != nil {
		return nil, err
	}
	return find(body, "Function schedule", func(s selector) (store.Schedule, error) { return a.core.Store().Schedule(s.ID) })
}

func (a *API) schedulesByIDs(r *dialect.Request) error {
	found, err := a.findSchedules(r)
	if err != nil {
		return err
	}
	page := items[scheduleRead]{Items: []scheduleRead{}}
	for _, s := range found {
		page.Items = append(page.Items, scheduleOf(s))
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, page)
}

func (a *API) deleteSchedules(r *dialect.Request) error {
	found, err := a.findSchedules(r)
	if err != nil {
		return err
	}
	for _, s := range found {
		r.About("schedule", s.ID)
		r.About("name", s.Name)
		if err := a.core.DeleteSchedule(s.ID); err != nil && !isNotFound(err) {
			return err
		}
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, struct{}{})
}

// scheduleInput is the only way to read a schedule's data.
func (a *API) scheduleInput(r *dialect.Request) error {
	s, err := a.core.Store().Schedule(r.ID("id"))
	if isNotFound(err) {
		return &unknownIDs{kind: "Function schedule", missing: []map[string]any{{"id": r.ID("id")}}}
	}
	if err != nil {
		return err
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, struct {
		ID   int64           `json:"id"`
		Data json.RawMessage `json:"data,omitempty"`
	}{s.ID, s.Data})
}
