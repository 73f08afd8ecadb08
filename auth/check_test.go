package auth_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
)

func TestAnIdentityThatCannotWorkIsRefusedBeforeAnythingIsSent(t *testing.T) {
	good := auth.Identity{Flow: auth.FlowClientSecret, ClientID: "app", ClientSecret: auth.TypedReference("x"), Tenant: "contoso.example"}
	require.NoError(t, good.Check())
	for says, spoil := range map[string]func(*auth.Identity){
		`unknown flow "magic": allowed are token, client_secret`:   func(id *auth.Identity) { id.Flow = "magic" },
		"the flow client_secret needs client_id":                   func(id *auth.Identity) { id.ClientID = "" },
		"the flow client_secret needs client_secret":               func(id *auth.Identity) { id.ClientSecret = auth.Reference{} },
		"the flow token needs token":                               func(id *auth.Identity) { id.Flow = auth.FlowToken },
		"needs certificate":                                        func(id *auth.Identity) { id.Flow = auth.FlowClientCertificate },
		"the flow client_secret needs tenant, issuer or token_url": func(id *auth.Identity) { id.Tenant = "" },
		"the flow browser needs tenant, issuer or token_url":       func(id *auth.Identity) { id.Flow, id.Tenant = auth.FlowBrowser, "" },
		"the flow default needs scopes":                            func(id *auth.Identity) { id.Flow = auth.FlowDefault },
		"needs user_assertion":                                     func(id *auth.Identity) { id.Flow = auth.FlowOnBehalfOf },
		"needs client_secret or certificate": func(id *auth.Identity) {
			id.Flow, id.UserAssertion, id.ClientSecret = auth.FlowOnBehalfOf, auth.TypedReference("x"), auth.Reference{}
		},
		`secret_place "url": allowed are auto, body and header`: func(id *auth.Identity) { id.SecretPlace = "url" },
		`tenant "a b"`:  func(id *auth.Identity) { id.Tenant = "a b" },
		`tenant "a/b"`:  func(id *auth.Identity) { id.Tenant = "a/b" },
		`tenant "a..b"`: func(id *auth.Identity) { id.Tenant = "a..b" },
		`tenant ".."`:   func(id *auth.Identity) { id.Tenant = ".." },
		"issuer http://evil.example would carry secrets in the clear": func(id *auth.Identity) { id.Issuer = "http://evil.example/x" },
		"token_url http://10.0.0.1":                                   func(id *auth.Identity) { id.TokenURL = "http://10.0.0.1/token" },
		"token_url \"no address\"":                                    func(id *auth.Identity) { id.TokenURL = "no address" },
		"authorize_url has a name or a password":                      func(id *auth.Identity) { id.AuthorizeURL = "https://me:word@host/" },
	} {
		identity := good
		spoil(&identity)
		_, err := auth.Open(identity, auth.Options{})
		e := asError(t, err)
		assert.Equal(t, auth.CodeInvalid, e.Code)
		assert.Contains(t, e.Message, says)
	}
	for _, address := range []string{"http://localhost:8080", "http://127.0.0.1", "http://[::1]:1", "https://any.example"} {
		identity := good
		identity.Issuer = address
		require.NoError(t, identity.Check(), address)
	}
	_, err := auth.Open(auth.Identity{Flow: auth.FlowBrowser, ClientID: "x", Tenant: "contoso.example"}, auth.Options{})
	require.ErrorContains(t, err, "no token store")
}

func TestASecretInTheConfigurationIsWarnedOfAtEveryStart(t *testing.T) {
	d := newDesk(t)
	identity := d.app()
	identity.ClientSecret = reference(t, "inline:"+appWord)
	notes := d.open(t, identity).Status().Notes
	require.Len(t, notes, 1)
	assert.Contains(t, notes[0], "client_secret stands in the configuration itself")
}
