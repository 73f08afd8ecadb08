package auth_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/claims"
	"fndeck/auth/oidctest"
	"fndeck/auth/tokenstore"
)

// realDesk is a desk before the real provider, whose clock can run ahead of it.
type realDesk struct {
	*testing.T
	*oidctest.Provider
	dir   string
	ahead time.Duration
}

func newRealDesk(t *testing.T) *realDesk {
	t.Helper()
	return &realDesk{T: t, Provider: oidctest.Start(t, time.Minute), dir: filepath.Join(t.TempDir(), "tokens")}
}

func (d *realDesk) options() auth.Options {
	clock := auth.Clock{
		Now: func() time.Time { return time.Now().Add(d.ahead) },
		Wait: func(ctx context.Context, d time.Duration) error {
			if d > time.Minute { // the end of a sign-in, which no test waits for
				<-ctx.Done()
			}
			return ctx.Err() // the next poll comes at once
		},
	}
	return auth.Options{Store: tokenstore.New(d.dir), Clock: clock, Getenv: func(string) string { return "" }, Jitter: func() float64 { return 0 }}
}

// person is somebody at the public client, whose tokens are for an API.
func (d *realDesk) person(flow auth.Flow, api string) auth.Identity {
	return auth.Identity{
		Flow: flow, Issuer: d.Issuer, ClientID: oidctest.NativeClient, RedirectURL: "http://127.0.0.1:0/callback",
		Scopes: []string{api + "/user_impersonation", "openid", "profile", "offline_access"},
	}
}

// token asks a new source of an identity.
func (d *realDesk) token(identity auth.Identity) (string, auth.Status, error) {
	d.Helper()
	source, err := auth.Open(identity, d.options())
	require.NoError(d, err)
	defer source.Close(d.Context())
	token, err := source.Token(d.Context())
	return token.Value.Reveal(), source.Status(), err
}

// given is a token that must come, for whom and for what.
func (d *realDesk) given(identity auth.Identity, who, api string) string {
	d.Helper()
	token, status, err := d.token(identity)
	require.NoError(d, err)
	assert.Equal(d, []string{who, api}, []string{claims.Of(token).Subject, claims.Of(token).For()})
	assert.WithinDuration(d, time.Now().Add(d.ahead+time.Minute), status.Ends, time.Minute)
	return token
}

// byDevice signs ada in by device code, who comes only after the first poll.
func (d *realDesk) byDevice(identity auth.Identity) []auth.DevicePrompt {
	d.Helper()
	var shown []auth.DevicePrompt
	err := auth.SignIn(d.Context(), identity, d.options(), func(p auth.Prompt) {
		require.NotNil(d, p.Device)
		if shown = append(shown, *p.Device); len(shown) != 2 {
			return
		}
		_, page, err := oidctest.NewPerson("ada").Walk(d.Context(), p.Device.Address, p.Device.Code)
		require.NoError(d, err, page)
	})
	require.NoError(d, err)
	return shown
}

func TestARealIssuerKnowsUsBySecretInEitherPlace(t *testing.T) {
	d := newRealDesk(t)
	app := auth.Identity{
		Flow: auth.FlowClientSecret, Issuer: d.Issuer, ClientID: oidctest.SecretClient,
		ClientSecret: auth.TypedReference(d.Secret), Scopes: []string{oidctest.Audience + "/.default"},
	}
	for _, place := range []string{auth.SecretBody, auth.SecretHeader} {
		app.SecretPlace = place
		d.given(app, oidctest.SecretClient, oidctest.Audience)
	}
	app.ClientSecret = auth.TypedReference("guess")
	_, _, err := d.token(app)
	e := asError(t, err)
	assert.Equal(t, auth.CodeRefused, e.Code)
	assert.NotContains(t, e.Message+e.Hint+e.Server, "guess")
}

func TestARealIssuerKnowsUsByCertificate(t *testing.T) {
	d := newRealDesk(t)
	file := filepath.Join(t.TempDir(), "app.pem")
	require.NoError(t, os.WriteFile(file, d.CertificatePEM, 0o600))
	certificate, err := auth.ParseReference("file:" + file)
	require.NoError(t, err)
	app := auth.Identity{ // addresses of Entra's shape, without discovery
		Flow: auth.FlowClientCertificate, Authority: d.Authority, Tenant: oidctest.Tenant, ClientID: oidctest.CertificateClient,
		CertificateFile: certificate, Scopes: []string{oidctest.Audience + "/.default"},
	}
	d.given(app, oidctest.CertificateClient, oidctest.Audience)
	d.given(app, oidctest.CertificateClient, oidctest.Audience) // each assertion is good for once

	_, other := oidctest.Certificate(t)
	require.NoError(t, os.WriteFile(file, other, 0o600))
	_, _, err = d.token(app)
	assert.Contains(t, asError(t, err).Hint, "thumbprint")
}

func TestARealIssuerSignsAPersonInByDeviceCodeAfterAWhile(t *testing.T) {
	d := newRealDesk(t)
	entra := d.person(auth.FlowDeviceCode, oidctest.Audience)
	entra.Issuer, entra.Authority, entra.Tenant = "", d.Authority, oidctest.Tenant
	entra.Scopes = entra.Scopes[:1] // the others are added for Entra
	shown := d.byDevice(entra)
	require.GreaterOrEqual(t, len(shown), 2)
	assert.Equal(t, []any{1, auth.DeviceWaiting}, []any{shown[1].Polls, shown[1].State}, "authorization_pending")
	d.given(entra, "ada", oidctest.Audience)
	_, status, err := d.token(entra)
	require.NoError(t, err)
	assert.Equal(t, []any{"ada@" + oidctest.Tenant + ".test", true}, []any{status.Who, status.Refreshable})
}

func TestARealIssuerSignsAPersonInByBrowserAtARandomPortAndByAPastedAddress(t *testing.T) {
	for name, back := range map[string]func(t *testing.T, p *auth.BrowserPrompt, address *url.URL){
		"listener": func(t *testing.T, _ *auth.BrowserPrompt, address *url.URL) {
			assert.Equal(t, http.StatusOK, fetch(t, address.String()))
		},
		"pasted": func(t *testing.T, p *auth.BrowserPrompt, address *url.URL) {
			require.ErrorContains(t, p.Paste(address.Query().Get("code")), "whole")
			require.NoError(t, p.Paste(" "+address.String()+"\n"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newRealDesk(t)
			id := d.person(auth.FlowBrowser, oidctest.Audience)
			prompts, end := make(chan *auth.BrowserPrompt, 1), make(chan error, 1)
			go func() {
				end <- auth.SignIn(t.Context(), id, d.options(), func(p auth.Prompt) { prompts <- p.Browser })
			}()
			select {
			case p := <-prompts:
				address, page, err := oidctest.NewPerson("ada").Walk(t.Context(), p.Address, "")
				require.NoError(t, err, page)
				require.NotNil(t, address, page)
				assert.NotEqual(t, "0", address.Port())
				back(t, p, address)
			case err := <-end:
				require.NoError(t, err)
			}
			require.NoError(t, <-end)
			d.given(id, "ada", oidctest.Audience)
		})
	}
}

// file reads the one token file and returns its path and its tokens.
func (d *realDesk) file() (path string, text []byte, set tokenstore.Set) {
	d.Helper()
	paths, err := filepath.Glob(filepath.Join(d.dir, "*.json"))
	require.NoError(d, err)
	require.Len(d, paths, 1)
	text, err = os.ReadFile(paths[0])
	require.NoError(d, err)
	require.NoError(d, json.Unmarshal(text, &set))
	return paths[0], text, set
}

func TestARealIssuerRotatesOurRefreshTokenAndRefusesAUsedOne(t *testing.T) {
	d := newRealDesk(t)
	id := d.person(auth.FlowDeviceCode, oidctest.Audience)
	d.byDevice(id)
	path, before, first := d.file()
	d.ahead = 2 * time.Minute // the first token seems to have ended
	second := d.given(id, "ada", oidctest.Audience)
	_, _, rotated := d.file()
	assert.Equal(t, second, rotated.Access)
	assert.NotEqual(t, first.Refresh, rotated.Refresh)
	d.ahead += 2 * time.Minute
	d.given(id, "ada", oidctest.Audience) // the rotated one is good too

	require.NoError(t, os.WriteFile(path, before, 0o600)) // as from a copy of the disk
	_, status, err := d.token(id)
	require.ErrorIs(t, err, auth.ErrSignIn)
	assert.True(t, status.SignIn)
	_, _, spoilt := d.file()
	assert.Empty(t, spoilt.Refresh, "it is not sent once more")
}

func TestARealIssuerForgetsWhoSignedOut(t *testing.T) {
	d := newRealDesk(t)
	id := d.person(auth.FlowDeviceCode, oidctest.Audience)
	d.byDevice(id)
	path, before, _ := d.file()
	require.NoError(t, auth.SignOut(t.Context(), id, d.options()))
	assert.NoFileExists(t, path)
	require.NoError(t, os.WriteFile(path, before, 0o600))
	d.ahead = 2 * time.Minute
	_, _, err := d.token(id)
	require.ErrorIs(t, err, auth.ErrSignIn, "it was revoked, not only deleted")
}

func TestARealIssuerLetsUsActOnBehalfOfAUser(t *testing.T) {
	d := newRealDesk(t)
	caller := d.person(auth.FlowDeviceCode, oidctest.MiddleAudience)
	d.byDevice(caller)
	middle := auth.Identity{
		Flow: auth.FlowOnBehalfOf, Issuer: d.Issuer, ClientID: oidctest.MiddleClient, ClientSecret: auth.TypedReference(d.Secret),
		UserAssertion: auth.TypedReference(d.given(caller, "ada", oidctest.MiddleAudience)), Scopes: []string{oidctest.Audience + "/user_impersonation"},
	}
	d.given(middle, "ada", oidctest.Audience)

	stranger := d.person(auth.FlowDeviceCode, oidctest.Audience)
	d.byDevice(stranger)
	middle.UserAssertion = auth.TypedReference(d.given(stranger, "ada", oidctest.Audience))
	_, _, err := d.token(middle)
	assert.Contains(t, asError(t, err).Hint, "the token is for "+oidctest.Audience+", wanted is one for "+oidctest.MiddleClient)
}

func TestARealIssuerIsReachedWithoutASecret(t *testing.T) {
	d := newRealDesk(t)
	for _, id := range []auth.Identity{
		d.person(auth.FlowDeviceCode, oidctest.Audience),
		{Flow: auth.FlowBrowser, Authority: d.Authority, Tenant: oidctest.Tenant, ClientID: oidctest.NativeClient},
	} {
		reached, err := auth.Reach(t.Context(), id, d.options())
		require.NoError(t, err)
		assert.Zero(t, reached.Ahead)
		assert.Equal(t, d.Authority, "http://"+reached.Host)
	}
}
