package own

import (
	"cmp"
	"net/http"
	"slices"
	"unicode/utf8"

	"fndeck/client"
	"fndeck/client/cron"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

// What a schedule's texts may measure, as over the Cognite API.
const (
	maxScheduleName        = 140
	maxScheduleDescription = 500
)

func (a *API) schedules(r *dialect.Request) error {
	functionID, err := queryID(r, "function")
	if err != nil {
		return err
	}
	schedules, err := a.core.Store().Schedules(functionID)
	if err != nil {
		return err
	}
	names, err := a.core.Store().FunctionNames(each(schedules, func(c store.Schedule) int64 { return c.FunctionID }))
	if err != nil {
		return err
	}
	last, err := a.core.Store().LastCallsOfSchedules(functionID)
	if err != nil {
		return err
	}
	missed, err := a.core.Store().MissedCounts()
	if err != nil {
		return err
	}
	all := wire.List[client.Schedule]{Items: []client.Schedule{}}
	for _, s := range schedules {
		read := scheduleOf(s)
		read.FunctionName, read.Missed = names[s.FunctionID], missed[s.ID]
		if call, ok := last[s.ID]; ok {
			read.LastCall = summary(call)
		}
		all.Items = append(all.Items, read)
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, all)
}

func scheduleOf(s store.Schedule) client.Schedule {
	read := client.Schedule{
		ID: id(s.ID), Name: s.Name, Description: s.Description, FunctionID: id(s.FunctionID), Cron: s.Cron, Data: s.Data, Created: s.Created, Next: s.NextDue,
		Overlap: s.Overlap, CatchUp: s.CatchUp, Queued: s.Queued,
	}
	if expr, err := cron.Parse(s.Cron); err == nil {
		read.Words = expr.Words()
	}
	return read
}

// readSchedule reads and checks the body that describes a schedule.
func readSchedule(r *dialect.Request) (core.NewSchedule, error) {
	var w wire.Schedule
	if err := dialect.ReadJSON(r, &w); err != nil {
		return core.NewSchedule{}, err
	}
	switch n := utf8.RuneCountInString(w.Name); {
	case n == 0 || n > maxScheduleName:
		return core.NewSchedule{}, client.Invalidf("name must have 1 to %d characters, not %d", maxScheduleName, n)
	case utf8.RuneCountInString(w.Description) > maxScheduleDescription:
		return core.NewSchedule{}, client.Invalidf("description is longer than %d characters", maxScheduleDescription)
	}
	return core.NewSchedule{
		Name: w.Name, Description: w.Description, FunctionID: w.FunctionID, Cron: w.Cron, Data: w.Data, Overlap: w.Overlap, CatchUp: w.CatchUp,
	}, nil
}

func (a *API) createSchedule(r *dialect.Request) error {
	n, err := readSchedule(r)
	if err != nil {
		return err
	}
	_, nonce, err := a.core.OpenSession(core.Caller{}, core.TokenExchange, "")
	if err != nil {
		return err
	}
	s, err := a.core.CreateScheduleWith(nonce, n)
	return a.answerSchedule(r, s, err)
}

func (a *API) replaceSchedule(r *dialect.Request) error {
	n, err := readSchedule(r)
	if err != nil {
		return err
	}
	s, err := a.core.ReplaceSchedule(r.ID("id"), n)
	return a.answerSchedule(r, s, err)
}

func (a *API) answerSchedule(r *dialect.Request, s store.Schedule, err error) error {
	if err != nil {
		return err
	}
	read := scheduleOf(s)
	if f, err := a.core.Store().Function(s.FunctionID); err == nil { // deleted meanwhile
		read.FunctionName = f.Name
	}
	return dialect.WriteJSON(r.Writer, http.StatusCreated, read)
}

func (a *API) runSchedule(r *dialect.Request) error {
	c, err := a.core.RunSchedule(r.ID("id"))
	if err != nil {
		return err
	}
	f, err := a.core.Store().Function(c.FunctionID)
	if err != nil {
		return err
	}
	name := ""
	if s, err := a.core.Store().Schedule(c.ScheduleID); err == nil { // deleted meanwhile
		name = s.Name
	}
	return dialect.WriteJSON(r.Writer, http.StatusCreated, callOf(c, f.Name, name))
}

func (a *API) runs(r *dialect.Request) error {
	limit, err := queryLimit(r, 20, 1000)
	if err != nil {
		return err
	}
	scheduleID := r.ID("id")
	s, err := a.core.Store().Schedule(scheduleID)
	if err != nil {
		return err
	}
	calls, err := a.core.Store().Calls(store.CallQuery{ScheduleID: scheduleID, Limit: limit})
	if err != nil {
		return err
	}
	missed, err := a.core.Store().MissedRuns(scheduleID, limit)
	if err != nil {
		return err
	}
	all := wire.List[client.ScheduleRun]{Items: []client.ScheduleRun{}}
	if !s.Queued.IsZero() {
		all.Items = append(all.Items, client.ScheduleRun{ScheduleID: id(scheduleID), Due: s.Queued, Status: client.RunQueued, Reason: "waits for the previous run"})
	}
	for _, c := range calls {
		run := client.ScheduleRun{ScheduleID: id(scheduleID), Due: c.Scheduled, Status: c.Status, CallID: id(c.ID)}
		if c.Scheduled.IsZero() {
			run.Due, run.Reason = c.Started, "run by hand"
		}
		all.Items = append(all.Items, run)
	}
	for _, m := range missed {
		all.Items = append(all.Items, client.ScheduleRun{ScheduleID: id(scheduleID), Due: m.First, Last: m.Last, Status: m.Kind, Reason: m.Reason, Count: m.Count})
	}
	slices.SortStableFunc(all.Items, func(x, y client.ScheduleRun) int { return cmp.Compare(y.Due.UnixMicro(), x.Due.UnixMicro()) })
	all.Items = all.Items[:min(limit, len(all.Items))]
	return dialect.WriteJSON(r.Writer, http.StatusOK, all)
}
