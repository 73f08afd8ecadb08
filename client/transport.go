package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// Limits of one phase of a connection; what follows is bounded by the request.
const (
	dialLimit      = 10 * time.Second
	handshakeLimit = 10 * time.Second
	idleLimit      = 90 * time.Second
)

// NoProxy as a Network's Proxy connects directly, whatever the environment says.
const NoProxy = "none"

// Network is how a context's hosts are reached.
type Network struct {
	// CAFile holds further certificate authorities as PEM; empty takes the machine's.
	CAFile string
	// Proxy is the URL of a proxy, NoProxy, or empty for what the environment says.
	Proxy string
}

// Transport makes the transport of a context. It never trusts less than the
// machine and CAFile say, and bounds each phase of a connection.
func (n Network) Transport() (*http.Transport, error) {
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialLimit}).DialContext,
		TLSHandshakeTimeout: handshakeLimit,
		IdleConnTimeout:     idleLimit,
		ForceAttemptHTTP2:   true,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		OnProxyConnectResponse: func(_ context.Context, proxy *url.URL, _ *http.Request, reply *http.Response) error {
			if reply.StatusCode == http.StatusOK {
				return nil
			}
			return proxyRefusal(proxy.Host, reply)
		},
	}
	switch n.Proxy {
	case "":
	case NoProxy:
		t.Proxy = nil
	default:
		proxy, err := url.Parse(n.Proxy)
		if err != nil || proxy.Host == "" {
			return nil, Invalidf("proxy is not a URL such as http://proxy.corp:3128")
		}
		t.Proxy = http.ProxyURL(proxy)
	}
	if n.CAFile != "" {
		pool, err := authorities(n.CAFile)
		if err != nil {
			return nil, err
		}
		t.TLSClientConfig.RootCAs = pool
	}
	return t, nil
}

// authorities are the machine's and those of a file.
func authorities(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{Code: CodeInvalid, Message: fmt.Sprintf("ca_file %s cannot be read", path), Err: err}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // A machine without any has those of the file.
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, Invalidf("ca_file %s holds no certificate in PEM form", path)
	}
	return pool, nil
}

// proxyRefusal is the error of a proxy that lets nothing through.
func proxyRefusal(host string, reply *http.Response) *Error {
	e := &Error{
		Code: CodeUnavailable, Status: reply.StatusCode,
		Message: fmt.Sprintf("the proxy %s refused (%d), not the backend", host, reply.StatusCode),
		Hint:    "ask who runs the proxy to let the host through, or set proxy in the context",
	}
	if reply.StatusCode == http.StatusProxyAuthRequired {
		if realm := reply.Header.Get("Proxy-Authenticate"); realm != "" {
			e.Message = fmt.Sprintf("the proxy %s refused (407, %s), not the backend", host, realm)
		}
		e.Hint = "put user and password into the proxy's URL: proxy in the context, or HTTPS_PROXY"
	}
	return e
}
