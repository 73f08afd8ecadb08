package auth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/authtest"
)

// certifiedDesk has a client that proves itself with a certificate.
func certifiedDesk(t *testing.T) (*desk, auth.Identity) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	clock := authtest.NewClock()
	leaf := authtest.Certificate(t, key, clock.Now())
	file := filepath.Join(t.TempDir(), "app.pem")
	require.NoError(t, os.WriteFile(file, authtest.PEM(t, key, leaf), 0o600))
	d := &desk{Issuer: authtest.New(t, clock.Now, authtest.Client{ID: "svc", Certificate: leaf}), clock: clock, env: map[string]string{}}
	return d, auth.Identity{
		Flow: auth.FlowClientCertificate, Authority: d.URL, Tenant: authtest.Tenant, ClientID: "svc",
		CertificateFile: reference(t, "file:"+file), Scopes: []string{"api/.default"},
	}
}

func TestACertificateProvesAnApplicationWithANewAssertionEachTime(t *testing.T) {
	d, identity := certifiedDesk(t)
	source := d.open(t, identity)
	token(t, source)
	d.clock.Advance(time.Hour)
	token(t, source)
	seen := d.Seen()
	require.Len(t, seen, 2)
	assert.Equal(t, "assertion", seen[0].Place)
	assert.False(t, seen[0].Form.Has("client_secret"))
	assert.NotEqual(t, seen[0].Form.Get("client_assertion"), seen[1].Form.Get("client_assertion"))
}

func TestAnAssertionIsDatedFromTheIssuersClock(t *testing.T) {
	for _, skew := range []time.Duration{time.Hour, -time.Hour} {
		d, identity := certifiedDesk(t)
		d.Skew = skew
		source := d.open(t, identity)
		token(t, source)
		assert.Equal(t, skew, source.Status().Skew)
		assert.Equal(t, 2, d.Count(""), "the first refusal told the time")
		d.clock.Advance(time.Hour)
		token(t, source)
		assert.Equal(t, 3, d.Count(""), "then it is known")
	}
}

func TestARefusedCertificateIsNamedByItsThumbprint(t *testing.T) {
	d, identity := certifiedDesk(t)
	d.Fault("/token", 1, authtest.Refuse("invalid_client", "AADSTS700027: the certificate is not registered", 700027))
	e := fault(t, d.open(t, identity))
	assert.Equal(t, auth.CodeRefused, e.Code)
	assert.Contains(t, e.Message, "does not know the certificate")
	assert.Regexp(t, `thumbprint [0-9a-f]{64}`, e.Hint)
	assert.Equal(t, "AADSTS700027: the certificate is not registered", e.Server)
}

func TestACertificateThatCannotBeUsedSendsNothing(t *testing.T) {
	d, identity := certifiedDesk(t)
	identity.CertificateFile = reference(t, "file:"+filepath.Join(t.TempDir(), "absent.pem"))
	e := fault(t, d.open(t, identity))
	assert.Equal(t, auth.CodeInvalid, e.Code)
	assert.Zero(t, d.Count(""))
	d.clock.Advance(365 * 24 * time.Hour)
	_, identity = certifiedDesk(t)
	assert.Contains(t, fault(t, d.open(t, identity)).Message, "has expired")
}
