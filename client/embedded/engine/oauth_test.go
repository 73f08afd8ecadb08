package engine

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/wire"
)

var morning = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

func tokenRequest(i *issuer, form url.Values, basic ...string) (*httptest.ResponseRecorder, map[string]any) {
	r := httptest.NewRequest(http.MethodPost, wire.TokenPath, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if len(basic) == 2 {
		r.SetBasicAuth(basic[0], basic[1])
	}
	w := httptest.NewRecorder()
	i.ServeHTTP(w, r)
	var answer map[string]any
	_ = json.Unmarshal(w.Body.Bytes(), &answer) // no JSON leaves it nil, which the tests see
	return w, answer
}

func TestTheTokenEndpointTakesTheSecretInTheFormOrTheHeader(t *testing.T) {
	now := morning
	i := newIssuer(credentials{"id", "secret"}, func() time.Time { return now })
	grant := func(more ...string) url.Values {
		form := url.Values{"grant_type": {"client_credentials"}, "scope": {"s"}, "audience": {"a"}, "resource": {"r"}}
		for n := 0; n < len(more); n += 2 {
			form.Set(more[n], more[n+1])
		}
		return form
	}
	for _, c := range []struct {
		name   string
		form   url.Values
		basic  []string
		status int
		code   string
	}{
		{"in the form", grant("client_id", "id", "client_secret", "secret"), nil, 200, ""},
		{"in the header", grant(), []string{"id", "secret"}, 200, ""},
		{"wrong in the form", grant("client_id", "id", "client_secret", "other"), nil, 401, "invalid_client"},
		{"wrong in the header", grant("client_id", "id", "client_secret", "secret"), []string{"id", "other"}, 401, "invalid_client"},
		{"another id", grant("client_id", "other", "client_secret", "secret"), nil, 401, "invalid_client"},
		{"none", grant(), nil, 401, "invalid_client"},
		{"another grant", grant("grant_type", "password"), []string{"id", "secret"}, 400, "unsupported_grant_type"},
	} {
		w, answer := tokenRequest(i, c.form, c.basic...)
		assert.Equal(t, c.status, w.Code, c.name)
		assert.Equal(t, "application/json", w.Header().Get("Content-Type"), c.name)
		assert.NotContains(t, w.Body.String(), "secret\"", c.name)
		if c.status != 200 {
			assert.Equal(t, c.code, answer["error"], c.name)
			assert.NotEmpty(t, answer["error_description"], c.name)
			continue
		}
		assert.Equal(t, 3600.0, answer["expires_in"], c.name)
		caller, ok := i.caller(answer["access_token"].(string))
		assert.True(t, ok, c.name)
		assert.Equal(t, "id", caller.Subject)
	}
	_, answer := tokenRequest(i, grant(), "id", "secret")
	now = now.Add(tokenLife + time.Second)
	_, ok := i.caller(answer["access_token"].(string))
	assert.False(t, ok, "after an hour")
	_, ok = i.caller("")
	assert.False(t, ok)
}

func TestTheClientSecretIsMadeOnceForItsOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, wire.ClientFile)
	first, err := loadCredentials(dir)
	require.NoError(t, err)
	assert.Len(t, first.Secret, 64)
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	again, err := loadCredentials(dir)
	require.NoError(t, err)
	assert.Equal(t, first, again)

	require.NoError(t, os.Chmod(file, 0o644))
	_, err = loadCredentials(dir)
	assert.ErrorContains(t, err, "chmod 600")
	require.NoError(t, os.Chmod(file, 0o600))
	require.NoError(t, os.WriteFile(file, []byte(`{"client_id":"x"}`), 0o600))
	_, err = loadCredentials(dir)
	assert.ErrorContains(t, err, "remove it for a new one")
}

func TestOnlyTheOwnClientIdIsHeldToItsSecret(t *testing.T) {
	i := newIssuer(credentials{"id", "secret"}, func() time.Time { return morning })
	assert.False(t, newIssuer(credentials{}, nil).right("", ""), "none is none, not an empty one")
	assert.NoError(t, i.judge("id", "secret"))
	assert.NoError(t, i.judge("of-a-cloud", "whatever"))
	assert.ErrorContains(t, i.judge("id", "other"), "is wrong")
}
