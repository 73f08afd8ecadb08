package cognite

import (
	"net/http"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
)

// createSession opens a session. The engine's callers have proved who they are
// at the socket, so every kind of session is granted to them.
func (a *API) createSession(r *dialect.Request) error {
	var body items[map[string]any]
	if err := dialect.ReadJSON(r, &body); err != nil {
		return err
	}
	item, err := body.one()
	if err != nil {
		return err
	}
	kind := ""
	switch {
	case item["oneshotTokenExchange"] == true:
		kind = "ONESHOT_TOKEN_EXCHANGE"
	case item["tokenExchange"] == true:
		kind = "TOKEN_EXCHANGE"
	case item["clientId"] != nil && item["clientSecret"] != nil:
		kind = "CLIENT_CREDENTIALS"
	default:
		return client.Invalidf("a session needs clientId and clientSecret, tokenExchange or oneshotTokenExchange")
	}
	id, nonce, err := a.core.OpenSession()
	if err != nil {
		return err
	}
	return dialect.WriteJSON(r.Writer, http.StatusCreated, map[string]any{"items": []any{
		map[string]any{"id": id, "status": "READY", "nonce": nonce, "type": kind},
	}})
}

func (a *API) inspect(w http.ResponseWriter) error {
	all := map[string]any{"all": map[string]any{}}
	capability := func(acl string, actions ...string) map[string]any {
		return map[string]any{acl: map[string]any{"actions": actions, "scope": all}, "projectScope": map[string]any{"projects": []string{Project}}}
	}
	return dialect.WriteJSON(w, http.StatusOK, map[string]any{
		"subject":  core.Subject(),
		"projects": []any{map[string]any{"projectUrlName": Project, "groups": []int{}}},
		"capabilities": []any{
			capability("functionsAcl", "READ", "WRITE", "RUN"), capability("filesAcl", "READ", "WRITE"), capability("sessionsAcl", "CREATE"),
		},
	})
}
