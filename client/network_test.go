package client

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// signer makes certificates for a test.
type signer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// issue makes a certificate that parent signs; nil signs with its own key.
func issue(t *testing.T, parent *signer, name string, change func(*x509.Certificate)) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if change != nil {
		change(template)
	}
	by, with := template, key
	if parent != nil {
		by, with = parent.certificate, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, &key.PublicKey, with)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &signer{certificate, key}
}

func authority(c *x509.Certificate) { c.IsCA, c.DNSNames, c.IPAddresses = true, nil, nil }

func (s *signer) served(chain ...*signer) tls.Certificate {
	c := tls.Certificate{Certificate: [][]byte{s.certificate.Raw}, PrivateKey: s.key}
	for _, above := range chain {
		c.Certificate = append(c.Certificate, above.certificate.Raw)
	}
	return c
}

// pemFile writes certificates as ca_file has them.
func (s *signer) pemFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.certificate.Raw}), 0o600))
	return path
}

// quietServer answers {} and keeps the errors of its handshakes to itself.
func quietServer(t *testing.T, config *tls.Config) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if config == nil {
		server.Start()
	} else {
		server.TLS = config
		server.StartTLS()
	}
	t.Cleanup(server.Close)
	return server
}

// ask sends one request through a network.
func ask(t *testing.T, n Network, base string, class Retry) error {
	t.Helper()
	transport, err := n.Transport()
	require.NoError(t, err)
	t.Cleanup(transport.CloseIdleConnections)
	h := &HTTP{Base: base, Client: &http.Client{Transport: NewTrace(time.Now, nil).Transport(transport)}, Jitter: func() float64 { return 0 }, Decode: func(int, []byte) *Error { return nil }}
	return h.Do(t.Context(), Request{Method: http.MethodPost, Path: "/", JSON: struct{}{}, Retry: class}, nil)
}

func TestAFailedCheckOfACertificateIsNamedWithWhatToDo(t *testing.T) {
	root := issue(t, nil, "Root", authority)
	middle := issue(t, root, "Middle", authority)
	leaf := func(change func(*x509.Certificate)) *signer { return issue(t, middle, "leaf", change) }
	trusted := root.pemFile(t)
	cases := map[string]struct {
		config      *tls.Config
		ca          string
		says, hints string
	}{
		"self-signed":                {&tls.Config{Certificates: []tls.Certificate{issue(t, nil, "Me", nil).served()}}, "", "has signed itself (Me)", "ca_file"},
		"of an authority not known":  {&tls.Config{Certificates: []tls.Certificate{leaf(nil).served(middle, root)}}, "", `signed by "Middle", whom this machine does not trust`, "ca_file"},
		"without its intermediate":   {&tls.Config{Certificates: []tls.Certificate{leaf(nil).served()}}, trusted, `does not send its intermediate certificate "Middle"`, "have the server fixed"},
		"for another host":           {&tls.Config{Certificates: []tls.Certificate{leaf(func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"other.test"}, nil }).served(middle)}}, trusted, "is for other.test", "somebody else"},
		"that has expired":           {&tls.Config{Certificates: []tls.Certificate{leaf(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }).served(middle)}}, trusted, "is valid from", "clock"},
		"in a TLS version too old":   {&tls.Config{Certificates: []tls.Certificate{leaf(nil).served(middle)}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, trusted, "no longer safe", "updated"},
		"that wants one of its user": {&tls.Config{Certificates: []tls.Certificate{leaf(nil).served(middle)}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}, trusted, "ended the TLS handshake", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server := quietServer(t, c.config)
			for _, class := range []Retry{Safe, Once} {
				err := ask(t, Network{CAFile: c.ca, Proxy: NoProxy}, server.URL, class)
				var e *Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, CodeUntrusted, e.Code, "nothing was sent: %v", e)
				assert.Contains(t, e.Message, c.says)
				assert.Contains(t, e.Hint, c.hints)
				assert.Contains(t, e.Message, server.Listener.Addr().String())
			}
		})
	}
	server := quietServer(t, &tls.Config{Certificates: []tls.Certificate{leaf(nil).served(middle)}})
	assert.NoError(t, ask(t, Network{CAFile: trusted, Proxy: NoProxy}, server.URL, Safe))
}

func TestWhatKeepsARequestFromArrivingIsSaidInPlainWords(t *testing.T) {
	plain := quietServer(t, nil)
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, c := range map[string]struct{ base, says string }{
		"a port where nothing listens": {closed.URL, "refuses the connection"},
		"a server without TLS":         {"https" + plain.URL[len("http"):], "does not speak TLS"},
	} {
		err := ask(t, Network{Proxy: NoProxy}, c.base, Once)
		var e *Error
		require.ErrorAs(t, err, &e, name)
		assert.Contains(t, e.Message, c.says, name)
		assert.NotEqual(t, CodeUnknownOutcome, e.Code, name)
	}
	e := NoAnswer("nowhere.test", &net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}})
	assert.Equal(t, "there is no host nowhere.test", e.Message)
	assert.Contains(t, NoAnswer("h", &net.OpError{Op: "dial", Err: &net.DNSError{IsTimeout: true}}).Message, "could not be looked up")
	assert.Equal(t, "the backend does not answer", NoAnswer("h", io.ErrUnexpectedEOF).Message)
}

// proxied answers CONNECT, and plain requests that come as to a proxy, with status.
func proxied(t *testing.T, status int, realm string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if realm != "" {
			w.Header().Set("Proxy-Authenticate", realm)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestAProxyThatRefusesIsNotTakenForTheBackend(t *testing.T) {
	target := quietServer(t, &tls.Config{Certificates: []tls.Certificate{issue(t, nil, "Me", nil).served()}})
	wants := proxied(t, http.StatusProxyAuthRequired, `Basic realm="corp"`)
	forbids := proxied(t, http.StatusForbidden, "")
	down := httptest.NewServer(nil)
	down.Close()
	for name, c := range map[string]struct{ proxy, base, says string }{
		"that wants a password for a tunnel":  {wants.URL, target.URL, "the proxy " + wants.Listener.Addr().String() + ` refused (407, realm "corp"), not the backend`},
		"that wants a password for a request": {wants.URL, "http://backend.test", "the proxy " + wants.Listener.Addr().String() + ` refused (407, realm "corp"), not the backend`},
		"that lets no tunnel through":         {forbids.URL, target.URL, "the proxy " + forbids.Listener.Addr().String() + " refused (403), not the backend"},
		"that is down":                        {down.URL, target.URL, "the proxy " + down.Listener.Addr().String() + " does not answer"},
	} {
		err := ask(t, Network{Proxy: c.proxy}, c.base, Once)
		var e *Error
		require.ErrorAs(t, err, &e, name)
		assert.Contains(t, e.Message, c.says, name)
		assert.NotEqual(t, CodeUnknownOutcome, e.Code, name)
	}
}

func TestAProxyThatRefusedIsNotAskedAgain(t *testing.T) {
	asked := 0
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	t.Cleanup(proxy.Close)
	for n, base := range []string{"http://backend.test", "https://backend.test"} {
		require.Error(t, ask(t, Network{Proxy: proxy.URL}, base, Safe))
		assert.Equal(t, n+1, asked, "a password that is wrong four times locks its user: %s", base)
	}
}

func TestANetworkThatCannotBeIsRefused(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	require.NoError(t, os.WriteFile(empty, []byte("nothing"), 0o600))
	for _, n := range []Network{{Proxy: "::"}, {Proxy: "proxy"}, {CAFile: empty}, {CAFile: empty + ".gone"}} {
		_, err := n.Transport()
		var e *Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, CodeInvalid, e.Code)
	}
}

func TestACancelledRequestEndsAtOnce(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // it takes connections and never answers
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	transport, err := Network{Proxy: NoProxy}.Transport()
	require.NoError(t, err)
	t.Cleanup(transport.CloseIdleConnections)
	h := &HTTP{Base: "http://" + listener.Addr().String(), Client: &http.Client{Transport: transport}, Jitter: func() float64 { return 0 }}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			_, _ = conn.Read(make([]byte, 1))
		}
		cancel()
	}()
	err = h.Do(ctx, Request{Method: http.MethodGet, Path: "/"}, nil)
	assert.True(t, errors.Is(err, context.Canceled), "%v", err)
}

func TestACauseThatIsOnlyTheEndOfTheOneBeforeIsNotSaidAgain(t *testing.T) {
	refused := errors.New("connection refused")
	dial := fmt.Errorf("dial tcp 127.0.0.1:1: connect: %w", refused)
	get := fmt.Errorf("get http://h: %w", dial)
	odd := fmt.Errorf("no route (%w)", get)
	x := Explain(&Error{Code: CodeUnavailable, Message: "h cannot be reached", Err: odd})
	assert.Equal(t, []string{odd.Error(), get.Error()}, x.Causes)
}

func TestThePageThatAnsweredInPlaceOfABackendIsAmongTheCauses(t *testing.T) {
	page := "<html>\n <title>Bad  Gateway</title>\x1b[2J <input value=" + strings.Repeat("s3cr3t", 8) + ">" + strings.Repeat(" words", 100)
	reply := &http.Response{StatusCode: http.StatusBadGateway, Header: http.Header{"Content-Type": {"text/html"}}}
	x := Explain(unexpected(reply, []byte(page), nil))
	require.Len(t, x.Causes, 1)
	assert.Contains(t, x.Causes[0], "the page begins: <html> <title>Bad Gateway</title>")
	assert.NotContains(t, x.Causes[0], "s3cr3t")
	assert.NotContains(t, x.Causes[0], "\x1b")
	assert.Less(t, len(x.Causes[0]), 330)
}
