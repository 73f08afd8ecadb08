//go:build linux

package embedded_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"fndeck/auth/oidctest"
	"fndeck/client/embedded/engine/trust/trusttest"
)

func TestTheEngineTakesTheTokensOfARealIssuer(t *testing.T) {
	require.Equal(t, oidctest.Audience, trusttest.Audience, "the engine of these tests trusts one audience")
	p := oidctest.Start(t, time.Hour)
	d := trusting(t, p.Issuer)
	token := func(scope string) string {
		config := clientcredentials.Config{
			ClientID: oidctest.SecretClient, ClientSecret: p.Secret, TokenURL: p.TokenURL, Scopes: []string{scope}, AuthStyle: oauth2.AuthStyleInParams,
		}
		token, err := config.Token(t.Context())
		require.NoError(t, err)
		return token.AccessToken
	}
	told := d.send(token(oidctest.Audience+"/.default"), http.MethodGet, tokenInspect, "")
	require.Equal(t, http.StatusOK, told.status, told.message())
	assert.Equal(t, oidctest.SecretClient, told.body["subject"])
	opened := d.send(token("fndeck.write"), http.MethodPost, inProject+"sessions", `{"items":[{"tokenExchange":true}]}`)
	assert.Equal(t, http.StatusCreated, opened.status, opened.message())
	denied := d.send(token("fndeck.read"), http.MethodPost, inProject+"sessions", `{"items":[{"tokenExchange":true}]}`)
	assert.Equal(t, http.StatusForbidden, denied.status)
	assert.Contains(t, denied.message(), "sessionsAcl:CREATE")
	other := d.send(token(oidctest.MiddleAudience+"/.default"), http.MethodGet, tokenInspect, "")
	assert.Equal(t, http.StatusUnauthorized, other.status)
	assert.Contains(t, other.message(), `it is meant for "`+oidctest.MiddleAudience+`"`)
}

func TestTheVendorsClientSignsInAtARealIssuerAndDoesADaysWorkOnTheEngine(t *testing.T) {
	p := oidctest.Start(t, time.Hour)
	d := trusting(t, p.Issuer)
	known, err := json.Marshal(map[string]string{"client_id": oidctest.SecretClient, "client_secret": p.Secret})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "client.json")
	require.NoError(t, os.WriteFile(file, known, 0o600))
	for _, major := range []string{"7", "8"} {
		judge(t, "day.py", major, d.status.TCP, "client", file, p.TokenURL)
	}
	for _, e := range trail(t, d.o.StateDir) {
		if e.Action == "functions.create" {
			assert.Equal(t, []string{oidctest.SecretClient, p.Issuer}, []string{e.User, e.Issuer})
		}
	}
}
