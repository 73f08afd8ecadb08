package cognite

import (
	"cmp"
	"net/http"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
)

// The rights that routes need, as token/inspect tells them and refusals name them.
const (
	functionsWrite = "functionsAcl:WRITE"
	filesWrite     = "filesAcl:WRITE"
	sessionsCreate = "sessionsAcl:CREATE"
	sessionsDelete = "sessionsAcl:DELETE"
)

// token serves token/inspect, which tells a caller who it is and what it may.
func (a *API) token(w http.ResponseWriter, r *http.Request, caller core.Caller) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		refuse(w, r, http.StatusMethodNotAllowed, client.Invalidf("token/inspect takes GET"))
		return
	}
	_ = dialect.WriteJSON(w, http.StatusOK, map[string]any{ // a map of plain values always encodes
		"subject":      cmp.Or(caller.Subject, core.Subject()),
		"projects":     []any{map[string]any{"projectUrlName": Project, "groups": []int{}}},
		"capabilities": capabilitiesOf(caller),
	})
}

// capabilitiesOf are the rights of a caller: all, but for who may only read, and
// for a call's callee, which may open no session.
func capabilitiesOf(caller core.Caller) []any {
	all := map[string]any{"all": map[string]any{}}
	capability := func(acl string, actions ...string) any {
		return map[string]any{acl: map[string]any{"actions": actions, "scope": all}, "projectScope": map[string]any{"projects": []string{Project}}}
	}
	switch {
	case caller.ReadOnly:
		return []any{capability("functionsAcl", "READ"), capability("filesAcl", "READ"), capability("sessionsAcl", "LIST")}
	case caller.Depth > 0:
		return []any{capability("functionsAcl", "READ", "WRITE", "RUN"), capability("filesAcl", "READ", "WRITE"), capability("sessionsAcl", "LIST", "DELETE")}
	}
	return []any{capability("functionsAcl", "READ", "WRITE", "RUN"), capability("filesAcl", "READ", "WRITE"), capability("sessionsAcl", "CREATE", "LIST", "DELETE")}
}
