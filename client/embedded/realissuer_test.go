//go:build linux

package embedded_test

import (
	"net/http"
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
	p := oidctest.Start(t, time.Minute)
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
