package cognite

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
)

// Project is the one project of the engine.
const Project = core.Project

const (
	root       = "/api/v1/"
	uploadRoot = "/fndeck-files/"
)

// API serves the dialect.
type API struct {
	core     *core.Core
	knows    Knows
	projects dialect.Router
}

// Knows judges client credentials that a session is asked with; the error is
// why they are refused.
type Knows func(clientID, secret string) error

// New returns the dialect over an engine. A nil Knows accepts all credentials.
func New(e *core.Core, knows Knows) *API {
	a := &API{core: e, knows: knows}
	a.projects = dialect.Router{Refuse: refuse, Core: e, NumericIDs: true}
	for _, group := range [][]dialect.Route{a.functionRoutes(), a.scheduleRoutes(), a.callRoutes(), a.fileRoutes(), a.sessionRoutes()} {
		a.projects.Routes = append(a.projects.Routes, group...)
	}
	return a
}

func (a *API) functionRoutes() []dialect.Route {
	return []dialect.Route{
		{Method: "POST", Pattern: "functions", Handle: a.createFunction, MaxBody: dialect.SmallBody, Action: "functions.create", Needs: functionsWrite},
		{Method: "GET", Pattern: "functions", Handle: a.listFunctions, MaxBody: dialect.SmallBody},
		{Method: "POST", Pattern: "functions/list", Handle: a.listFunctions, MaxBody: dialect.SmallBody},
		{Method: "POST", Pattern: "functions/byids", Handle: a.functionsByIDs, MaxBody: dialect.SmallBody},
		{Method: "POST", Pattern: "functions/delete", Handle: a.deleteFunctions, MaxBody: dialect.SmallBody, Action: "functions.delete", Needs: functionsWrite},
		{Method: "GET", Pattern: "functions/limits", Handle: a.limits},
		{Method: "GET", Pattern: "functions/status", Handle: a.status},
		{Method: "POST", Pattern: "functions/status", Handle: a.status, Needs: functionsWrite},
	}
}

func (a *API) scheduleRoutes() []dialect.Route {
	return []dialect.Route{
		{Method: "POST", Pattern: "functions/schedules", Handle: a.createSchedule, Action: "schedules.create", Needs: functionsWrite}, // its data is the large one
		{Method: "GET", Pattern: "functions/schedules", Handle: a.listSchedules, MaxBody: dialect.SmallBody},
		{Method: "POST", Pattern: "functions/schedules/list", Handle: a.listSchedules, MaxBody: dialect.SmallBody},
		{Method: "POST", Pattern: "functions/schedules/byids", Handle: a.schedulesByIDs, MaxBody: dialect.SmallBody},
		{Method: "POST", Pattern: "functions/schedules/delete", Handle: a.deleteSchedules, MaxBody: dialect.SmallBody, Action: "schedules.delete", Needs: functionsWrite},
		{Method: "GET", Pattern: "functions/schedules/{id}/input_data", Handle: a.scheduleInput},
	}
}

// callRoutes stand after those whose second word is fixed: here it is an id.
func (a *API) callRoutes() []dialect.Route {
	return []dialect.Route{
		{Method: "GET", Pattern: "functions/{id}", Handle: a.function},
		{Method: "POST", Pattern: "functions/{id}/call", Handle: a.call, Action: "functions.call", Needs: functionsWrite}, // its data is the large one
		{Method: "GET", Pattern: "functions/{id}/calls", Handle: a.listCalls, MaxBody: dialect.SmallBody},
		{Method: "POST", Pattern: "functions/{id}/calls/list", Handle: a.listCalls, MaxBody: dialect.SmallBody},
		{Method: "POST", Pattern: "functions/{id}/calls/byids", Handle: a.callsByIDs, MaxBody: dialect.SmallBody},
		{Method: "GET", Pattern: "functions/{id}/calls/{call}", Handle: a.callByID},
		{Method: "GET", Pattern: "functions/{id}/calls/{call}/response", Handle: a.response},
		{Method: "GET", Pattern: "functions/{id}/calls/{call}/logs", Handle: a.logs},
	}
}

func (a *API) fileRoutes() []dialect.Route {
	return []dialect.Route{
		{Method: "POST", Pattern: "files", Handle: a.createFile, MaxBody: dialect.SmallBody, Action: "files.create", Needs: filesWrite},
		{Method: "POST", Pattern: "files/byids", Handle: a.filesByIDs, MaxBody: dialect.SmallBody},
		{Method: "POST", Pattern: "files/uploadlink", Handle: a.uploadLink, MaxBody: dialect.SmallBody, Needs: filesWrite},
		{Method: "POST", Pattern: "files/downloadlink", Handle: a.downloadLink, MaxBody: dialect.SmallBody},
		{Method: "POST", Pattern: "files/delete", Handle: a.deleteFiles, MaxBody: dialect.SmallBody, Action: "files.delete", Needs: filesWrite},
		{Method: "POST", Pattern: "files/initmultipartupload", Handle: refuseMultipart},
		{Method: "POST", Pattern: "files/completemultipartupload", Handle: refuseMultipart},
	}
}

func (a *API) sessionRoutes() []dialect.Route {
	return []dialect.Route{
		{Method: "POST", Pattern: "sessions", Handle: a.createSession, MaxBody: dialect.SmallBody, Action: "sessions.create", Needs: sessionsCreate},
		{Method: "GET", Pattern: "sessions", Handle: a.listSessions},
		{Method: "POST", Pattern: "sessions/byids", Handle: a.sessionsByIDs, MaxBody: dialect.SmallBody},
		{Method: "POST", Pattern: "sessions/revoke", Handle: a.revokeSessions, MaxBody: dialect.SmallBody, Action: "sessions.revoke", Needs: sessionsDelete},
	}
}

// ServesPublic reports whether a path carries its own right and so needs no
// token: the upload and download links.
func ServesPublic(path string) bool { return strings.HasPrefix(path, uploadRoot) }

// ServeHTTP serves the engine's user, see Serve.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.Serve(w, r, core.Caller{}) }

// Serve serves a request of the dialect for a caller; anything else is a 404 in
// its shape.
func (a *API) Serve(w http.ResponseWriter, r *http.Request, caller core.Caller) {
	if right, ok := strings.CutPrefix(r.URL.Path, uploadRoot); ok {
		a.transfer(w, r, right)
		return
	}
	if r.URL.Path == root+"token/inspect" {
		a.token(w, r, caller)
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, root+"projects/")
	project, path, _ := strings.Cut(rest, "/")
	switch {
	case ok && project != Project:
		refuse(w, r, http.StatusUnauthorized, client.Invalidf("Unauthorized: no access to project %q, this engine has %q", project, Project))
	case !ok || !a.projects.Serve(w, r, path, caller):
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
	var limited *client.Error
	if errors.As(err, &limited) && limited.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(limited.RetryAfter.Seconds()))))
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
