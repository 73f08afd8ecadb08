package certificate_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"

	"fndeck/auth/authtest"
	"fndeck/auth/certificate"
)

// papers are a key with its certificate, and a stranger's.
type papers struct {
	now        time.Time
	key, other *rsa.PrivateKey
	leaf, root *x509.Certificate
}

func newPapers(t *testing.T) papers {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	now := authtest.NewClock().Now()
	return papers{now, key, other, authtest.Certificate(t, key, now), authtest.Certificate(t, other, now)}
}

func TestAFileOfKeyAndCertificatesIsReadInAnyOrder(t *testing.T) {
	p := newPapers(t)
	modern, err := pkcs12.Modern.Encode(p.key, p.leaf, []*x509.Certificate{p.root}, "word")
	require.NoError(t, err)
	want, err := certificate.Parse(authtest.PEM(t, p.key, p.leaf), "", p.now)
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"certificate first": authtest.PEM(t, p.leaf, p.key),
		"chain first":       authtest.PEM(t, p.root, p.leaf, p.key),
		"text between":      append([]byte("Bag Attributes\n"), authtest.PEM(t, p.key, p.leaf, p.root)...),
		"PKCS#12":           modern,
	} {
		got, err := certificate.Parse(data, "word", p.now)
		require.NoError(t, err, name)
		assert.Equal(t, want.Thumbprint(), got.Thumbprint(), name)
	}
}

func TestEachFaultOfACertificateHasItsOwnSentence(t *testing.T) {
	p := newPapers(t)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	pfx, err := pkcs12.Modern.Encode(p.key, p.leaf, nil, "word")
	require.NoError(t, err)
	good := authtest.PEM(t, p.key, p.leaf)
	for _, c := range []struct {
		name string
		data []byte
		now  time.Time
		want error
	}{
		{"no key", authtest.PEM(t, p.leaf), p.now, certificate.ErrNoKey},
		{"no certificate", authtest.PEM(t, p.key), p.now, certificate.ErrNoLeaf},
		{"key of another", authtest.PEM(t, p.other, p.leaf), p.now, certificate.ErrOtherKey},
		{"elliptic curve", authtest.PEM(t, curve, authtest.Certificate(t, curve, p.now)), p.now, certificate.ErrEC},
		{"expired", good, p.now.AddDate(1, 0, 0), certificate.ErrExpired},
		{"not yet valid", good, p.now.AddDate(-1, 0, 0), certificate.ErrNotYetValid},
		{"wrong password", pfx, p.now, certificate.ErrPassword},
	} {
		_, err := certificate.Parse(c.data, "another", c.now)
		assert.ErrorIs(t, err, c.want, c.name)
	}
	_, err = certificate.Parse([]byte("not a certificate"), "", p.now)
	assert.ErrorContains(t, err, "openssl pkcs12")
	_, err = certificate.Parse(authtest.PEM(t, p.key, p.other, p.leaf), "", p.now)
	assert.ErrorContains(t, err, "two private keys")
	old := "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0102030405060708\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"
	_, err = certificate.Parse([]byte(old), "word", p.now)
	assert.ErrorContains(t, err, "openssl pkcs8")
}

func TestKeysThatOpenSSLHasEncryptedAreOpened(t *testing.T) {
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	p := newPapers(t)
	plain := filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(plain, authtest.PEM(t, p.key), 0o600))
	for _, options := range [][]string{{"-v2", "aes-256-cbc"}, {"-v2", "aes-192-cbc"}, {"-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"}} {
		args := append([]string{"pkcs8", "-topk8", "-in", plain, "-passout", "pass:word"}, options...)
		encrypted, err := exec.CommandContext(t.Context(), program, args...).Output()
		require.NoError(t, err)
		data := append(encrypted, authtest.PEM(t, p.leaf)...)
		_, err = certificate.Parse(data, "word", p.now)
		require.NoError(t, err, options)
		for _, wrong := range []string{"", "another"} {
			_, err = certificate.Parse(data, wrong, p.now)
			require.ErrorIs(t, err, certificate.ErrPassword, options)
		}
	}
	weak, err := exec.CommandContext(t.Context(), program, "pkcs8", "-topk8", "-in", plain, "-passout", "pass:word", "-v2", "des3").Output()
	require.NoError(t, err)
	_, err = certificate.Parse(weak, "word", p.now)
	assert.ErrorContains(t, err, "aes-256-cbc")
}

func TestAnAssertionSaysWhoForWhomAndHowLong(t *testing.T) {
	p := newPapers(t)
	c, err := certificate.Parse(authtest.PEM(t, p.key, p.leaf, p.root), "", p.now)
	require.NoError(t, err)
	sum256, sum1 := sha256.Sum256(p.leaf.Raw), sha1.Sum(p.leaf.Raw)

	a := certificate.Assertion{Audience: "https://issuer/token", ClientID: "svc", Now: p.now, Algorithm: certificate.PS256}
	header, claims := parts(t, c, a)
	assert.Equal(t, map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": base64.RawURLEncoding.EncodeToString(sum256[:])}, header)
	id := claims["jti"]
	assert.NotEmpty(t, id)
	delete(claims, "jti")
	assert.Equal(t, map[string]any{"aud": "https://issuer/token", "iss": "svc", "sub": "svc", "nbf": float64(p.now.Unix()), "exp": float64(p.now.Unix() + 600)}, claims)
	_, again := parts(t, c, a)
	assert.NotEqual(t, id, again["jti"], "each request has its own")

	a.Algorithm, a.Chain = certificate.RS256, true
	header, _ = parts(t, c, a)
	assert.Equal(t, base64.RawURLEncoding.EncodeToString(sum1[:]), header["x5t"])
	assert.Equal(t, []any{base64.StdEncoding.EncodeToString(p.leaf.Raw), base64.StdEncoding.EncodeToString(p.root.Raw)}, header["x5c"])
}

func parts(t *testing.T, c *certificate.Certificate, a certificate.Assertion) (header, claims map[string]any) {
	t.Helper()
	signed, err := c.Sign(a)
	require.NoError(t, err)
	segments := strings.Split(signed, ".")
	require.Len(t, segments, 3)
	for n, into := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(segments[n])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, into))
	}
	return header, claims
}

// FuzzAForeignFileIsRefusedWithoutHarm feeds what somebody took for a certificate.
func FuzzAForeignFileIsRefusedWithoutHarm(f *testing.F) {
	f.Add([]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"), "word")
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"), "")
	f.Add([]byte{0x30, 0x80}, "word")
	now := authtest.NewClock().Now()
	f.Fuzz(func(t *testing.T, data []byte, password string) {
		c, err := certificate.Parse(data, password, now)
		require.True(t, (c == nil) == (err != nil))
	})
}
