package contexts

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/authtest"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/cmd/config"
)

// place is a project far away with an issuer of its own.
type place struct {
	*httptest.Server
	issuer *authtest.Issuer

	mu     sync.Mutex
	ended  string // the token that is refused
	tokens []string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{issuer: authtest.New(t, time.Now, authtest.Client{ID: "console"}, authtest.Client{ID: "svc", Secret: "svc-secret-1"})}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *place) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := r.Header.Get("Authorization")
	p.mu.Lock()
	p.tokens = append(p.tokens, token)
	ended := token == "" || token == p.ended
	p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if ended {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":{"code":401,"message":"Unauthorized"}}`) // a client that goes is its own affair
		return
	}
	_, _ = io.WriteString(w, `{"items":[],"runtimes":["py312"]}`) // as above
}

// end has the newest token refused from now on.
func (p *place) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = p.tokens[len(p.tokens)-1]
}

func (p *place) context(name string, flow auth.Flow) config.Context {
	x := config.Context{
		Name: name, Backend: config.BackendCognite, BaseURL: p.URL, Project: "p",
		Identity: auth.Identity{Flow: flow, Issuer: p.issuer.Issuer, ClientID: "console", Scopes: []string{"openid", "offline_access"}, RedirectURL: "http://localhost:0"},
	}
	if flow == auth.FlowClientSecret {
		x.Identity.ClientID, x.Identity.ClientSecret = "svc", auth.TypedReference("svc-secret-1")
	}
	return x
}

// newBoard is the board of some contexts.
func newBoard(t *testing.T, all ...config.Context) *Board {
	t.Helper()
	dir := t.TempDir()
	desk := &Desk{StateDir: dir, KeyFile: filepath.Join(dir, "key"), Env: func(string) string { return "" }, Clock: time.Now}
	b := NewBoard(desk, &config.Config{Contexts: all}, func(config.Context) action.Marks { return action.Marks{} })
	t.Cleanup(func() {
		b.Close()
		desk.Close(context.Background())
	})
	return b
}

// signIn signs a person in with the browser.
func (b *Board) signIn(t *testing.T, name string) {
	t.Helper()
	var once sync.Once
	require.NoError(t, b.Desk.SignIn(t.Context(), b.config.Contexts[0], auth.FlowBrowser, func(p auth.Prompt) {
		once.Do(func() {
			go func() {
				reply, err := (&http.Client{}).Get(p.Browser.Address)
				if assert.NoError(t, err, name) {
					_ = reply.Body.Close() // it is of no interest
				}
			}()
		})
	}))
}

// list asks a context for its functions.
func (b *Board) list(t *testing.T, name string) error {
	t.Helper()
	opened, err := b.Open(t.Context(), name)
	require.NoError(t, err)
	_, err = opened.Backend.Functions(t.Context())
	return err
}

func codeOf(t *testing.T, err error) client.Code {
	t.Helper()
	require.Error(t, err)
	return client.Explain(err).Code
}

func TestAContextThatIsDownTakesNoOtherWithIt(t *testing.T) {
	up, down := newPlace(t), newPlace(t)
	b := newBoard(t, up.context("up", auth.FlowClientSecret), down.context("down", auth.FlowClientSecret))
	require.NoError(t, b.list(t, "down"))
	down.Close()
	assert.Equal(t, client.CodeUnavailable, codeOf(t, b.list(t, "down")))
	assert.NoError(t, b.list(t, "up"))
	rows, err := b.All()
	require.NoError(t, err)
	require.Len(t, rows, 2)
	for _, row := range rows {
		assert.NoError(t, row.Fault, "%s: the identity stands", row.Description.Name)
	}
}

func TestOnlyAnApplicationWithACertificateIsRefusedCallsAndSchedules(t *testing.T) {
	for _, flow := range auth.Flows() {
		assert.Equal(t, flow == auth.FlowClientCertificate, NoSessions(flow) != "", flow)
	}
}

func TestAnIssuerThatIsDownTakesNoOtherContextWithIt(t *testing.T) {
	up, down := newPlace(t), newPlace(t)
	b := newBoard(t, up.context("up", auth.FlowClientSecret), down.context("down", auth.FlowClientSecret))
	down.issuer.Fault("/token", -1, authtest.BadGateway())
	assert.Equal(t, client.CodeUnavailable, codeOf(t, b.list(t, "down")))
	assert.NoError(t, b.list(t, "up"))
	assert.Empty(t, down.tokens, "nothing was sent without a token")
	rows, err := b.All()
	require.NoError(t, err)
	assert.Nil(t, rows[0].Status.Problem)
	assert.NotNil(t, rows[1].Status.Problem)
}

func TestASignInThatWasRevokedIsSaidOnceAndOtherContextsGoOn(t *testing.T) {
	mine, other := newPlace(t), newPlace(t)
	b := newBoard(t, mine.context("mine", auth.FlowBrowser), other.context("other", auth.FlowClientSecret))
	b.signIn(t, "mine")
	require.NoError(t, b.list(t, "mine"))
	mine.end()
	require.NoError(t, b.list(t, "mine"), "a new token comes without a word")
	mine.issuer.EndSignIns()
	mine.end()
	asked := mine.issuer.Count("refresh_token")
	for range 5 {
		err := b.list(t, "mine")
		assert.Equal(t, client.CodeUnauthenticated, codeOf(t, err))
		assert.Contains(t, client.Explain(err).Hint, "fndeck auth login")
	}
	assert.Equal(t, asked+1, mine.issuer.Count("refresh_token"), "a token that was revoked is not sent again")
	assert.NoError(t, b.list(t, "other"))

	b.signIn(t, "mine")
	assert.NoError(t, b.list(t, "mine"), "the console that was open all the time goes on")
}

func TestASignOutEndsAnOpenConsole(t *testing.T) {
	mine := newPlace(t)
	b := newBoard(t, mine.context("mine", auth.FlowBrowser))
	b.signIn(t, "mine")
	require.NoError(t, b.list(t, "mine"))
	sent := len(mine.tokens)
	require.NoError(t, b.SignOut(t.Context(), "mine"))
	assert.Equal(t, client.CodeUnauthenticated, codeOf(t, b.list(t, "mine")))
	assert.Len(t, mine.tokens, sent, "nothing leaves any more")
}

// A canary that is planted as secret and token is nowhere in what a context leaves on
// this machine, in any of the ways in which it could be written.
func TestNoSecretOfAContextIsLeftReadable(t *testing.T) {
	p := newPlace(t)
	b := newBoard(t, p.context("mine", auth.FlowClientSecret))
	require.NoError(t, b.list(t, "mine"))
	p.end()
	require.NoError(t, b.list(t, "mine"))
	p.Close()
	require.Error(t, b.list(t, "mine"))
	opened, err := b.Open(t.Context(), "mine")
	require.NoError(t, err)
	tracer, ok := opened.Backend.(client.Tracer)
	require.True(t, ok)
	shown := fmt.Sprintf("%+v", tracer.Trace().Exchanges())
	canaries := []string{"svc-secret-1"}
	for _, token := range p.tokens {
		canaries = append(canaries, token[len("Bearer "):])
	}
	require.NoError(t, filepath.WalkDir(b.Desk.StateDir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		shown += string(text)
		return err
	}))
	for _, secret := range canaries {
		for _, form := range authtest.Forms(secret) {
			assert.NotContains(t, shown, form)
		}
		assert.Equal(t, "to •••", b.Desk.known.Text("to "+secret), "what is traced from now on knows it")
	}
}
