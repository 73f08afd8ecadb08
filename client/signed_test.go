package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
)

// counter gives the tokens 1, 2, 3: the next one once one was dropped.
type counter struct {
	mu      sync.Mutex
	current int
	last    int // no more after it
	err     error
}

func (c *counter) Token(context.Context) (auth.Token, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil && c.current > c.last {
		return auth.Token{}, c.err
	}
	return auth.Token{Value: auth.NewSecret("t" + strconv.Itoa(min(c.current, c.last)))}, nil
}

func (c *counter) Drop(token auth.Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if token.Value.Reveal() == "t"+strconv.Itoa(c.current) {
		c.current++
	}
}

// guarded takes one token only and notes what came.
type guarded struct {
	*httptest.Server
	takes string
	mu    sync.Mutex
	seen  []string // token and body of each request
}

func newGuarded(t *testing.T, takes string) *guarded {
	t.Helper()
	g := &guarded{takes: takes}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		g.mu.Lock()
		g.seen = append(g.seen, token+" "+string(body))
		g.mu.Unlock()
		if token != g.takes {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *guarded) client(t *testing.T, tokens Tokens) *http.Client {
	t.Helper()
	base, err := url.Parse(g.URL)
	require.NoError(t, err)
	return &http.Client{Transport: Signed(tokens, base, g.Client().Transport)}
}

func TestARefusedTokenIsReplacedOnceAndTheRequestSentAgainWhole(t *testing.T) {
	g := newGuarded(t, "t2")
	reply, err := g.client(t, &counter{current: 1, last: 9}).Post(g.URL, "text/plain", strings.NewReader("body"))
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, reply.StatusCode)
	assert.Equal(t, []string{"t1 body", "t2 body"}, g.seen)
	assert.NoError(t, reply.Body.Close())
}

func TestAContextThatIsRefusedWithEveryTokenSaysSoAndIsNotAskedForEver(t *testing.T) {
	g := newGuarded(t, "none")
	for name, c := range map[string]struct {
		tokens *counter
		asked  int
	}{
		"another token is refused too": {&counter{current: 1, last: 9}, 2},
		"there is no other token":      {&counter{current: 1, last: 1}, 1},
	} {
		g.seen = nil
		reply, err := g.client(t, c.tokens).Get(g.URL)
		require.NoError(t, err, name)
		assert.Equal(t, http.StatusUnauthorized, reply.StatusCode, name)
		assert.Len(t, g.seen, c.asked, name)
		assert.NoError(t, reply.Body.Close())
	}
}

func TestABodyThatCannotBeHadAgainIsNotSentAgain(t *testing.T) {
	g := newGuarded(t, "t2")
	reply, err := g.client(t, &counter{current: 1, last: 9}).Post(g.URL, "text/plain", io.MultiReader(strings.NewReader("once")))
	require.NoError(t, err)
	assert.Equal(t, http.StatusUnauthorized, reply.StatusCode)
	assert.Equal(t, []string{"t1 once"}, g.seen)
	assert.NoError(t, reply.Body.Close())
}

func TestWhoHasToSignInIsToldSoWithTheNextStep(t *testing.T) {
	g := newGuarded(t, "none")
	tokens := &counter{current: 1, last: 1, err: &auth.Error{Code: auth.CodeSignIn, Message: "the sign-in has ended", Hint: "fndeck auth login"}}
	reply, err := g.client(t, tokens).Get(g.URL)
	if reply != nil {
		_ = reply.Body.Close()
	}
	var e *Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, CodeUnauthenticated, e.Code)
	assert.Equal(t, "the sign-in has ended", e.Message)
	assert.Equal(t, "fndeck auth login", e.Hint)
	assert.Len(t, g.seen, 1)
}

func TestATokenGoesToTheHostOfItsContextAlone(t *testing.T) {
	own, other := newGuarded(t, "t1"), newGuarded(t, "")
	client := own.client(t, &counter{current: 1, last: 9})
	reply, err := client.Get(other.URL)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, reply.StatusCode)
	assert.Equal(t, []string{" "}, other.seen)
	assert.NoError(t, reply.Body.Close())
}

func TestATokenIsNotCarriedAlongARedirectOrDownToHTTP(t *testing.T) {
	other := newGuarded(t, "")
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "Bearer t1", r.Header.Get("Authorization"))
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(secure.Close)
	for base, address := range map[string]string{
		secure.URL: secure.URL, // and from there to the other
		"https" + strings.TrimPrefix(other.URL, "http"): other.URL,
	} {
		own, err := url.Parse(base)
		require.NoError(t, err)
		// A client that follows redirects, as ours do not: even then the token stays.
		c := &http.Client{Transport: Signed(&counter{current: 1, last: 9}, own, secure.Client().Transport)}
		reply, err := c.Get(address)
		require.NoError(t, err)
		assert.NoError(t, reply.Body.Close())
	}
	assert.Equal(t, []string{" ", " "}, other.seen, "both came without the token")
}

func TestWhatTheIssuerItselfSaysFollowsTheNextStep(t *testing.T) {
	said := &auth.Error{Code: auth.CodeRefused, Message: "the client secret is wrong", Hint: "set a new one", Server: "AADSTS7000215: Invalid client secret provided."}
	assert.Equal(t, "set a new one; the issuer says: AADSTS7000215: Invalid client secret provided.", Explain(TokenError(said)).Hint)
	said.Hint = ""
	assert.Equal(t, "the issuer says: AADSTS7000215: Invalid client secret provided.", Explain(TokenError(said)).Hint)
}

func TestEveryErrorOfASignInHasAClass(t *testing.T) {
	for _, code := range []auth.Code{
		auth.CodeInvalid, auth.CodeSignIn, auth.CodeRefused, auth.CodeDeclined, auth.CodeExpired, auth.CodeUnsupported,
		auth.CodeUnavailable, auth.CodeProxy, auth.CodeCertificate, auth.CodeUnexpected,
	} {
		var e *Error
		require.ErrorAs(t, TokenError(&auth.Error{Code: code}), &e)
		assert.NotEmpty(t, e.Code, code)
	}
	plain := errors.New("plain")
	assert.Equal(t, plain, TokenError(plain))
	x := Explain(TokenError(&auth.Error{Code: auth.CodeRefused, TraceID: "trace-1", CorrelationID: "correlation-1"}))
	assert.Equal(t, []string{"correlation-1", "trace-1"}, []string{x.RequestID, x.TraceID}, "an administrator asks for both")
}
