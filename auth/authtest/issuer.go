// Package authtest is a small OpenID Connect issuer for tests, with the routes of
// Entra and of Foundry's multipass, and the endpoints that clouds give to
// machines. It keeps the rules that matter (PKCE, one use of a code, rotation with
// reuse detection, the state of a device code), counts what it is asked, and
// misbehaves on request. It signs JWTs that its key set verifies.
package authtest

import (
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Tenant is the one that the issuer knows.
const Tenant = "t1"

// Client is an application that the issuer knows.
type Client struct {
	ID string
	// Secret or Certificate prove it; a client without both is public.
	Secret      string
	Certificate *x509.Certificate
	// Scopes are those it may ask for; nil is all.
	Scopes []string
}

// Issuer is one issuer on a loopback port. Its fields may be changed while
// nothing is under way.
type Issuer struct {
	// URL is the server's, Issuer that of the discovery document.
	URL, Issuer string
	// User is who signs in at its pages.
	User string
	// Life is expires_in of its answers: a number, a string, nil for none. The
	// tokens themselves live TokenLife.
	Life      any
	TokenLife time.Duration
	// Skew puts the clock of its Date header, and of its judgement, off.
	Skew time.Duration
	// Discovery changes the discovery document, if not nil.
	Discovery func(document map[string]any)
	// Audience is the aud claim of access tokens.
	Audience string

	now func() time.Time
	key signer

	mu      sync.Mutex
	clients map[string]Client
	seen    []Seen
	faults  []fault
	codes   map[string]*code
	devices map[string]*device // by device code
	refresh map[string]*family // by refresh token
	revoked []string
}

// Seen is one request to a token, device or revocation endpoint.
type Seen struct {
	Path, Grant string
	// Place is where the client's proof came: body, header, assertion or none.
	Place string
	Form  url.Values
}

// New starts an issuer that ends with the test. It judges by the clock now.
func New(t testing.TB, now func() time.Time, clients ...Client) *Issuer {
	t.Helper()
	i := &Issuer{
		User: "ada@example.com", Life: 3600, TokenLife: time.Hour, Audience: "https://api.example.com", now: now, key: newSigner(t),
		clients: map[string]Client{}, codes: map[string]*code{}, devices: map[string]*device{}, refresh: map[string]*family{},
	}
	for _, c := range clients {
		i.clients[c.ID] = c
	}
	server := httptest.NewServer(i.routes())
	t.Cleanup(server.Close)
	i.URL, i.Issuer = server.URL, server.URL+"/"+Tenant
	return i
}

func (i *Issuer) routes() http.Handler {
	mux := http.NewServeMux()
	entra := "/" + Tenant
	mux.HandleFunc("GET "+entra+"/.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET "+entra+"/keys", i.keys)
	for _, base := range []string{entra + "/oauth2/v2.0", "/multipass/api/oauth2"} {
		mux.HandleFunc("GET "+base+"/authorize", i.authorize)
		mux.HandleFunc("POST "+base+"/token", i.token)
	}
	mux.HandleFunc("POST "+entra+"/oauth2/v2.0/devicecode", i.deviceCode)
	mux.HandleFunc("POST "+entra+"/oauth2/v2.0/revoke", i.revoke)
	mux.HandleFunc("POST /multipass/api/oauth2/revoke_token", i.revoke)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", i.time().UTC().Format(http.TimeFormat))
		if r.Method == http.MethodPost {
			i.note(r)
		}
		if f := i.nextFault(r); f != nil {
			f(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// time is the issuer's own.
func (i *Issuer) time() time.Time { return i.now().Add(i.Skew) }

func (i *Issuer) note(r *http.Request) {
	_ = r.ParseForm() // an unreadable form is an empty one
	place := "none"
	if _, _, basic := r.BasicAuth(); basic {
		place = "header"
	}
	switch {
	case r.PostForm.Has("client_secret"):
		place = "body"
	case r.PostForm.Has("client_assertion"):
		place = "assertion"
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.seen = append(i.seen, Seen{r.URL.Path, r.PostForm.Get("grant_type"), place, r.PostForm})
}

// Seen returns the POST requests so far.
func (i *Issuer) Seen() []Seen {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.seen)
}

// Count returns how often a grant was asked for; "" counts every request.
func (i *Issuer) Count(grant string) (n int) {
	for _, s := range i.Seen() {
		if grant == "" || s.Grant == grant {
			n++
		}
	}
	return n
}

// Revoked returns the tokens that were taken back.
func (i *Issuer) Revoked() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.revoked)
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	base := i.Issuer + "/oauth2/v2.0"
	document := map[string]any{
		"issuer": i.Issuer, "token_endpoint": base + "/token", "authorization_endpoint": base + "/authorize",
		"device_authorization_endpoint": base + "/devicecode", "revocation_endpoint": base + "/revoke", "jwks_uri": i.Issuer + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
	}
	if i.Discovery != nil {
		i.Discovery(document)
	}
	writeJSON(w, http.StatusOK, document)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // whoever has gone does not want it
}

// refuse answers as Entra does.
func refuse(w http.ResponseWriter, word, description string, codes ...int) {
	status := http.StatusBadRequest
	if word == "invalid_client" {
		status = http.StatusUnauthorized
	}
	writeJSON(w, status, map[string]any{
		"error": word, "error_description": description, "error_codes": codes,
		"trace_id": "trace-1", "correlation_id": "correlation-1",
	})
}

func (i *Issuer) revoke(_ http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	token := r.PostForm.Get("token")
	i.revoked = append(i.revoked, token)
	if f := i.refresh[token]; f != nil {
		f.dead = true
	}
}

// scopesOf splits a scope parameter.
func scopesOf(r *http.Request) []string { return strings.Fields(r.Form.Get("scope")) }
