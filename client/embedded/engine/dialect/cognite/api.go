package cognite

import (
	"errors"
	"net/http"
	"strings"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
)

// Project is the one project of the engine.
const Project = "local"

const (
	root       = "/api/v1/"
	uploadRoot = "/fndeck-files/"
)

// API serves the dialect.
type API struct {
	core     *core.Core
	projects dialect.Router
}

// New returns the dialect over an engine.
func New(e *core.Core) *API {
	a := &API{core: e}
	a.projects = dialect.Router{Refuse: refuse, Routes: []dialect.Route{
		{Method: "POST", Pattern: "functions", Handle: a.createFunction},
		{Method: "GET", Pattern: "functions", Handle: a.listFunctions},
		{Method: "POST", Pattern: "functions/list", Handle: a.listFunctions},
		{Method: "POST", Pattern: "functions/byids", Handle: a.functionsByIDs},
		{Method: "POST", Pattern: "functions/delete", Handle: a.deleteFunctions},
		{Method: "GET", Pattern: "functions/limits", Handle: a.limits},
		{Method: "GET", Pattern: "functions/status", Handle: a.status},
		{Method: "POST", Pattern: "functions/status", Handle: a.status},
		{Method: "POST", Pattern: "functions/schedules", Handle: a.createSchedule},
		{Method: "GET", Pattern: "functions/schedules", Handle: a.listSchedules},
		{Method: "POST", Pattern: "functions/schedules/list", Handle: a.listSchedules},
		{Method: "POST", Pattern: "functions/schedules/byids", Handle: a.schedulesByIDs},
		{Method: "POST", Pattern: "functions/schedules/delete", Handle: a.deleteSchedules},
		{Method: "GET", Pattern: "functions/schedules/{id}/input_data", Handle: a.scheduleInput},
		{Method: "GET", Pattern: "functions/{id}", Handle: a.function},
		{Method: "POST", Pattern: "functions/{id}/call", Handle: a.call},
		{Method: "GET", Pattern: "functions/{id}/calls", Handle: a.listCalls},
		{Method: "POST", Pattern: "functions/{id}/calls/list", Handle: a.listCalls},
		{Method: "POST", Pattern: "functions/{id}/calls/byids", Handle: a.callsByIDs},
		{Method: "GET", Pattern: "functions/{id}/calls/{call}", Handle: a.callByID},
		{Method: "GET", Pattern: "functions/{id}/calls/{call}/response", Handle: a.response},
		{Method: "GET", Pattern: "functions/{id}/calls/{call}/logs", Handle: a.logs},
		{Method: "POST", Pattern: "files", Handle: a.createFile},
		{Method: "POST", Pattern: "files/byids", Handle: a.filesByIDs},
		{Method: "POST", Pattern: "files/uploadlink", Handle: a.uploadLink},
		{Method: "POST", Pattern: "files/downloadlink", Handle: a.downloadLink},
		{Method: "POST", Pattern: "files/delete", Handle: a.deleteFiles},
		{Method: "POST", Pattern: "files/initmultipartupload", Handle: refuseMultipart},
		{Method: "POST", Pattern: "sessions", Handle: a.createSession},
	}}
	return a
}

// ServesPublic reports whether a path carries its own right and so needs no
// token: the upload and download links.
func ServesPublic(path string) bool { return strings.HasPrefix(path, uploadRoot) }

// ServeHTTP serves a request of the dialect; anything else is a 404 in its shape.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if right, ok := strings.CutPrefix(r.URL.Path, uploadRoot); ok {
		a.transfer(w, r, right)
		return
	}
	if r.URL.Path == root+"token/inspect" && r.Method == http.MethodGet {
		if err := a.inspect(w); err != nil {
			refuse(w, r, 0, err)
		}
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, root+"projects/")
	project, path, _ := strings.Cut(rest, "/")
	switch {
	case ok && project != Project:
		refuse(w, r, http.StatusUnauthorized, client.Invalidf("Unauthorized: no access to project %q, this engine has %q", project, Project))
	case !ok || !a.projects.Serve(w, r, path):
		refuse(w, r, http.StatusNotFound, client.Invalidf("no such path: %s %s", r.Method, r.URL.Path))
	}
}

// Refuse answers an error in the envelope of the API, which every error has:
// some versions of the SDK crash on anything else.
func Refuse(w http.ResponseWriter, r *http.Request, status int, err error) { refuse(w, r, status, err) }

func refuse(w http.ResponseWriter, _ *http.Request, status int, err error) {
	if status == 0 {
		status = dialect.Status(err)
	}
	body := map[string]any{"code": status, "message": err.Error()}
	var unknown *unknownIDs
	if errors.As(err, &unknown) {
		// The service answers 400 here, not 404 (REF); the SDK's own suite reads
		// one spelling of external ids and others the other.
		body["code"], body["missing"] = http.StatusBadRequest, unknown.missing
		status = http.StatusBadRequest
	}
	if status == http.StatusConflict {
		var taken *duplicated
		if errors.As(err, &taken) {
			body["duplicated"] = taken.items
		}
	}
	_ = dialect.WriteJSON(w, status, map[string]any{"error": body}) // a map of plain values always encodes
}

// unknownIDs is the error of ids that do not exist.
type unknownIDs struct {
	kind    string
	missing []map[string]any
}

func (e *unknownIDs) Error() string {
	var ids []string
	for _, m := range e.missing {
		if id, ok := m["id"]; ok {
			ids = append(ids, text(id))
			continue
		}
		ids = append(ids, text(m["externalId"]))
	}
	return e.kind + " ids not found: " + strings.Join(ids, ", ")
}

// duplicated is the error of an external id that is taken.
type duplicated struct {
	error
	items []map[string]string
}

func (e *duplicated) Unwrap() error { return e.error }

func conflictOn(err error, externalID string) error {
	if errors.Is(err, client.ErrConflict) && externalID != "" {
		return &duplicated{err, []map[string]string{{"externalId": externalID}}}
	}
	return err
}
