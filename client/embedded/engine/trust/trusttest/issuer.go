// Package trusttest is a small OpenID issuer on loopback, for the tests of what
// trusts one. It has a discovery document, a key set and no flows: tokens are
// signed on demand, true ones and false ones.
package trusttest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// keyBits is the least that RS256 allows; more would only take longer.
const keyBits = 2048

// Audience is whom tokens are meant for, unless their claims say otherwise.
const Audience = "api://fndeck"

// Claims are the claims of a token; nil takes out one that a token has of itself.
type Claims map[string]any

// Issuer is a running issuer. It is safe for concurrent use.
type Issuer struct {
	*testing.T
	// URL is its name.
	URL   string
	clock func() time.Time

	mu   sync.Mutex
	key  *rsa.PrivateKey
	kid  string
	made int
	// answer, if not nil, replaces the documents.
	answer http.HandlerFunc
	reads  map[string]int
}

// New starts an issuer, which ends with the test.
func New(t *testing.T, clock func() time.Time) *Issuer {
	t.Helper()
	i, _ := start(t, clock, (*httptest.Server).Start)
	return i
}

// NewTLS starts one that speaks TLS, with a certificate that no system knows. It
// comes in PEM.
func NewTLS(t *testing.T, clock func() time.Time) (i *Issuer, certificate []byte) {
	t.Helper()
	i, server := start(t, clock, (*httptest.Server).StartTLS)
	return i, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

func start(t *testing.T, clock func() time.Time, listen func(*httptest.Server)) (*Issuer, *httptest.Server) {
	t.Helper()
	i := &Issuer{T: t, clock: clock, reads: map[string]int{}}
	i.Rotate()
	server := httptest.NewUnstartedServer(i)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that a test wants to fail
	listen(server)
	t.Cleanup(server.Close)
	i.URL = server.URL
	return i, server
}

// Rotate replaces the key by another one with another id.
func (i *Issuer) Rotate() {
	i.Helper()
	i.made++
	i.Replace("key-" + strconv.Itoa(i.made))
}

// Replace replaces the key by another one with this id.
func (i *Issuer) Replace(kid string) {
	i.Helper()
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	require.NoError(i, err)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.key, i.kid = key, kid
}

// Answer replaces the documents by an answer of the test's; nil brings them back.
func (i *Issuer) Answer(with http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = with
}

// Reads says how often a path was asked for.
func (i *Issuer) Reads(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.reads[path]
}

// The paths of the documents.
const (
	DiscoveryPath = "/.well-known/openid-configuration"
	KeysPath      = "/keys"
)

// ServeHTTP serves the two documents.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.reads[r.URL.Path]++
	answer, key, kid := i.answer, &i.key.PublicKey, i.kid
	i.mu.Unlock()
	switch {
	case answer != nil:
		answer(w, r)
	case r.URL.Path == DiscoveryPath:
		i.write(w, map[string]any{"issuer": i.URL, "jwks_uri": i.URL + KeysPath})
	case r.URL.Path == KeysPath:
		// A kind of key that nobody knows must not spoil the others.
		i.write(w, map[string]any{"keys": []any{map[string]any{"kty": "none-such", "kid": kid}, publicKey(key, kid)}})
	default:
		http.NotFound(w, r)
	}
}

func publicKey(key *rsa.PublicKey, kid string) map[string]any {
	return map[string]any{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes())}
}

func (i *Issuer) write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	require.NoError(i, json.NewEncoder(w).Encode(v))
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// Token signs a token that is good for an hour, with claims of the test's own.
func (i *Issuer) Token(own Claims) string {
	i.Helper()
	i.mu.Lock()
	key, kid := i.key, i.kid
	i.mu.Unlock()
	body := i.body("RS256", kid, own)
	sum := sha256.Sum256([]byte(body))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	require.NoError(i, err)
	return body + "." + encode(signature)
}

// Unsigned makes a token that says to need no signature.
func (i *Issuer) Unsigned(own Claims) string { return i.body("none", "", own) + "." }

// Confused makes a token whose signature takes the public key for a shared secret.
func (i *Issuer) Confused(own Claims) string {
	i.Helper()
	i.mu.Lock()
	public, kid := &i.key.PublicKey, i.kid
	i.mu.Unlock()
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(i, err)
	body := i.body("HS256", kid, own)
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(body))
	return body + "." + encode(mac.Sum(nil))
}

// body is what a signature stands below.
func (i *Issuer) body(alg, kid string, own Claims) string {
	i.Helper()
	now := i.clock()
	claims := Claims{"iss": i.URL, "aud": Audience, "sub": "alice", "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	maps.Copy(claims, own)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	header := map[string]any{"alg": alg, "typ": "at+jwt"}
	if kid != "" {
		header["kid"] = kid
	}
	first, err := json.Marshal(header)
	require.NoError(i, err)
	second, err := json.Marshal(claims)
	require.NoError(i, err)
	return encode(first) + "." + encode(second)
}
