package client

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"time"

	"fndeck/auth/redact"
)

// traceMost is how many exchanges a Trace remembers.
const traceMost = 500

// Exchange is one HTTP request with what came back. Nothing in it is secret:
// headers and bodies are not kept, and what in an address gives a right is
// masked.
type Exchange struct {
	ID int64 `json:"id"`
	// Context is that of the request, where several are shown as one.
	Context string    `json:"context,omitempty"`
	Time    time.Time `json:"time"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	// Status is 0 while there is no answer, or none came: Failure says why then.
	Status  int    `json:"status,omitempty"`
	Failure string `json:"failure,omitempty"`
	// Took is until the end of the answer; Open says that it has not ended yet.
	Took time.Duration `json:"tookNs,omitempty"`
	Open bool          `json:"open,omitempty"`
	// Sent and Received count the bytes of the bodies; Sent is -1 if not known.
	Sent      int64  `json:"sent"`
	Received  int64  `json:"received"`
	RequestID string `json:"requestId,omitempty"`
}

// Trace remembers the newest requests of a backend. It is safe for concurrent
// use.
type Trace struct {
	clock func() time.Time
	known *redact.Known

	mu   sync.Mutex
	list []*Exchange // oldest first
	last int64
	// held are until when requests wait that were refused, by a number of holds;
	// turned closes when that changes.
	held   map[int64]time.Time
	holds  int64
	turned chan struct{}
	// skew is how far the server's clock is ahead by its newest answer.
	skew time.Duration
}

// Tracer is a backend that tells which requests it has sent.
type Tracer interface{ Trace() *Trace }

// NewTrace makes an empty trace. Known, which may be nil, masks what it knows.
func NewTrace(clock func() time.Time, known *redact.Known) *Trace {
	return &Trace{clock: clock, known: known}
}

// Exchanges returns what is remembered, newest first.
func (t *Trace) Exchanges() []Exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]Exchange, 0, len(t.list))
	for i := len(t.list) - 1; i >= 0; i-- {
		all = append(all, *t.list[i])
	}
	return all
}

// Transport returns a transport that notes what passes through next.
func (t *Trace) Transport(next http.RoundTripper) http.RoundTripper { return traced{t, next} }

// Under implements wire.Under.
func (x traced) Under() http.RoundTripper { return x.next }

type traced struct {
	trace *Trace
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (x traced) RoundTrip(r *http.Request) (*http.Response, error) {
	t := x.trace
	e := t.begin(r)
	reply, err := x.next.RoundTrip(r)
	t.mu.Lock()
	defer t.mu.Unlock()
	e.Took = t.clock().Sub(e.Time)
	if err != nil {
		e.Failure, e.Open = t.known.Text(networkCause(r.URL.Host, err)), false
		return reply, err
	}
	if date, err := http.ParseTime(reply.Header.Get("Date")); err == nil {
		t.skew = date.Sub(e.Time.Add(e.Took))
	}
	e.Status, e.RequestID = reply.StatusCode, reply.Header.Get("X-Request-Id")
	reply.Body = &tracedBody{ReadCloser: reply.Body, trace: t, exchange: e}
	return reply, nil
}

// CloseIdleConnections closes those of the transport below.
func (x traced) CloseIdleConnections() {
	if closer, ok := x.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

func (t *Trace) begin(r *http.Request) *Exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last++
	e := &Exchange{ID: t.last, Time: t.clock(), Method: r.Method, Path: t.known.Text(maskedPath(r.URL)), Sent: r.ContentLength, Open: true}
	t.list = append(t.list, e)
	if len(t.list) > traceMost {
		t.list = append([]*Exchange(nil), t.list[1:]...)
	}
	return e
}

// tracedBody counts an answer as it is read and notes its end.
type tracedBody struct {
	io.ReadCloser
	trace    *Trace
	exchange *Exchange
}

func (b *tracedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.note(int64(n), err != nil)
	return n, err
}

func (b *tracedBody) Close() error {
	b.note(0, true)
	return b.ReadCloser.Close()
}

func (b *tracedBody) note(n int64, ended bool) {
	t, e := b.trace, b.exchange
	t.mu.Lock()
	defer t.mu.Unlock()
	e.Received += n
	if ended && e.Open {
		e.Open, e.Took = false, t.clock().Sub(e.Time)
	}
}

// secretLike matches what may be a key, a nonce or a signature in an address:
// long, without a dot or a space.
var secretLike = regexp.MustCompile(`[A-Za-z0-9_\-+=]{24,}`)

// maskedPath is an address without its host and without what gives a right.
func maskedPath(u *url.URL) string {
	path := secretLike.ReplaceAllString(u.EscapedPath(), "•••")
	query := u.Query()
	if len(query) == 0 {
		return path
	}
	for name, values := range query {
		for i, value := range values {
			if secretLike.MatchString(value) {
				values[i] = "•••"
			}
		}
		query[name] = values
	}
	masked, err := url.QueryUnescape(query.Encode())
	if err != nil {
		return path
	}
	return path + "?" + masked
}
