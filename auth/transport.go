package auth

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// requestLimit bounds one request to an issuer, its reply included.
	requestLimit = 30 * time.Second
	dialLimit    = 10 * time.Second
	headerLimit  = 20 * time.Second
	// maxIssuerReply bounds a reply. Discovery documents and tokens stay far below.
	maxIssuerReply = 1 << 20
)

// ProxyError is the refusal of a proxy to let a request through.
type ProxyError struct {
	Status int
	// Realm is what the proxy calls the place it guards, as it sent it.
	Realm string
}

// Error says which side refused.
func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy answered %d %s", e.Status, http.StatusText(e.Status))
}

// NewTransport makes the transport for issuers: proxies as the environment says,
// every phase with a limit, TLS 1.2 at least. Nil roots are the system's.
func NewTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialLimit}).DialContext,
		TLSHandshakeTimeout:    dialLimit,
		ResponseHeaderTimeout:  headerLimit,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
		IdleConnTimeout:        time.Minute,
		MaxIdleConnsPerHost:    1,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, reply *http.Response) error {
			if reply.StatusCode == http.StatusOK {
				return nil
			}
			return &ProxyError{reply.StatusCode, reply.Header.Get("Proxy-Authenticate")}
		},
	}
}

// noRedirect keeps a redirect from being followed: 307 and 308 would carry the
// secret in the body to whatever host the reply names.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// witness stands below x/oauth2 for one exchange. It keeps what x/oauth2 drops
// of a success (the server's date) or takes too literally (expires_in: as an
// int32, by a clock of its own), and reads the body whole and bounded, so that a
// slow or endless one ends here.
type witness struct {
	next http.RoundTripper
	date time.Time
	// life is expires_in as it came, nil if it did not; it is cut out of the body
	// unless whole is set. body is what came.
	life  any
	whole bool
	body  []byte
}

var errTooLarge = errors.New("the reply is larger than 1 MiB")

// RoundTrip implements http.RoundTripper.
func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Accept", "application/json")
	reply, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(reply.Body, maxIssuerReply+1))
	_ = reply.Body.Close() // it was read, or given up
	if err != nil {
		return nil, fmt.Errorf("the reply was cut off: %w", err)
	}
	if len(text) > maxIssuerReply {
		return nil, errTooLarge
	}
	w.date, _ = http.ParseTime(reply.Header.Get("Date")) // absent: zero
	if reply.StatusCode == http.StatusProxyAuthRequired {
		return nil, &ProxyError{reply.StatusCode, reply.Header.Get("Proxy-Authenticate")}
	}
	if w.body = text; !w.whole {
		text = w.takeLife(text)
	}
	reply.Body, reply.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return reply, nil
}

// takeLife cuts expires_in out of a JSON object; anything else stays as it is.
func (w *witness) takeLife(text []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil || fields["expires_in"] == nil {
		return text
	}
	decoder := json.NewDecoder(bytes.NewReader(fields["expires_in"]))
	decoder.UseNumber()
	if decoder.Decode(&w.life) != nil {
		return text
	}
	delete(fields, "expires_in")
	cut, err := json.Marshal(fields)
	if err != nil {
		return text
	}
	return cut
}
