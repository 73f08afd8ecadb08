package own

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

func (a *API) functions(r *dialect.Request) error {
	list, err := a.list(0)
	if err != nil {
		return err
	}
	all := wire.List[client.Function]{Items: make([]client.Function, 0, len(list.views))}
	for _, v := range list.views {
		f, err := list.function(v)
		if err != nil {
			return err
		}
		all.Items = append(all.Items, f)
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, all)
}

// functionList is what the functions of a list are made of.
type functionList struct {
	views []core.View
	last  map[int64]*store.Call
	count map[int64]int
	p95   map[int64]time.Duration
	usual func(core.View) (time.Duration, error)
	// more says that views are the newest of more.
	more bool
}

// list reads all functions, or with a number the newest of them.
func (a *API) list(newest int) (l functionList, err error) {
	l.usual = a.usualDeploy
	if l.views, err = a.core.Views(); err != nil {
		return l, err
	}
	if l.last, err = a.lastCalls(); err != nil {
		return l, err
	}
	if newest > 0 && newest < len(l.views) {
		all := l.last
		l.views, l.last, l.more = l.views[:newest], map[int64]*store.Call{}, true
		for _, v := range l.views {
			if c := all[v.ID]; c != nil {
				l.last[v.ID] = c
			}
		}
	}
	if l.count, err = a.core.Store().ScheduleCounts(); err != nil {
		return l, err
	}
	l.p95, err = a.latencies.read(a.core.Store(), l.last)
	return l, err
}

// function is one function of the list.
func (l functionList) function(v core.View) (client.Function, error) {
	f := functionOf(v, l.last[v.ID])
	f.Schedules, f.P95 = l.count[v.ID], l.p95[v.ID]
	var err error
	f.UsualDeploy, err = l.usual(v)
	return f, err
}

// as names the present state, by its newest event.
func (a *API) as() string {
	return fmt.Sprintf("%s-%d", a.core.Store().Epoch(), a.core.Store().LastEvent())
}

func (a *API) function(r *dialect.Request) error {
	v, err := a.core.View(r.ID("id"))
	if err != nil {
		return err
	}
	return a.answerFunction(r, v, http.StatusOK)
}

func (a *API) answerFunction(r *dialect.Request, v core.View, status int) error {
	calls, err := a.core.Store().Calls(store.CallQuery{FunctionID: v.ID, Limit: 1})
	if err != nil {
		return err
	}
	var last *store.Call
	if len(calls) > 0 {
		last = &calls[0]
	}
	f := functionOf(v, last)
	if last != nil {
		p95, err := a.latencies.read(a.core.Store(), map[int64]*store.Call{v.ID: last})
		if err != nil {
			return err
		}
		f.P95 = p95[v.ID]
	}
	schedules, err := a.core.Store().Schedules(v.ID)
	if err != nil {
		return err
	}
	f.Schedules = len(schedules)
	if f.UsualDeploy, err = a.usualDeploy(v); err != nil {
		return err
	}
	f.Isolation = a.core.IsolationOf(v.Shown())
	return dialect.WriteJSON(r.Writer, status, f)
}

func (a *API) lastCalls() (map[int64]*store.Call, error) {
	calls, err := a.core.Store().LastCalls()
	last := make(map[int64]*store.Call, len(calls))
	for i := range calls {
		last[calls[i].FunctionID] = &calls[i]
	}
	return last, err
}

// functionOf maps a function. Status and what the function looks like are those
// of the serving version; DeployID is that of the newest, and so is Error, unless
// the operator has gone back to another version since.
func functionOf(v core.View, last *store.Call) client.Function {
	shown := v.Shown()
	mode, reason := core.ModeOf(v.Function, shown)
	f := client.Function{
		ID: id(v.ID), Name: v.Name, ExternalID: v.ExternalID, Description: v.Description, Owner: v.Owner,
		Status: client.FunctionStatus(shown.Status), DeployID: id(v.Latest.DeployID), DeployStarted: v.Latest.Created,
		Runtime: shown.Runtime, RuntimeVersion: shown.RuntimeVersion, Mode: mode, ModeReason: reason, Workers: v.Workers(),
		FunctionPath: shown.Settings.FunctionPath, SecretNames: core.SecretNames(shown), EnvVars: shown.Settings.EnvVars,
		Metadata: core.Metadata(v.Metadata), Environment: shown.Environment, HasIndex: shown.Settings.IndexURL != nil, ExtraIndexes: len(shown.Settings.ExtraIndexURLs), CPU: shown.Settings.CPU, MemoryGB: shown.Settings.MemoryGB, SizeBytes: shown.SizeBytes,
		Folder: v.Latest.Folder, Created: v.Created, Version: v.Function.Serving,
	}
	if v.Latest.Status == store.Queued || v.Latest.Status == store.Deploying {
		f.DeployingVersion = v.Latest.Number
	}
	if !v.Overcome {
		f.Error = failure(v.Latest.ErrorMessage, v.Latest.ErrorTrace)
	}
	if last != nil {
		f.LastCall = summary(*last)
	}
	return f
}

func summary(c store.Call) *client.CallSummary {
	return &client.CallSummary{ID: id(c.ID), Status: client.CallStatus(c.Status), Started: c.Started}
}

func (a *API) origin(r *dialect.Request) error {
	var body wire.Origin
	if err := dialect.ReadJSON(r, &body); err != nil {
		return err
	}
	if err := a.core.SetFolder(r.ID("id"), body.Folder); err != nil {
		return err
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, struct{}{})
}

func (a *API) versions(r *dialect.Request) error {
	v, err := a.core.View(r.ID("id"))
	if err != nil {
		return err
	}
	versions, err := a.core.Store().Versions(v.ID)
	if err != nil {
		return err
	}
	all := wire.List[client.Version]{Items: []client.Version{}}
	for _, version := range versions {
		all.Items = append(all.Items, client.Version{
			FunctionID: id(v.ID), Number: version.Number, Status: client.FunctionStatus(version.Status), Serving: version.Number == v.Function.Serving,
			Error: failure(version.ErrorMessage, version.ErrorTrace), CodeSHA256: version.SHA256, SizeBytes: version.SizeBytes,
			Runtime: version.Runtime, Folder: version.Folder, DeployID: id(version.DeployID), Created: version.Created, Ready: version.Ready,
		})
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, all)
}

func (a *API) redeploy(r *dialect.Request) error {
	var body wire.Redeploy
	if err := dialect.ReadJSON(r, &body); err != nil {
		return err
	}
	v, err := a.core.Redeploy(r.Context(), r.ID("id"), body.FileID, core.Change{
		FunctionPath: body.FunctionPath, Runtime: body.Runtime, Secrets: body.Secrets, EnvVars: body.EnvVars,
		KeepSecrets: body.KeepSecrets, IndexURL: body.IndexURL, ExtraIndexURLs: body.ExtraIndexURLs, Folder: body.Folder,
		Description: body.Description, Owner: body.Owner, Metadata: body.Metadata,
	})
	if err != nil {
		return err
	}
	return a.answerFunction(r, v, http.StatusCreated)
}

func (a *API) rollback(r *dialect.Request) error {
	var body wire.Rollback
	if err := dialect.ReadJSON(r, &body); err != nil {
		return err
	}
	v, err := a.core.Rollback(r.ID("id"), body.Version)
	if err != nil {
		return err
	}
	return a.answerFunction(r, v, http.StatusOK)
}

func (a *API) mode(r *dialect.Request) error {
	var body wire.Mode
	if err := dialect.ReadJSON(r, &body); err != nil {
		return err
	}
	v, err := a.core.SetMode(r.ID("id"), body.Mode, body.Workers)
	if err != nil {
		return err
	}
	return a.answerFunction(r, v, http.StatusOK)
}

func (a *API) rebuild(r *dialect.Request) error {
	v, err := a.core.Rebuild(r.ID("id"))
	if err != nil {
		return err
	}
	return a.answerFunction(r, v, http.StatusCreated)
}

func (a *API) deploys(r *dialect.Request) error {
	functionID, err := queryID(r, "function")
	if err != nil {
		return err
	}
	limit, err := queryLimit(r, 100, 1000)
	if err != nil {
		return err
	}
	deploys, err := a.core.Store().Deploys(functionID, limit)
	if err != nil {
		return err
	}
	names, err := a.core.Store().FunctionNames(each(deploys, func(d store.Deploy) int64 { return d.FunctionID }))
	if err != nil {
		return err
	}
	all := wire.List[client.Deploy]{Items: []client.Deploy{}}
	for _, d := range deploys {
		if d.Kind == store.KindRollback {
			d.By = core.Subject() // Only the engine's own user can roll back: this API is on the socket alone.
		}
		all.Items = append(all.Items, client.Deploy{
			ID: id(d.ID), FunctionID: id(d.FunctionID), FunctionName: names[d.FunctionID], Kind: d.Kind, FromVersion: d.From, ToVersion: d.To,
			Status: client.FunctionStatus(d.Status), Phase: d.Phase, Error: failure(d.ErrorMessage, d.ErrorTrace), SizeBytes: d.SizeBytes,
			Started: d.Started, Ended: d.Ended, By: d.By,
		})
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, all)
}

// each lists an id of each row, once.
func each[T any](rows []T, idOf func(T) int64) []int64 {
	ids := make([]int64, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, idOf(row))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
