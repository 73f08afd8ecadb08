package auth_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/authtest"
	"fndeck/auth/keyring"
	"fndeck/auth/redact"
	"fndeck/auth/tokenstore"
)

// desk is an issuer with a clock and a store, and what a source is opened with.
type desk struct {
	*authtest.Issuer
	clock *authtest.Clock
	store *tokenstore.Store
	known *redact.Known
	env   map[string]string
	dir   string
	ring  *keyring.Ring
}

// The clients that every desk's issuer knows.
const (
	appID    = "app"
	appWord  = "right-secret"
	personID = "person-app"
)

func newDesk(t *testing.T) *desk {
	t.Helper()
	clock := authtest.NewClock()
	dir := t.TempDir() + "/tokens"
	return &desk{
		Issuer: authtest.New(t, clock.Now, authtest.Client{ID: appID, Secret: appWord}, authtest.Client{ID: personID}),
		clock:  clock, store: tokenstore.New(dir), known: &redact.Known{}, env: map[string]string{}, dir: dir,
	}
}

func (d *desk) options() auth.Options {
	return auth.Options{
		Store: d.store, Keyring: d.ring, Clock: d.clock.Clock(), Known: d.known, Jitter: func() float64 { return 0 },
		Getenv: func(name string) string { return d.env[name] },
	}
}

// app is the identity of the confidential client.
func (d *desk) app() auth.Identity {
	return auth.Identity{Flow: auth.FlowClientSecret, Issuer: d.Issuer.Issuer, ClientID: appID, ClientSecret: auth.TypedReference(appWord), Scopes: []string{"api/.default"}}
}

// person is the identity of somebody at a public client.
func (d *desk) person(flow auth.Flow) auth.Identity {
	return auth.Identity{Flow: flow, Issuer: d.Issuer.Issuer, ClientID: personID, Scopes: []string{"api/user_impersonation", "openid", "offline_access"}, RedirectURL: "http://localhost:0"}
}

func (d *desk) open(t *testing.T, identity auth.Identity) auth.Source {
	t.Helper()
	source, err := auth.Open(identity, d.options())
	require.NoError(t, err)
	t.Cleanup(func() { source.Close(t.Context()) })
	return source
}

// token asks a source for a token that must come.
func token(t *testing.T, source auth.Source) string {
	t.Helper()
	got, err := source.Token(t.Context())
	require.NoError(t, err)
	return got.Value.Reveal()
}

// fault asks a source for a token that must not come.
func fault(t *testing.T, source auth.Source) *auth.Error {
	t.Helper()
	_, err := source.Token(t.Context())
	return asError(t, err)
}

func asError(t *testing.T, err error) *auth.Error {
	t.Helper()
	require.Error(t, err)
	var ours *auth.Error
	require.True(t, errors.As(err, &ours), "%v", err)
	return ours
}

// signIn signs in by device code, approved at once.
func (d *desk) signIn(t *testing.T) {
	t.Helper()
	d.signInAs(t, d.person(auth.FlowDeviceCode))
}

// signInAs does the same as somebody else, and returns the note of it.
func (d *desk) signInAs(t *testing.T, id auth.Identity) (note string) {
	t.Helper()
	o := d.options()
	clock := authtest.NewClock().Auto()
	clock.Advance(d.clock.Now().Sub(clock.Now()))
	o.Clock.Wait = clock.Wait
	err := auth.SignIn(t.Context(), id, o, func(p auth.Prompt) {
		if note = p.Note; p.Device != nil {
			d.Approve(p.Device.Code)
		}
	})
	require.NoError(t, err)
	return note
}

func reply(status int, body string) http.HandlerFunc { return authtest.JSON(status, body) }
