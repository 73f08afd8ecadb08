package cognite

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/engine/store"
)

type functionRead struct {
	ID             int64             `json:"id"`
	Name           string            `json:"name"`
	CreatedTime    int64             `json:"createdTime"`
	Status         string            `json:"status"`
	FileID         int64             `json:"fileId"`
	ExternalID     string            `json:"externalId,omitempty"`
	Description    string            `json:"description,omitempty"`
	Owner          string            `json:"owner,omitempty"`
	FunctionPath   string            `json:"functionPath,omitempty"`
	Secrets        map[string]string `json:"secrets,omitempty"`
	EnvVars        map[string]string `json:"envVars,omitempty"`
	CPU            float64           `json:"cpu,omitempty"`
	Memory         float64           `json:"memory,omitempty"`
	Runtime        string            `json:"runtime,omitempty"`
	RuntimeVersion string            `json:"runtimeVersion,omitempty"`
	Metadata       map[string]string `json:"metadata,omitempty"`
	LastCalled     int64             `json:"lastCalled,omitempty"`
	Error          *failure          `json:"error,omitempty"`
}

func (a *API) createFunction(r *dialect.Request) error {
	var body items[functionWrite]
	if err := dialect.ReadJSON(r, &body); err != nil {
		return err
	}
	w, err := body.one()
	if err != nil {
		return err
	}
	r.About("name", w.Name)
	if w.FileID == 0 {
		return client.Invalidf("fileId is required")
	}
	view, err := a.core.Create(r.Context(), core.NewFunction{
		Name: w.Name, ExternalID: w.ExternalID, Description: w.Description, Owner: w.Owner, Metadata: w.Metadata, FileID: w.FileID,
		FunctionPath: w.FunctionPath, Runtime: w.Runtime, Secrets: w.Secrets, EnvVars: w.EnvVars, CPU: w.CPU, MemoryGB: w.Memory,
		IndexURL: w.IndexURL, ExtraIndexURLs: w.ExtraIndexURLs, By: r.Caller,
	})
	if err != nil {
		return conflictOn(err, w.ExternalID)
	}
	r.About("function", view.ID)
	return dialect.WriteJSON(r.Writer, http.StatusCreated, items[functionRead]{[]functionRead{functionOf(view, 0)}})
}

// functionOf maps a function. While a redeploy is under way the old version
// serves, so the status stays Ready, as callers see it.
func functionOf(v core.View, lastCalled int64) functionRead {
	shown := v.Latest
	status := shown.Status
	if v.Serving != nil {
		shown, status = *v.Serving, store.Ready
	}
	f := functionRead{
		ID: v.ID, Name: v.Name, CreatedTime: millis(v.Created), Status: status, FileID: v.FileID, ExternalID: v.ExternalID,
		Description: v.Description, Owner: v.Owner, FunctionPath: shown.Settings.FunctionPath, EnvVars: shown.Settings.EnvVars,
		CPU: shown.Settings.CPU, Memory: shown.Settings.MemoryGB, Runtime: shown.Runtime, RuntimeVersion: shown.RuntimeVersion,
		Metadata: core.Metadata(v.Metadata), LastCalled: lastCalled,
	}
	if status == store.Failed {
		f.Error = failureOf(shown.ErrorMessage, shown.ErrorTrace)
	}
	if len(shown.Settings.Secrets) > 0 {
		f.Secrets = map[string]string{}
		for name := range shown.Settings.Secrets {
			f.Secrets[name] = "***"
		}
	}
	return f
}

type functionFilter struct {
	Name             string            `json:"name"`
	Owner            string            `json:"owner"`
	FileID           int64             `json:"fileId"`
	Status           string            `json:"status"`
	ExternalIDPrefix string            `json:"externalIdPrefix"`
	CreatedTime      timeRange         `json:"createdTime"`
	Metadata         map[string]string `json:"metadata"`
}

func (f functionFilter) holds(v core.View, read functionRead) bool {
	for key, value := range f.Metadata {
		if have, ok := read.Metadata[key]; !ok || have != value {
			return false
		}
	}
	return (f.Name == "" || f.Name == v.Name) && (f.Owner == "" || f.Owner == v.Owner) && (f.FileID == 0 || f.FileID == v.FileID) &&
		(f.Status == "" || f.Status == read.Status) && strings.HasPrefix(v.ExternalID, f.ExternalIDPrefix) && f.CreatedTime.holds(v.Created)
}

const (
	defaultLimit = 100
	maxLimit     = 10_000
)

// readList reads the body of a list that has a filter and a limit.
func readList[F any](r *dialect.Request) (filter F, limit int, err error) {
	var body struct {
		Filter F    `json:"filter"`
		Limit  *int `json:"limit"`
	}
	if err := dialect.ReadJSON(r, &body); err != nil {
		return filter, 0, err
	}
	limit, err = bound(r, body.Limit, defaultLimit, maxLimit)
	return body.Filter, limit, err
}

func (a *API) listFunctions(r *dialect.Request) error {
	filter, limit, err := readList[functionFilter](r)
	if err != nil {
		return err
	}
	views, err := a.core.Views()
	if err != nil {
		return err
	}
	last, err := a.lastCalled()
	if err != nil {
		return err
	}
	page := items[functionRead]{Items: []functionRead{}}
	for _, v := range views {
		read := functionOf(v, last[v.ID])
		if len(page.Items) < limit && filter.holds(v, read) {
			page.Items = append(page.Items, read)
		}
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, page)
}

func (a *API) lastCalled() (map[int64]int64, error) {
	calls, err := a.core.Store().LastCalls()
	last := make(map[int64]int64, len(calls))
	for _, c := range calls {
		last[c.FunctionID] = millis(c.Started)
	}
	return last, err
}

func (a *API) lookUp(s selector) (core.View, error) {
	if s.ID != 0 {
		return a.core.View(s.ID)
	}
	f, err := a.core.Store().FunctionByExternalID(s.ExternalID)
	if err != nil {
		return core.View{}, err
	}
	return a.core.View(f.ID)
}

const maxFunctionIDs = 10

func (a *API) functionsByIDs(r *dialect.Request) error {
	body, err := readSelection(r, maxFunctionIDs, byEither)
	if err != nil {
		return err
	}
	views, err := find(body, "Function", a.lookUp)
	if err != nil {
		return err
	}
	last, err := a.lastCalled()
	if err != nil {
		return err
	}
	page := items[functionRead]{Items: []functionRead{}}
	for _, v := range views {
		page.Items = append(page.Items, functionOf(v, last[v.ID]))
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, page)
}

func (a *API) function(r *dialect.Request) error {
	v, err := a.core.View(r.ID("id"))
	if err != nil {
		return err
	}
	last, err := a.lastCalled()
	if err != nil {
		return err
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, functionOf(v, last[v.ID]))
}

func (a *API) deleteFunctions(r *dialect.Request) error {
	body, err := readSelection(r, maxFunctionIDs, byEither)
	if err != nil {
		return err
	}
	views, err := find(body, "Function", a.lookUp)
	if err != nil {
		return err
	}
	var ids []int64
	for _, v := range views {
		if !slices.Contains(ids, v.ID) { // named by both its ids
			ids = append(ids, v.ID)
		}
	}
	for _, v := range views {
		r.About("function", v.ID)
		r.About("name", v.Name)
	}
	if err := a.core.Delete(ids); err != nil {
		return err
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, struct{}{})
}

func (a *API) limits(r *dialect.Request) error {
	runtimes, err := a.core.Runtimes(r.Context())
	if err != nil {
		return err
	}
	names := runtimes.Names()
	if names == nil {
		names = []string{}
	}
	return dialect.WriteJSON(r.Writer, http.StatusOK, map[string]any{
		"timeoutMinutes": a.core.CallTimeout().Minutes(), "runtimes": names, "responseSizeMb": core.MaxResponseBytes >> 20,
		"cpuCores": core.CPUCores(), "memoryGb": core.MemoryGB(),
	})
}

// status answers the activation state: the engine always is.
func (a *API) status(r *dialect.Request) error {
	return dialect.WriteJSON(r.Writer, http.StatusOK, map[string]string{"status": "activated"})
}

func isNotFound(err error) bool {
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, client.ErrNotFound)
}
