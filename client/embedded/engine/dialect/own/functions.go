package own

import (
	"net/http"
	"slices"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

// latencySample is how many of the newest calls the 95th percentile is over.
const latencySample = 100

func (a *API) functions(r *dialect.Request) error {
	views, err := a.core.Views()
	if err != nil {
		return err
	}
	last, err := a.lastCalls()
	if err != nil {
		return err
	}
	schedules, err := a.core.Store().Schedules(0)
	if err != nil {
		return err
	}
	count := map[int64]int{}
	for _, s := range schedules {
		count[s.FunctionID]++
	}
	all := wire.List[client.Function]{Items: make([]client.Function, 0, len(views))}
	for _, v := range views {
		f, err := a.functionOf(v, last[v.ID])
		if err != nil {
			return err
		}
		f.Schedules = count[v.ID]
		all.Items = append(all.Items, f)
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, all)
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
	f, err := a.functionOf(v, last)
	if err != nil {
		return err
	}
	schedules, err := a.core.Store().Schedules(v.ID)
	if err != nil {
		return err
	}
	f.Schedules = len(schedules)
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
// of the serving version; Error and DeployID those of the newest.
func (a *API) functionOf(v core.View, last *store.Call) (client.Function, error) {
	shown := v.Latest
	if v.Serving != nil {
		shown = *v.Serving
	}
	mode, reason := core.ModeOf(v.Function, shown)
	f := client.Function{
		ID: id(v.ID), Name: v.Name, ExternalID: v.ExternalID, Description: v.Description, Owner: v.Owner,
		Status: client.FunctionStatus(shown.Status), Error: failure(v.Latest.ErrorMessage, v.Latest.ErrorTrace),
		DeployID: id(v.Latest.DeployID), DeployStarted: v.Latest.Created,
		Runtime: shown.Runtime, RuntimeVersion: shown.RuntimeVersion, Mode: mode, ModeReason: reason, Workers: v.Workers(),
		FunctionPath: shown.Settings.FunctionPath, SecretNames: core.SecretNames(shown), EnvVars: shown.Settings.EnvVars,
		Environment: shown.Environment, CPU: shown.Settings.CPU, MemoryGB: shown.Settings.MemoryGB, SizeBytes: shown.SizeBytes,
		Folder: v.Latest.Folder, Created: v.Created, Version: v.Function.Serving,
	}
	if v.Latest.Status == store.Queued || v.Latest.Status == store.Deploying {
		f.DeployingVersion = v.Latest.Number
	}
	if last == nil {
		return f, nil
	}
	f.LastCall = summary(*last)
	durations, err := a.core.Store().Durations(v.ID, latencySample)
	f.P95 = percentile95(durations)
	return f, err
}

func summary(c store.Call) *client.CallSummary {
	return &client.CallSummary{ID: id(c.ID), Status: client.CallStatus(c.Status), Started: c.Started}
}

func percentile95(durations []time.Duration) time.Duration {
	if len(durations) == 0 {
		return 0
	}
	slices.Sort(durations)
	return durations[(len(durations)*95+99)/100-1]
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
		IndexURL: body.IndexURL, ExtraIndexURLs: body.ExtraIndexURLs, Folder: body.Folder,
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
	names, err := a.names()
	if err != nil {
		return err
	}
	all := wire.List[client.Deploy]{Items: []client.Deploy{}}
	for _, d := range deploys {
		all.Items = append(all.Items, client.Deploy{
			ID: id(d.ID), FunctionID: id(d.FunctionID), FunctionName: names[d.FunctionID], Kind: d.Kind, FromVersion: d.From, ToVersion: d.To,
			Status: client.FunctionStatus(d.Status), Phase: d.Phase, Error: failure(d.ErrorMessage, d.ErrorTrace), SizeBytes: d.SizeBytes,
			Started: d.Started, Ended: d.Ended,
		})
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, all)
}

// names maps the functions' ids to their names.
func (a *API) names() (map[int64]string, error) {
	functions, err := a.core.Store().Functions()
	names := make(map[int64]string, len(functions))
	for _, f := range functions {
		names[f.ID] = f.Name
	}
	return names, err
}
