package own

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"fndeck/client"
	"fndeck/client/cron"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
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
	all := wire.List[client.Schedule]{Items: []client.Schedule{}}
	for _, s := range schedules {
		read, err := a.scheduleOf(s)
		if err != nil {
			return err
		}
		read.FunctionName = names[s.FunctionID]
		all.Items = append(all.Items, read)
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, all)
}

func (a *API) scheduleOf(s store.Schedule) (client.Schedule, error) {
	read := client.Schedule{
		ID: id(s.ID), Name: s.Name, Description: s.Description, FunctionID: id(s.FunctionID), Cron: s.Cron, Data: s.Data, Created: s.Created, Next: s.NextDue,
	}
	if expr, err := cron.Parse(s.Cron); err == nil {
		read.Words = expr.Words()
	}
	last, err := a.core.Store().LastCallOfSchedule(s.ID)
	if err == nil {
		read.LastCall = summary(last)
	} else if !errors.Is(err, store.ErrNotFound) {
		return read, err
	}
	read.Missed, err = a.core.Store().MissedCount(s.ID)
	return read, err
}

func (a *API) runs(r *dialect.Request) error {
	limit, err := queryLimit(r, 20, 1000)
	if err != nil {
		return err
	}
	scheduleID := r.ID("id")
	if _, err := a.core.Store().Schedule(scheduleID); err != nil {
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
	for _, c := range calls {
		all.Items = append(all.Items, client.ScheduleRun{ScheduleID: id(scheduleID), Due: c.Scheduled, Status: c.Status, CallID: id(c.ID)})
	}
	for _, m := range missed {
		all.Items = append(all.Items, client.ScheduleRun{ScheduleID: id(scheduleID), Due: m.First, Last: m.Last, Status: m.Kind, Reason: m.Reason, Count: m.Count})
	}
	slices.SortStableFunc(all.Items, func(x, y client.ScheduleRun) int { return cmp.Compare(y.Due.UnixMicro(), x.Due.UnixMicro()) })
	all.Items = all.Items[:min(limit, len(all.Items))]
	return dialect.WriteJSON(r.Writer, http.StatusOK, all)
}
