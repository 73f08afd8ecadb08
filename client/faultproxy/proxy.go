// Package faultproxy stands in tests between a client and a real server, and makes
// the network and the gateways between them fail at a chosen request.
package faultproxy

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Kind is what goes wrong.
type Kind string

// The faults. Before ones keep the request from the server; after ones happen when
// the server has carried it out. A held request is passed on when Until is closed.
const (
	HoldBefore    Kind = "hold before"
	HoldAfter     Kind = "hold after"
	ResetBefore   Kind = "reset before"
	ResetAfter    Kind = "reset after"
	TruncateAfter Kind = "truncate after"
	AnswerBefore  Kind = "answer before"
	AnswerAfter   Kind = "answer after"
)

// Fault is a fault. Status and Header are those of an answer; its body is in the
// server's error envelope, a page of a gateway where HTML is set, or Body. Then, if not
// nil, is called when the request has or has not reached the server, before the
// client sees anything.
type Fault struct {
	Kind   Kind
	Status int
	Header http.Header
	HTML   bool
	Body   string
	Then   func()
	Until  <-chan struct{}
}

func (f *Fault) is(kind Kind) bool {
	if f == nil || f.Kind != kind {
		return false
	}
	if f.Then != nil {
		f.Then()
	}
	return true
}

// wait holds a request; false says that the client has gone.
func (f *Fault) wait(r *http.Request) bool {
	select {
	case <-f.Until:
		return true
	case <-r.Context().Done():
		return false
	}
}

// Proxy is a reverse proxy on loopback. It rewrites what the server says of its own
// address, so that links lead through it too.
type Proxy struct {
	URL    string
	target *url.URL
	server *http.Transport

	mu    sync.Mutex
	seen  int
	fault func(n int, r *http.Request) *Fault
	log   []string
}

// New starts a proxy to a server, until the test ends.
func New(t testing.TB, target string) *Proxy {
	t.Helper()
	to, err := url.Parse(target)
	require.NoError(t, err)
	p := &Proxy{target: to, server: &http.Transport{}}
	front := httptest.NewServer(p)
	t.Cleanup(func() {
		front.Close()
		p.server.CloseIdleConnections()
	})
	p.URL = front.URL
	return p
}

// Arm counts requests anew from 1 and asks fault for each what is to go wrong; nil
// lets it pass.
func (p *Proxy) Arm(fault func(n int, r *http.Request) *Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen, p.fault, p.log = 0, fault, nil
}

// At arms the proxy with one fault at the nth request.
func (p *Proxy) At(n int, f Fault) {
	p.Arm(func(seen int, _ *http.Request) *Fault {
		if seen == n {
			return &f
		}
		return nil
	})
}

// Seen counts the requests since the proxy was armed, and lists them.
func (p *Proxy) Seen() (n int, requests []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen, append([]string(nil), p.log...)
}

func (p *Proxy) next(r *http.Request) *Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
	p.log = append(p.log, r.Method+" "+r.URL.Path)
	if p.fault == nil {
		return nil
	}
	return p.fault(p.seen, r)
}

// ServeHTTP passes a request on, or makes it fail.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := p.next(r)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	if f.is(HoldBefore) && !f.wait(r) {
		return
	}
	if f.is(ResetBefore) {
		reset(w)
		return
	}
	if f.is(AnswerBefore) {
		answer(w, *f)
		return
	}
	reply, text, err := p.forward(r, body)
	switch {
	case err != nil || f.is(ResetAfter):
		reset(w)
		return
	case f.is(AnswerAfter):
		answer(w, *f)
		return
	}
	if f.is(HoldAfter) && !f.wait(r) {
		return
	}
	for name, values := range reply.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(reply.StatusCode)
	if f.is(TruncateAfter) {
		_, _ = w.Write(text[:len(text)/2])        // a client that goes is its own affair
		_ = http.NewResponseController(w).Flush() // as is this
		reset(w)
		return
	}
	_, _ = w.Write(text) // as above
}

// forward sends a request to the server and reads its answer.
func (p *Proxy) forward(r *http.Request, body []byte) (*http.Response, []byte, error) {
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.Host, out.RequestURI = p.target.Scheme, p.target.Host, p.target.Host, ""
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	out.Header.Del("Connection")
	reply, err := p.server.RoundTrip(out)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = reply.Body.Close() }() // read to its end
	text, err := io.ReadAll(reply.Body)
	if strings.HasPrefix(reply.Header.Get("Content-Type"), "application/json") {
		text = bytes.ReplaceAll(text, []byte(p.target.String()), []byte(p.URL))
	}
	return reply, text, err
}

// reset breaks the connection without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close() // that is the point
	}
}

func answer(w http.ResponseWriter, f Fault) {
	for name, values := range f.Header {
		w.Header()[name] = values
	}
	if f.HTML {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, "<html><body>gateway</body></html>") // a client that goes is its own affair
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	if f.Body != "" {
		_, _ = io.WriteString(w, f.Body) // as above
		return
	}
	_, _ = fmt.Fprintf(w, `{"error":{"code":%d,"message":"refused on purpose"}}`, f.Status) // as above
}
