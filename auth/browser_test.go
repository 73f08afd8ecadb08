package auth_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/authtest"
)

// visit opens an address as a browser does and returns where it leads, without
// going there.
func visit(t *testing.T, address string) string {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	reply, err := client.Get(address)
	require.NoError(t, err)
	require.NoError(t, reply.Body.Close())
	return reply.Header.Get("Location")
}

// fetch opens an address and returns its status.
func fetch(t *testing.T, address string) int {
	t.Helper()
	reply, err := (&http.Client{}).Get(address)
	require.NoError(t, err)
	require.NoError(t, reply.Body.Close())
	return reply.StatusCode
}

// byBrowser begins a sign-in and returns its prompt and how it ends.
func (d *desk) byBrowser(t *testing.T, ctx context.Context, identity auth.Identity) (auth.BrowserPrompt, <-chan error) {
	t.Helper()
	prompts, end := make(chan auth.Prompt, 1), make(chan error, 1)
	go func() {
		end <- auth.SignIn(ctx, identity, d.options(), func(p auth.Prompt) { prompts <- p })
	}()
	select {
	case p := <-prompts:
		require.NotNil(t, p.Browser)
		return *p.Browser, end
	case err := <-end:
		require.NoError(t, err)
		panic("a sign-in without a prompt")
	}
}

func TestABrowserThatComesBackToTheListenerSignsIn(t *testing.T) {
	d := newDesk(t)
	prompt, end := d.byBrowser(t, t.Context(), d.person(auth.FlowBrowser))
	assert.NotEmpty(t, prompt.Listening)
	assert.Equal(t, d.URL, "http://"+prompt.Host)
	address, err := url.Parse(prompt.Address)
	require.NoError(t, err)
	query := address.Query()
	assert.Equal(t, "S256", query.Get("code_challenge_method"))
	assert.Regexp(t, `^http://localhost:[1-9]\d*$`, query.Get("redirect_uri"))

	back := visit(t, prompt.Address)
	local, err := url.Parse(back)
	require.NoError(t, err)
	base := "http://" + local.Host
	assert.Equal(t, http.StatusNotFound, fetch(t, base+"/favicon.ico"))
	assert.Equal(t, http.StatusBadRequest, fetch(t, base+"/?code=x&state=another"))
	assert.Equal(t, http.StatusOK, fetch(t, back))
	require.NoError(t, <-end)
	_, err = net.Dial("tcp", prompt.Listening[0])
	require.Error(t, err, "the listener has closed")
	require.ErrorContains(t, prompt.Paste(back), "already used")

	redeemed := d.Seen()[0].Form
	assert.Equal(t, query.Get("redirect_uri"), redeemed.Get("redirect_uri"), "the same in both requests")
	token(t, d.open(t, d.person(auth.FlowDeviceCode))) // the flow does not matter to the store
}

func TestAPastedAddressSignsInWhereNoListenerIsReached(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	require.NoError(t, err)
	six, err := net.Listen("tcp", "[::1]:"+port)
	if err == nil {
		defer func() { _ = six.Close() }()
	}
	d := newDesk(t)
	d.env["USER"], d.env["SSH_CONNECTION"] = "ada", "10.0.0.1 5000 10.0.0.2 22"
	identity := d.person(auth.FlowBrowser)
	identity.RedirectURL = "http://127.0.0.1:" + port + "/back"
	prompt, end := d.byBrowser(t, t.Context(), identity)
	assert.Contains(t, prompt.NotListening, "port "+port)
	assert.Equal(t, "ssh -L "+port+":127.0.0.1:"+port+" ada@10.0.0.2", prompt.Tunnel)

	back := visit(t, prompt.Address)
	for text, want := range map[string]string{
		"":                       "whole address",
		"abcdef":                 "bare code",
		strings.Repeat("x", 1e6): "longer than any address",
		"http://127.0.0.1/back?code=x&state=other": "another sign-in",
		"http://127.0.0.1/back":                    "another sign-in",
		back + "&code=second":                      "two codes",
		strings.Replace(back, "code=", "no=", 1):   "no code",
		"http://127.0.0.1/back?state=%zz":          "cannot be read",
	} {
		require.ErrorContains(t, prompt.Paste(text), want)
	}
	wrapped := " " + strings.Replace(back[:30]+"\n  "+back[30:], "?", "#", 1) + "\r\n"
	require.NoError(t, prompt.Paste(wrapped))
	require.NoError(t, <-end)
	token(t, d.open(t, identity))
}

func TestABrowserThatBringsARefusalEndsTheSignIn(t *testing.T) {
	d := newDesk(t)
	prompt, end := d.byBrowser(t, t.Context(), d.person(auth.FlowBrowser))
	address, err := url.Parse(prompt.Address)
	require.NoError(t, err)
	back := address.Query().Get("redirect_uri") + "?error=access_denied&error_description=not+me&state=" + address.Query().Get("state")
	require.NoError(t, prompt.Paste(back))
	e := asError(t, <-end)
	assert.Equal(t, auth.CodeDeclined, e.Code)
	assert.Equal(t, "not me", e.Server)
}

func TestACodeThatWasRedeemedBeforeSaysToStartAgain(t *testing.T) {
	d := newDesk(t)
	d.Fault("/token", 1, authtest.Refuse("invalid_grant", "AADSTS54005: already redeemed", 54005))
	prompt, end := d.byBrowser(t, t.Context(), d.person(auth.FlowBrowser))
	require.NoError(t, prompt.Paste(visit(t, prompt.Address)))
	e := asError(t, <-end)
	assert.Equal(t, auth.CodeExpired, e.Code)
	assert.Equal(t, "start again", e.Hint)
}

func TestASignInByBrowserEndsWithItsContextOrItsTime(t *testing.T) {
	d := newDesk(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, end := d.byBrowser(t, ctx, d.person(auth.FlowBrowser))
	cancel()
	require.ErrorIs(t, <-end, context.Canceled)

	prompt, end := d.byBrowser(t, t.Context(), d.person(auth.FlowBrowser))
	assert.Equal(t, d.clock.Now().Add(15*time.Minute), prompt.Ends)
	<-d.clock.Waiting()
	<-d.clock.Waiting()
	d.clock.Advance(15 * time.Minute)
	assert.Equal(t, auth.CodeExpired, asError(t, <-end).Code)
}

func TestFoundrysPublicClientSignsInIsRenewedAndRevoked(t *testing.T) {
	d := newDesk(t)
	base := d.URL + "/multipass/api/oauth2"
	identity := auth.Identity{
		Flow: auth.FlowBrowser, AuthorizeURL: base + "/authorize", TokenURL: base + "/token", RevokeURL: base + "/revoke_token",
		ClientID: personID, Scopes: []string{"api:read", "offline_access"}, RedirectURL: "http://127.0.0.1:0/auth/callback",
	}
	prompt, end := d.byBrowser(t, t.Context(), identity)
	require.NoError(t, prompt.Paste(visit(t, prompt.Address)))
	require.NoError(t, <-end)
	source := d.open(t, identity)
	first := token(t, source)
	d.clock.Advance(time.Hour)
	assert.NotEqual(t, first, token(t, source))
	require.NoError(t, auth.SignOut(t.Context(), identity, d.options()))
	require.Len(t, d.Revoked(), 1)
}

func TestWhoComesOverSSHIsAskedForACodeFirst(t *testing.T) {
	d := newDesk(t)
	person := d.person(auth.FlowBrowser)
	getenv := func(name string) string { return d.env[name] }
	assert.Equal(t, auth.FlowBrowser, auth.SignInFlow(person, getenv, true))
	assert.Equal(t, auth.FlowDeviceCode, auth.SignInFlow(person, getenv, false))
	d.env["SSH_TTY"] = "/dev/pts/1"
	assert.Equal(t, auth.FlowDeviceCode, auth.SignInFlow(person, getenv, true))
	foundry := auth.Identity{Flow: auth.FlowBrowser, TokenURL: "https://f/token", AuthorizeURL: "https://f/authorize", ClientID: "x"}
	assert.Equal(t, auth.FlowBrowser, auth.SignInFlow(foundry, getenv, true), "it has no device code")
}
