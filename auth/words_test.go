package auth_test

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/auth/authtest"
	"fndeck/auth/wire"
)

func TestEachRefusalHasItsSentenceAndItsNextStep(t *testing.T) {
	for _, c := range []struct {
		word         string
		number       int
		code         auth.Code
		says, advice string
	}{
		{"invalid_client", 7000215, auth.CodeRefused, "the secret is wrong, or its id was set in its place", "set a new secret"},
		{"invalid_client", 700027, auth.CodeRefused, "does not know the certificate", "register the certificate"},
		{"unauthorized_client", 700016, auth.CodeRefused, "no such application in tenant t1: app", "client_id and tenant"},
		{"unauthorized_client", 0, auth.CodeRefused, "no such application", "client_id"},
		{"invalid_request", 90002, auth.CodeRefused, "no tenant t1", "tenant"},
		{"invalid_grant", 65001, auth.CodeRefused, "consented that app uses api/.default", "/t1/adminconsent?client_id=app"},
		{"consent_required", 0, auth.CodeRefused, "consented", "administrator"},
		{"invalid_grant", 50076, auth.CodeSignIn, "second factor", "fndeck auth login"},
		{"invalid_grant", 50079, auth.CodeSignIn, "second factor", "fndeck auth login"},
		{"interaction_required", 0, auth.CodeSignIn, "second factor", "fndeck auth login"},
		{"invalid_scope", 0, auth.CodeRefused, "refused the scopes api/.default", "scopes in the context"},
		{"invalid_grant", 0, auth.CodeSignIn, "has ended, was revoked, or was used by another copy", "fndeck auth login"},
		{"access_denied", 0, auth.CodeDeclined, "declined", "start again"},
		{"authorization_declined", 0, auth.CodeDeclined, "declined", "start again"},
		{"expired_token", 0, auth.CodeExpired, "not used in time", "new code"},
		{"unsupported_grant_type", 0, auth.CodeUnsupported, "does not have this flow", "paste"},
		{"temporarily_unavailable", 0, auth.CodeUnavailable, "cannot answer now", "try again"},
		{"something_new", 0, auth.CodeRefused, "refused: something_new", "server says"},
	} {
		d := newDesk(t)
		identity := d.app()
		identity.Issuer, identity.Authority, identity.Tenant = "", d.URL, authtest.Tenant
		d.Fault("/token", 1, authtest.Refuse(c.word, "AADSTS0: the server's line\r\nTrace ID: x", c.number))
		e := fault(t, d.open(t, identity))
		name := c.word
		assert.Equal(t, c.code, e.Code, name)
		assert.Contains(t, e.Message, c.says, name)
		assert.Contains(t, e.Hint, c.advice, name)
		assert.Equal(t, "AADSTS0: the server's line", e.Server, name)
		assert.Equal(t, []string{"trace-1", "correlation-1"}, []string{e.TraceID, e.CorrelationID}, name)
	}
}

func TestAReplyThatIsNotOfTheProtocolSaysWhatCameAndFromWhere(t *testing.T) {
	for name, c := range map[string]struct {
		reply http.HandlerFunc
		code  auth.Code
		says  string
	}{
		"HTML":            {authtest.BadGateway(), auth.CodeUnavailable, "(HTML, 502)"},
		"empty":           {authtest.Reply(http.StatusServiceUnavailable, "", ""), auth.CodeUnavailable, "(empty, 503)"},
		"a page at 200":   {authtest.Reply(http.StatusOK, "text/html", "<html>sign in to the hotel</html>"), auth.CodeUnavailable, "no token in it"},
		"no token":        {reply(http.StatusOK, `{"token_type":"Bearer"}`), auth.CodeUnavailable, "no token in it"},
		"an error at 200": {reply(http.StatusOK, `{"error":"invalid_scope","access_token":"x"}`), auth.CodeRefused, "refused the scopes"},
		"no error field":  {reply(http.StatusBadRequest, `{"secret":"s3cr3t-echo"}`), auth.CodeUnavailable, "400"},
		"nothing there":   {http.NotFound, auth.CodeUnsupported, "404"},
		"endless":         {authtest.Endless(), auth.CodeUnexpected, "larger than 1 MiB"},
		"another type":    {reply(http.StatusOK, `{"access_token":"x","token_type":"mac"}`), auth.CodeUnexpected, `type "mac"`},
		"proxy wants a name": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Proxy-Authenticate", `Basic realm="corporate"`)
			w.WriteHeader(http.StatusProxyAuthRequired)
		}, auth.CodeProxy, `the proxy, not`},
	} {
		d := newDesk(t)
		d.Fault("/token", 1, c.reply)
		e := fault(t, d.open(t, d.app()))
		assert.Equal(t, c.code, e.Code, name)
		assert.Contains(t, e.Message, c.says, name)
		assert.NotContains(t, e.Message+e.Hint+e.Server, "s3cr3t", name)
		for cause := error(e); cause != nil; cause = unwrap(cause) {
			assert.NotContains(t, cause.Error(), "s3cr3t", name)
		}
	}
}

func unwrap(err error) error {
	if w, ok := err.(interface{ Unwrap() error }); ok {
		return w.Unwrap()
	}
	return nil
}

func TestASecretIsNotCarriedAlongARedirect(t *testing.T) {
	d, other := newDesk(t), newDesk(t)
	d.Fault("/token", 1, authtest.RedirectTo(other.URL+"/t1/oauth2/v2.0/token"))
	e := fault(t, d.open(t, d.app()))
	assert.Contains(t, e.Message, "redirects the request to "+other.URL[len("http://"):])
	assert.Zero(t, other.Count(""))
}

func TestAProxyThatRefusesToConnectIsNamed(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Proxy-Authenticate", `Basic realm="corporate"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	d := newDesk(t)
	o := d.options()
	transport := wire.NewTransport(nil)
	at, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	transport.Proxy = http.ProxyURL(at)
	o.Transport = transport
	identity := d.app()
	identity.Issuer, identity.TokenURL = "", "https://login.example/token"
	source, err := auth.Open(identity, o)
	require.NoError(t, err)
	e := fault(t, source)
	assert.Equal(t, auth.CodeProxy, e.Code)
	assert.Equal(t, http.StatusProxyAuthRequired, e.Status)
	assert.Contains(t, e.Message, "the proxy "+at.Host+", not login.example, refused with 407 (realm corporate)")
	assert.Contains(t, e.Hint, "HTTPS_PROXY")
}

func TestACertificateThatIsNotTrustedNamesWhoSignedItAndTheSetting(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	d := newDesk(t)
	identity := d.app()
	identity.Issuer, identity.TokenURL = "", server.URL+"/token"
	e := fault(t, d.open(t, identity))
	assert.Equal(t, auth.CodeCertificate, e.Code)
	assert.Contains(t, e.Message, "Acme Co")
	assert.Contains(t, e.Hint, "ca_file")

	o := d.options()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	o.Transport = wire.NewTransport(roots)
	source, err := auth.Open(identity, o)
	require.NoError(t, err)
	assert.Equal(t, http.StatusNotFound, fault(t, source).Status, "trusted now, and asked")

	identity.TokenURL = "https://localhost:" + server.URL[len("https://127.0.0.1:"):] + "/token"
	source, err = auth.Open(identity, o)
	require.NoError(t, err)
	assert.Equal(t, auth.CodeCertificate, fault(t, source).Code, "another name")
}

func TestAnIssuerThatIsNotThereSaysSo(t *testing.T) {
	d := newDesk(t)
	identity := d.app()
	identity.Issuer, identity.TokenURL = "", "http://127.0.0.1:1/token"
	e := fault(t, d.open(t, identity))
	assert.Equal(t, auth.CodeUnavailable, e.Code)
	assert.Contains(t, e.Message, "127.0.0.1:1 cannot be reached: connection refused")
}
