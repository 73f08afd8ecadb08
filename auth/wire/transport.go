// Package wire is what lies between x/oauth2 and an issuer: a transport with
// limits, and a witness of each exchange that keeps what x/oauth2 drops.
package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

const (
	dialLimit   = 10 * time.Second
	headerLimit = 20 * time.Second
	idleLimit   = time.Minute
	maxHeader   = 64 << 10
)

// ProxyError is the refusal of a proxy to let a request through.
type ProxyError struct {
	Status int
	// Realm is what the proxy calls the place it guards: foreign text.
	Realm string
	// Proxy is its host and port, "" where that is not told.
	Proxy string
}

// Error says which side refused.
func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy answered %d %s", e.Status, http.StatusText(e.Status))
}

// realm finds the realm of a challenge (RFC 9110 section 11.6.1).
var realm = regexp.MustCompile(`(?i)realm="([^"]*)"`)

// Under is a transport that stands on another.
type Under interface{ Under() http.RoundTripper }

// Refused is what a reply of a proxy says; through is what the request was sent by.
func Refused(reply *http.Response, through http.RoundTripper) *ProxyError {
	e := &ProxyError{Status: reply.StatusCode}
	for under, ok := through.(Under); ok; under, ok = through.(Under) {
		through = under.Under()
	}
	if t, ok := through.(*http.Transport); ok && t.Proxy != nil && reply.Request != nil {
		if proxy, err := t.Proxy(reply.Request); err == nil && proxy != nil {
			e.Proxy = proxy.Host // Its user and password are nobody's to see.
		}
	}
	if found := realm.FindStringSubmatch(reply.Header.Get("Proxy-Authenticate")); found != nil {
		e.Realm = found[1]
	}
	return e
}

// NewTransport makes the transport for issuers: proxies as the environment says,
// every phase with a limit, TLS 1.2 at least. Nil roots are the system's.
func NewTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialLimit}).DialContext,
		TLSHandshakeTimeout:    dialLimit,
		ResponseHeaderTimeout:  headerLimit,
		MaxResponseHeaderBytes: maxHeader,
		ForceAttemptHTTP2:      true,
		IdleConnTimeout:        idleLimit,
		MaxIdleConnsPerHost:    1,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		OnProxyConnectResponse: func(_ context.Context, proxy *url.URL, _ *http.Request, reply *http.Response) error {
			if reply.StatusCode == http.StatusOK {
				return nil
			}
			refused := Refused(reply, nil)
			refused.Proxy = proxy.Host
			return refused
		},
	}
}
