//go:build linux

package cognite

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/journal"
)

// as is the dialect as a caller sees it whom the listener has found out.
func (s service) as(caller core.Caller) service {
	s.Helper()
	api := New(s.core, knows)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { api.Serve(w, r, caller) }))
	s.Cleanup(s.server.Close)
	return s
}

func (s service) inspect() (subject any, rights map[string]any) {
	s.Helper()
	status, answer := s.send(http.MethodGet, s.server.URL+"/api/v1/token/inspect", "")
	require.Equal(s, http.StatusOK, status)
	rights = map[string]any{}
	for _, c := range answer["capabilities"].([]any) {
		for acl, right := range c.(object) {
			if acl != "projectScope" {
				rights[acl] = right.(object)["actions"]
			}
		}
	}
	return answer["subject"], rights
}

func TestATokenIsToldWhoItIsAndWhatItMay(t *testing.T) {
	s := serve(t)
	subject, rights := s.as(core.Caller{Subject: "alice", Issuer: "https://login.test"}).inspect()
	assert.Equal(t, "alice", subject)
	assert.Equal(t, object{"functionsAcl": []any{"READ", "WRITE", "RUN"}, "filesAcl": []any{"READ", "WRITE"}, "sessionsAcl": []any{"CREATE", "LIST", "DELETE"}}, rights)
	subject, rights = s.as(core.Caller{Subject: "rita", ReadOnly: true}).inspect()
	assert.Equal(t, "rita", subject)
	assert.Equal(t, object{"functionsAcl": []any{"READ"}, "filesAcl": []any{"READ"}, "sessionsAcl": []any{"LIST"}}, rights)
}

func TestWhoMayOnlyReadIsToldTheRightThatIsMissing(t *testing.T) {
	s := serve(t)
	id := number(s.function("")["id"])
	reader := s.as(core.Caller{Subject: "rita", Issuer: "https://login.test", ReadOnly: true})
	for _, path := range []string{"/functions/list", "/functions/schedules/list", "/functions/" + id + "/calls/list"} {
		reader.post(http.StatusOK, path, "{}")
	}
	reader.post(http.StatusOK, "/functions/byids", `{"items":[{"id":`+id+`}]}`)
	for path, right := range map[string]string{
		"/functions": "functionsAcl:WRITE", "/functions/delete": "functionsAcl:WRITE", "/functions/" + id + "/call": "functionsAcl:WRITE",
		"/functions/schedules": "functionsAcl:WRITE", "/functions/schedules/delete": "functionsAcl:WRITE", "/functions/status": "functionsAcl:WRITE",
		"/files": "filesAcl:WRITE", "/files/delete": "filesAcl:WRITE", "/files/uploadlink": "filesAcl:WRITE",
		"/sessions": "sessionsAcl:CREATE", "/sessions/revoke": "sessionsAcl:DELETE",
	} {
		answer := reader.post(http.StatusForbidden, path, `{"items":[{"id":`+id+`}]}`)
		assert.Contains(t, refusal(answer), right, path)
		assert.EqualValues(t, http.StatusForbidden, answer["error"].(object)["code"], path)
	}
	s.post(http.StatusOK, "/functions/byids", `{"items":[{"id":`+id+`}]}`) // it is still there
}

func TestEveryChangeNeedsARight(t *testing.T) {
	s := serve(t)
	for _, route := range New(s.core, knows).projects.Routes {
		if route.Action != "" {
			assert.NotEmpty(t, route.Needs, "%s %s", route.Method, route.Pattern)
		}
	}
}

func TestWhatASubjectOfAnIssuerDoesIsWrittenDownUnderItsName(t *testing.T) {
	s := serve(t)
	// A subject that looks like the engine's own word for a call is still the issuer's.
	alice := s.as(core.Caller{Subject: "call 5 of function 3", Issuer: "https://login.test"})
	alice.function("")
	opened := item(alice.post(http.StatusCreated, "/sessions", `{"items":[{"oneshotTokenExchange":true}]}`))
	assert.NotContains(t, opened, "clientId", "only a client's session names a client")
	text, err := os.ReadFile(filepath.Join(s.dir, journal.AuditFile))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	assert.GreaterOrEqual(t, len(lines), 4)
	for _, line := range lines {
		var e journal.Entry
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		assert.Equal(t, []string{"call 5 of function 3", "https://login.test"}, []string{e.User, e.Issuer}, "%s: an upload is whose its link is", e.Action)
	}
}
