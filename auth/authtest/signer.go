package authtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// keyID names the issuer's one key.
const keyID = "key-1"

// signer signs JWTs with RS256.
type signer struct{ key *rsa.PrivateKey }

// processKey is made once for all issuers of a test program: it takes long.
var processKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newSigner(t testing.TB) signer {
	t.Helper()
	key, err := processKey()
	require.NoError(t, err)
	return signer{key}
}

func (s signer) sign(claims map[string]any) string {
	text := segment(map[string]any{"alg": "RS256", "typ": "JWT", "kid": keyID}) + "." + segment(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, digest[:])
	if err != nil {
		return ""
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// verify returns the claims of a JWT that the issuer has signed.
func (s signer) verify(token string) (map[string]any, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("it has not three parts")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(&s.key.PublicKey, crypto.SHA256, digest[:], signature); err != nil {
		return nil, err
	}
	var claims map[string]any
	return claims, readSegment(parts[1], &claims)
}

func segment(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func readSegment(text string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// keys is the issuer's key set (RFC 7517).
func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	public := i.key.key.PublicKey
	writeJSON(w, http.StatusOK, map[string]any{"keys": []map[string]any{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": keyID,
		"n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	}}})
}

// Sign makes a JWT of the issuer with claims of the test's choice; those of an
// access token are filled in where they are missing.
func (i *Issuer) Sign(claims map[string]any) string {
	all := map[string]any{
		"iss": i.Issuer, "aud": i.Audience, "sub": "subject-1", "iat": i.time().Unix(), "nbf": i.time().Unix(),
		"exp": i.time().Add(i.TokenLife).Unix(), "jti": rand.Text(),
	}
	for name, value := range claims {
		all[name] = value
	}
	return i.key.sign(all)
}
