package client

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"fndeck/auth/wire"
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
	var roots *x509.CertPool
	if n.CAFile != "" {
		var err error
		if roots, err = authorities(n.CAFile); err != nil {
			return nil, err
		}
	}
	t := wire.NewTransport(roots)
	t.ResponseHeaderTimeout = 0 // Each request has a limit of its own.
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
func proxyRefusal(refused *wire.ProxyError) *Error {
	proxy := cmp.Or(refused.Proxy, "on the way")
	e := &Error{
		Code: CodeUnavailable, Status: refused.Status, Err: refused,
		Message: fmt.Sprintf("the proxy %s refused (%d), not the backend", proxy, refused.Status),
		Hint:    "ask who runs the proxy to let the host through, or set proxy in the context",
	}
	if refused.Status == http.StatusProxyAuthRequired {
		e.Message = fmt.Sprintf("the proxy %s refused (407, realm %q), not the backend", proxy, refused.Realm)
		e.Hint = "put user and password into the proxy's URL: proxy in the context, or HTTPS_PROXY"
	}
	return e
}
