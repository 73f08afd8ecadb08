package oidctest

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Variable names the provider's program; make test-oidc sets it.
const Variable = "FNDECK_OIDC_PROVIDER"

// What the provider knows. Tokens are meant for Audience if the scopes asked for
// begin with it (api://fndeck/.default), or begin with neither audience
// (fndeck.read, fndeck.write); they are meant for MiddleAudience if the scopes begin
// with that.
const (
	Tenant         = "t1"
	Audience       = "api://fndeck"
	MiddleAudience = "api://middle"

	// SecretClient gives its secret in the form or in the Authorization header,
	// CertificateClient signs with PS256.
	SecretClient      = "svc-secret"
	CertificateClient = "svc-certificate"
	// MiddleClient is the API that acts on behalf of who calls it with a token for
	// MiddleAudience. It has a secret too.
	MiddleClient = "svc-middle"
	// NativeClient is public. It must use PKCE, knows the device flow, is given
	// refresh tokens that rotate, and may be called back at any port of
	// http://127.0.0.1, http://localhost or http://[::1], there at / or /callback.
	NativeClient = "native"
)

// Provider is a running provider.
type Provider struct {
	// Issuer is its name, Authority the URL below which its tenant is.
	Issuer, Authority string
	// The endpoints, as its discovery document names them too.
	AuthorizeURL, TokenURL, DeviceURL, RevokeURL string
	// Secret is that of the clients that have one.
	Secret string
	// Key and CertificatePEM, with the key in PKCS#8, are those of CertificateClient.
	Key            *rsa.PrivateKey
	CertificatePEM []byte
}

// Start starts a provider whose access tokens live so long, and ends it with the
// test. It skips the test where the provider is not installed.
func Start(t testing.TB, life time.Duration) *Provider {
	t.Helper()
	program := os.Getenv(Variable)
	if program == "" {
		t.Skip("needs the OpenID provider of testdata/oidc: make test-oidc")
	}
	p := &Provider{Secret: secret()}
	p.Key, p.CertificatePEM = certificate(t)
	settings, err := json.Marshal(map[string]any{
		"tenant": Tenant, "seconds": int(life.Seconds()), "audience": Audience, "middleAudience": MiddleAudience,
		"certificateKey": map[string]any{
			"kty": "RSA", "alg": "PS256",
			"n": base64.RawURLEncoding.EncodeToString(p.Key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(p.Key.E)).Bytes()),
		},
		"clients": map[string]string{
			"secret": SecretClient, "certificate": CertificateClient, "middle": MiddleClient, "native": NativeClient,
			"secretValue": p.Secret,
		},
	})
	require.NoError(t, err)
	at := run(t, program, settings)
	p.Issuer, p.Authority = at.Issuer, at.Base
	below := at.Base + "/" + Tenant + "/oauth2/v2.0/"
	p.AuthorizeURL, p.TokenURL, p.DeviceURL, p.RevokeURL = below+"authorize", below+"token", below+"devicecode", below+"revoke"
	return p
}

// place is what the program says once it answers.
type place struct {
	Issuer string `json:"issuer"`
	Base   string `json:"base"`
}

// run starts the program. It lives until its standard input ends, so it dies with
// the test even where that is killed.
func run(t testing.TB, program string, settings []byte) (at place) {
	t.Helper()
	node := exec.Command("node", program)
	var said bytes.Buffer
	node.Stderr = &said
	in, err := node.StdinPipe()
	require.NoError(t, err)
	out, err := node.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, node.Start())
	_, err = in.Write(append(settings, '\n'))
	require.NoError(t, err)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		_ = node.Wait() // it has ended; what it said says why
		t.Fatalf("the OpenID provider does not start: %s", said.String())
	}
	t.Cleanup(func() {
		_ = in.Close() // this ends it
		if err := node.Wait(); err != nil || t.Failed() {
			t.Logf("the OpenID provider: %v\n%s", err, said.String())
		}
	})
	require.NoError(t, json.Unmarshal(line, &at), "%s", line)
	return at
}

// secret is one that nothing else in a log or a file can look like.
func secret() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // it never fails, see its documentation
	return hex.EncodeToString(raw[:])
}

// keyBits is what is usual for certificates.
const keyBits = 2048

// certificate makes a key and a certificate of it that is good for long.
func certificate(t testing.TB) (*rsa.PrivateKey, []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: CertificateClient},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	return key, append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
}
