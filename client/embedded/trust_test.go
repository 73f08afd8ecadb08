//go:build linux

package embedded_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded"
	"fndeck/client/embedded/engine/journal"
	"fndeck/client/embedded/engine/trust/trusttest"
	"fndeck/client/pack"
)

// trusted is an engine whose port takes the tokens of an issuer.
type trusted struct {
	*testing.T
	o      embedded.Options
	status embedded.EngineStatus
}

func trusting(t *testing.T, issuer string) *trusted {
	t.Helper()
	t.Setenv("FNDECK_TEST_ISSUER", issuer)
	o, status := onTCP(t)
	require.Equal(t, []string{issuer, trusttest.Audience}, []string{status.Issuer, status.Audience})
	return &trusted{t, o, status}
}

type reply struct {
	status int
	header http.Header
	body   map[string]any
}

// message is the sentence of an error.
func (r reply) message() string {
	e, _ := r.body["error"].(map[string]any)
	said, _ := e["message"].(string)
	return said
}

func (r reply) item() map[string]any { return r.body["items"].([]any)[0].(map[string]any) }

func (d *trusted) send(token, method, path, body string, change ...func(*http.Request)) (r reply) {
	d.Helper()
	request, err := http.NewRequestWithContext(d.Context(), method, d.status.TCP+path, bytes.NewReader([]byte(body)))
	require.NoError(d, err)
	request.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(request)
	}
	answer, err := (&http.Client{}).Do(request)
	require.NoError(d, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(d, errors.Join(err, answer.Body.Close()))
	require.NoError(d, json.Unmarshal(text, &r.body), "%s", text)
	r.status, r.header = answer.StatusCode, answer.Header
	return r
}

const (
	tokenInspect = "/api/v1/token/inspect"
	inProject    = "/api/v1/projects/local/"
)

func TestASubjectOfATrustedIssuerWorksWithTheEngineUnderItsOwnName(t *testing.T) {
	i := trusttest.New(t, time.Now)
	d := trusting(t, i.URL)
	alice := i.Token(nil)
	told := d.send(alice, http.MethodGet, tokenInspect, "")
	require.Equal(t, http.StatusOK, told.status, told.message())
	assert.Equal(t, "alice", told.body["subject"])

	file := d.send(alice, http.MethodPost, inProject+"files", `{"name":"f.zip"}`)
	require.Equal(t, http.StatusCreated, file.status, file.message())
	zip, err := pack.FromFiles(map[string][]byte{"handler.py": []byte("def handle(data):\n    return data\n")})
	require.NoError(t, err)
	put, err := http.NewRequestWithContext(t.Context(), http.MethodPut, file.body["uploadUrl"].(string), bytes.NewReader(zip))
	require.NoError(t, err)
	put.ContentLength = int64(len(zip))
	uploaded, err := (&http.Client{}).Do(put)
	require.NoError(t, err)
	require.NoError(t, uploaded.Body.Close())
	require.Equal(t, http.StatusOK, uploaded.StatusCode)
	id, _ := json.Marshal(file.body["id"])
	made := d.send(alice, http.MethodPost, inProject+"functions", `{"items":[{"name":"hers","fileId":`+string(id)+`}]}`)
	require.Equal(t, http.StatusCreated, made.status, made.message())
	session := d.send(alice, http.MethodPost, inProject+"sessions", `{"items":[{"tokenExchange":true}]}`)
	require.Equal(t, http.StatusCreated, session.status, session.message())
	function, _ := json.Marshal(made.item()["id"])
	called := d.send(alice, http.MethodPost, inProject+"functions/"+string(function)+"/call", `{"nonce":"`+session.item()["nonce"].(string)+`","data":{}}`)
	require.Equal(t, http.StatusCreated, called.status, called.message())

	reader := i.Token(trusttest.Claims{"sub": "rita", "scope": "openid fndeck.read"})
	assert.Equal(t, http.StatusOK, d.send(reader, http.MethodPost, inProject+"functions/list", "{}").status)
	denied := d.send(reader, http.MethodPost, inProject+"functions/delete", `{"items":[{"id":`+string(function)+`}]}`)
	assert.Equal(t, http.StatusForbidden, denied.status)
	assert.Contains(t, denied.message(), "functionsAcl:WRITE")

	did := map[string]string{}
	for _, e := range trail(t, d.o.StateDir) {
		if e.Issuer == i.URL {
			did[e.Action] = e.User + ": " + e.Result
		}
	}
	for _, action := range []string{"files.create", "files.upload", "functions.create", "sessions.create", "functions.call"} {
		assert.Equal(t, "alice: ok", did[action], action)
	}
	assert.Contains(t, did["functions.delete"], "rita: Forbidden")

	bearer, err := os.ReadFile(d.status.BearerFile)
	require.NoError(t, err)
	own := d.send(string(bearer), http.MethodGet, tokenInspect, "")
	assert.Equal(t, http.StatusOK, own.status, "the engine's own bearer works beside it")
	assert.NotEqual(t, "alice", own.body["subject"])
	text, err := os.ReadFile(d.o.StateDir + "/" + journal.AuditFile)
	require.NoError(t, err)
	assert.NotContains(t, string(text), alice)
}

func TestATokenThatIsNotTrustedIsRefusedAtThePort(t *testing.T) {
	i, stranger := trusttest.New(t, time.Now), trusttest.New(t, time.Now)
	d := trusting(t, i.URL)
	for token, says := range map[string]string{
		i.Token(trusttest.Claims{"aud": "api://other"}): "meant for", stranger.Token(nil): "does not trust",
		i.Token(trusttest.Claims{"exp": time.Now().Add(-time.Minute).Unix()}): "expired",
		i.Unsigned(nil): "not signed", i.Confused(nil): "not signed", stranger.Token(trusttest.Claims{"iss": i.URL}): "its signature is not one of the issuer",
		"abc": "the token of this engine is missing or wrong",
	} {
		r := d.send(token, http.MethodGet, tokenInspect, "")
		assert.Equal(t, http.StatusUnauthorized, r.status, says)
		assert.Contains(t, r.message(), says)
		assert.Equal(t, "application/json", r.header.Get("Content-Type"))
		assert.NotEmpty(t, r.header.Get("X-Request-Id"))
	}
	good := i.Token(nil)
	for name, change := range map[string]func(*http.Request){
		"a foreign host":   func(r *http.Request) { r.Host = "evil.test" },
		"a page":           func(r *http.Request) { r.Header.Set("Origin", i.URL) },
		"a page elsewhere": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
	} {
		r := d.send(good, http.MethodGet, tokenInspect, "", change)
		assert.Equal(t, http.StatusForbidden, r.status, name)
		assert.Empty(t, r.header.Get("Access-Control-Allow-Origin"), name)
	}
	assert.Equal(t, http.StatusOK, d.send(good, http.MethodGet, tokenInspect, "").status)
	own := d.send(good, http.MethodGet, "/fndeck/v1/status", "")
	assert.Equal(t, http.StatusNotFound, own.status, "what only the engine can do is not served there")

	socket := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "unix", d.status.Socket)
	}}}
	defer socket.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://engine.local"+tokenInspect, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+good)
	answer, err := socket.Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusUnauthorized, answer.StatusCode, "the socket takes its own token only")
}

func TestAnIssuerThatIsDownStopsNeitherTheEngineNorItsOwnBearer(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	i := trusttest.New(t, time.Now)
	d := trusting(t, gone.URL)
	r := d.send(i.Token(trusttest.Claims{"iss": gone.URL}), http.MethodGet, tokenInspect, "")
	assert.Equal(t, http.StatusServiceUnavailable, r.status)
	assert.Contains(t, r.message(), "the keys of the trusted issuer cannot be had")
	assert.Contains(t, r.message(), "connection refused")
	assert.NotEmpty(t, r.header.Get("Retry-After"))
	assert.Equal(t, http.StatusUnauthorized, d.send(i.Token(nil), http.MethodGet, tokenInspect, "").status, "a foreign token needs no keys")
	bearer, err := os.ReadFile(d.status.BearerFile)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, d.send(string(bearer), http.MethodGet, tokenInspect, "").status)
}
