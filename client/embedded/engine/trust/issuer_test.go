package trust_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/embedded/engine/trust"
	"fndeck/client/embedded/engine/trust/trusttest"
)

// rig is an engine's trust in an issuer, and a clock that both share.
type rig struct {
	*trusttest.Issuer
	trust *trust.Issuer
	mu    sync.Mutex
	now   time.Time
}

func trusting(t *testing.T) *rig {
	t.Helper()
	r := &rig{now: time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)}
	r.Issuer = trusttest.New(t, r.clock)
	r.trust = trust.New(trust.Config{Issuer: r.URL, Audience: trusttest.Audience, Clock: r.clock, Logger: slog.New(slog.DiscardHandler)})
	return r
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) wait(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

func (r *rig) accepts(token string) trust.Identity {
	r.Helper()
	who, err := r.trust.Verify(r.Context(), token)
	require.NoError(r, err)
	return who
}

func (r *rig) refuses(token string) string {
	r.Helper()
	_, err := r.trust.Verify(r.Context(), token)
	var said *client.Error
	require.ErrorAs(r, err, &said)
	require.Equal(r, client.CodeUnauthenticated, said.Code, said.Message)
	return said.Message
}

func TestATokenOfTheIssuerStandsForItsSubject(t *testing.T) {
	r := trusting(t)
	assert.Equal(t, trust.Identity{Subject: "alice"}, r.accepts(r.Token(nil)))
	assert.Equal(t, "bob", r.accepts(r.Token(trusttest.Claims{"sub": "bob", "aud": []string{"other", trusttest.Audience}})).Subject)
	assert.Equal(t, 1, r.Reads(trusttest.DiscoveryPath), "the second token needs nobody")
	assert.Equal(t, 1, r.Reads(trusttest.KeysPath))
}

func TestATokenThatSaysOtherwiseIsRefusedWithTheReason(t *testing.T) {
	r := trusting(t)
	other := trusting(t)
	at := func(d time.Duration) int64 { return r.clock().Add(d).Unix() }
	good := r.Token(nil)
	head, signature, _ := strings.Cut(good, ".")
	_, signature, _ = strings.Cut(signature, ".")
	_, altered, _ := strings.Cut(r.Token(trusttest.Claims{"sub": "root"}), ".")
	altered, _, _ = strings.Cut(altered, ".")
	for name, c := range map[string]struct{ token, says string }{
		"another issuer":          {other.Token(nil), `it was issued by "` + other.URL + `", which this engine does not trust`},
		"another's key":           {other.Token(trusttest.Claims{"iss": r.URL}), "its signature is not one of the issuer"},
		"another audience":        {r.Token(trusttest.Claims{"aud": []string{"a", "b"}}), `it is meant for "a, b", not for this engine`},
		"no audience":             {r.Token(trusttest.Claims{"aud": nil}), "it is meant for nobody, not for this engine"},
		"expired":                 {r.Token(trusttest.Claims{"exp": at(-time.Second)}), "it expired at 2026-11-27T07:59:59Z"},
		"no end":                  {r.Token(trusttest.Claims{"exp": nil}), "it has no end (exp)"},
		"not yet":                 {r.Token(trusttest.Claims{"nbf": at(time.Hour)}), "it is not valid yet (nbf)"},
		"alg none":                {r.Unsigned(nil), "it is not signed with a private key"},
		"the public key as HMAC":  {r.Confused(nil), "it is not signed with a private key"},
		"other claims":            {head + "." + altered + "." + signature, "its signature is not one of the issuer"},
		"no signature":            {strings.TrimSuffix(good, signature), "its signature is not one of the issuer"},
		"no subject":              {r.Token(trusttest.Claims{"sub": nil}), "its subject is missing"},
		"a subject of two lines":  {r.Token(trusttest.Claims{"sub": "a\nb"}), "its subject is missing, or is none that a log can show"},
		"a subject without end":   {r.Token(trusttest.Claims{"sub": strings.Repeat("x", 256)}), "its subject is missing"},
		"scopes of another kind":  {r.Token(trusttest.Claims{"scope": 7}), "its claims cannot be read"},
		"claims that are no JSON": {head + ".e30x." + signature, "its claims cannot be read"},
	} {
		said := r.refuses(c.token)
		assert.Contains(t, said, c.says, name)
		assert.Contains(t, said, "Unauthorized: ", name)
		assert.NotContains(t, said, trusttest.Audience, "%s: what would be right is not told", name)
	}
	assert.Equal(t, "alice", r.accepts(good).Subject)
}

func TestWhatIsNoSignedTokenIsLeftToOthers(t *testing.T) {
	r := trusting(t)
	for _, token := range []string{"", "abc", "a.b", "a.b.c", "e30.e30", "e30.e30.e30.e30", `{"payload":"x"}`} {
		_, err := r.trust.Verify(t.Context(), token)
		assert.ErrorIs(t, err, trust.ErrNoJWT, token)
	}
	assert.Zero(t, r.Reads(trusttest.DiscoveryPath), "the issuer is asked for its own tokens only")
}

func TestARotatedKeyIsFoundWithoutARestart(t *testing.T) {
	r := trusting(t)
	old := r.Token(nil)
	r.accepts(old)
	r.Rotate()
	assert.Contains(t, r.refuses(r.Token(nil)), `the issuer has no key "key-2"`, "it was asked a moment ago")
	r.accepts(old) // that key is known, and not withdrawn yet as far as we know
	r.wait(10 * time.Second)
	r.accepts(r.Token(nil))
	assert.Contains(t, r.refuses(old), `the issuer has no key "key-1"`)
	assert.Equal(t, 2, r.Reads(trusttest.KeysPath))
}

func TestAnotherKeyUnderTheSameIdIsFoundToo(t *testing.T) {
	r := trusting(t)
	r.accepts(r.Token(nil))
	r.Replace("key-1")
	r.wait(10 * time.Second)
	r.accepts(r.Token(nil))
}

func TestAWithdrawnKeyCountsForAnHourAtMost(t *testing.T) {
	r := trusting(t)
	old := r.Token(trusttest.Claims{"exp": r.clock().Add(48 * time.Hour).Unix()})
	r.accepts(old)
	r.Rotate()
	r.wait(time.Hour)
	assert.Contains(t, r.refuses(old), "the issuer has no key")
}

func TestWhoeverKnocksWithForeignKeysDoesNotMakeTheEngineKnockAtTheIssuer(t *testing.T) {
	r := trusting(t)
	stranger := trusting(t)
	stranger.Rotate()
	for range 50 {
		r.refuses(stranger.Token(trusttest.Claims{"iss": r.URL}))
	}
	assert.Equal(t, 1, r.Reads(trusttest.KeysPath))
}

func TestAnIssuerThatIsDownFailsNewKeysOnlyAndIsAskedAgainLater(t *testing.T) {
	r := trusting(t)
	r.Answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	token := r.Token(trusttest.Claims{"exp": r.clock().Add(48 * time.Hour).Unix()})
	unavailable := func() *client.Error {
		_, err := r.trust.Verify(t.Context(), token)
		var said *client.Error
		require.ErrorAs(t, err, &said)
		require.Equal(t, client.CodeUnavailable, said.Code, said.Message)
		return said
	}
	said := unavailable()
	assert.Contains(t, said.Message, r.URL+trusttest.DiscoveryPath+" answered 502")
	assert.Positive(t, said.RetryAfter)
	r.Answer(nil)
	unavailable() // not again at once
	r.wait(said.RetryAfter)
	r.accepts(token)
	r.Answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	r.wait(23 * time.Hour)
	r.accepts(token) // the keys that are known go on for a day
	r.wait(2 * time.Hour)
	unavailable()
}

func TestACallerThatGoesAwaySaysNothingOfTheIssuer(t *testing.T) {
	r := trusting(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.trust.Verify(gone, r.Token(nil))
	require.True(t, errors.Is(err, client.ErrUnavailable), "%v", err)
	r.accepts(r.Token(nil))
}

func TestADocumentThatIsNotRightIsNamedAndNothingOfItIsTaken(t *testing.T) {
	r := trusting(t)
	discovery := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
	}
	for says, answer := range map[string]http.HandlerFunc{
		`issuer is "https://evil.test", not the configured one`: discovery(`{"issuer":"https://evil.test","jwks_uri":"` + r.URL + `/keys"}`),
		`jwks_uri "" is not a URL`:                              discovery(`{"issuer":"` + r.URL + `"}`),
		`jwks_uri: http://evil.test: https is needed`:           discovery(`{"issuer":"` + r.URL + `","jwks_uri":"http://evil.test/keys"}`),
		`something else than the JSON that is expected`:         discovery(`<html>`),
		`answered with more than 1048576 bytes`:                 discovery(`{"issuer":"` + strings.Repeat("x", 1<<20) + `"}`),
		`there is no key to verify signatures with`:             discovery(`{"issuer":"` + r.URL + `","jwks_uri":"` + r.URL + `/keys","keys":[{"kty":"oct","k":"c2VjcmV0"}]}`),
		`answered 302`: func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, "http://evil.test/", http.StatusFound)
		},
		`EOF`: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		r.Answer(answer)
		_, err := r.trust.Verify(t.Context(), r.Token(nil))
		require.ErrorIs(t, err, client.ErrUnavailable, says)
		assert.ErrorContains(t, err, says)
		r.wait(time.Minute)
	}
	r.Answer(nil)
	r.accepts(r.Token(nil))
}

func TestWhoHasOnlyTheScopeToReadMayOnlyRead(t *testing.T) {
	r := trusting(t)
	for name, c := range map[string]struct {
		claims   trusttest.Claims
		readOnly bool
	}{
		"none":                   {nil, false},
		"scopes of others":       {trusttest.Claims{"scope": "openid profile", "roles": []string{"Reader"}}, false},
		"read as scope":          {trusttest.Claims{"scope": "openid fndeck.read"}, true},
		"read as list of scopes": {trusttest.Claims{"scope": []string{"openid", "fndeck.read"}}, true},
		"read as role":           {trusttest.Claims{"roles": []string{"fndeck.read"}}, true},
		"read in Entra's words":  {trusttest.Claims{"scp": "user_impersonation fndeck.read"}, true},
		"read and more":          {trusttest.Claims{"scope": "fndeck.read", "roles": []string{"fndeck.admin"}}, false},
	} {
		assert.Equal(t, c.readOnly, r.accepts(r.Token(c.claims)).ReadOnly, name)
	}
}

func TestAnIssuerIsNamedByAURLThatNobodyOnTheWayCanFeign(t *testing.T) {
	for _, good := range []string{"https://login.test/t1/v2.0", "http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:9"} {
		assert.NoError(t, trust.CheckIssuer(good))
	}
	for _, bad := range []string{"", "login.test", "http://login.test", "http://127.0.0.1.evil.test", "ftp://127.0.0.1", "https://u:p@login.test", "https://login.test?x=1", "https://login.test#x", "http://10.0.0.1"} {
		assert.Error(t, trust.CheckIssuer(bad), bad)
	}
}

func TestTheCertificatesOfAnIssuerCanBeNamed(t *testing.T) {
	clock := func() time.Time { return time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC) }
	i, certificate := trusttest.NewTLS(t, clock)
	file := filepath.Join(t.TempDir(), "ca.pem")
	verify := func(caFile string) error {
		config := trust.Config{Issuer: i.URL, Audience: trusttest.Audience, CAFile: caFile, Clock: clock, Logger: slog.New(slog.DiscardHandler)}
		_, err := trust.New(config).Verify(t.Context(), i.Token(nil))
		return err
	}
	require.ErrorContains(t, verify(""), "engine.oidc.ca_file names a file of certificates to trust")
	require.ErrorContains(t, verify(file), "engine.oidc.ca_file: open "+file)
	require.NoError(t, os.WriteFile(file, []byte("no certificate"), 0o600))
	require.ErrorContains(t, verify(file), "holds no PEM certificate")
	require.NoError(t, os.WriteFile(file, certificate, 0o600))
	require.NoError(t, verify(file))
}
