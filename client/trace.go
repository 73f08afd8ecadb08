package client

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"time"

	"fndeck/auth/redact"
)

// traceMost is how many exchanges a Trace remembers.
const traceMost = 500

// mask stands for what gives a right.
const mask = "•••"

// tryHeader tells the trace which try of a request it is. It never leaves the process.
const tryHeader = "Fndeck-Try"

// Exchange is one HTTP request with what came back. Nothing in it is secret: what in
// an address gives a right is masked. Trace.Detail tells its headers.
type Exchange struct {
	ID int64 `json:"id"`
	// Context is that of the request, where several are shown as one.
	Context string    `json:"context,omitempty"`
	Time    time.Time `json:"time"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	// Try counts how often it was sent, from 1.
	Try int `json:"try"`
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

	mu     sync.Mutex
	list   []*record // oldest first
	last   int64
	bodies bool // they are kept
	// held are until when requests wait that were refused, by a number of holds;
	// turned closes when that changes.
	held   map[int64]time.Time
	holds  int64
	turned chan struct{}
	// skew is how far the server's clock is ahead by its newest answer.
	skew time.Duration
}

// record is an exchange with its halves, which a list does not need.
type record struct {
	Exchange
	asked, answered half
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
		all = append(all, t.list[i].Exchange)
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
	try := 1
	if n, err := strconv.Atoi(r.Header.Get(tryHeader)); err == nil {
		r, try = r.Clone(r.Context()), n // A transport may not change what it is given.
		r.Header.Del(tryHeader)
	}
	e := t.begin(r, try)
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
	e.answered.header = keptHeader(reply.Header)
	reply.Body = &tracedBody{ReadCloser: reply.Body, trace: t, exchange: e}
	return reply, nil
}

// CloseIdleConnections closes those of the transport below.
func (x traced) CloseIdleConnections() {
	if closer, ok := x.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

func (t *Trace) begin(r *http.Request, try int) *record {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last++
	e := &record{Exchange: Exchange{
		ID: t.last, Time: t.clock(), Method: r.Method, Path: t.known.Text(maskedPath(r.URL)), Try: try, Sent: r.ContentLength, Open: true,
	}}
	e.asked = half{header: keptHeader(r.Header), kept: t.bodies}
	e.answered.kept = t.bodies
	if e.asked.over = t.bodies && r.ContentLength > bodyMost; t.bodies && !e.asked.over && r.GetBody != nil {
		if body, err := r.GetBody(); err == nil {
			text, _ := io.ReadAll(body) // from memory, and only to be shown
			e.asked.take(text)
			_ = body.Close()
		}
	}
	t.list = append(t.list, e)
	if len(t.list) > traceMost {
		t.list = append([]*record(nil), t.list[1:]...)
	}
	return e
}

// keptHeader is a copy of headers in which no proof stays in memory longer than its
// request.
func keptHeader(h http.Header) http.Header {
	kept := h.Clone()
	for name, values := range kept {
		for i, value := range values {
			if givesRight(name) {
				values[i] = maskedHeader(name, value)
			}
		}
	}
	return kept
}

// tracedBody counts an answer as it is read and notes its end.
type tracedBody struct {
	io.ReadCloser
	trace    *Trace
	exchange *record
}

func (b *tracedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.note(p[:n], err != nil)
	return n, err
}

func (b *tracedBody) Close() error {
	b.note(nil, true)
	return b.ReadCloser.Close()
}

func (b *tracedBody) note(read []byte, ended bool) {
	t, e := b.trace, b.exchange
	t.mu.Lock()
	defer t.mu.Unlock()
	e.Received += int64(len(read))
	e.answered.take(read)
	if ended && e.Open {
		e.Open, e.Took = false, t.clock().Sub(e.Time)
	}
}

// secretLike matches what may be a key, a nonce or a signature in an address:
// long, without a dot or a space.
var secretLike = regexp.MustCompile(`[A-Za-z0-9_\-+=]{24,}`)

// maskedPath is an address without its host and without what gives a right.
func maskedPath(u *url.URL) string {
	path := secretLike.ReplaceAllString(u.EscapedPath(), mask)
	query := u.Query()
	if len(query) == 0 {
		return path
	}
	for name, values := range query {
		for i, value := range values {
			if secretLike.MatchString(value) {
				values[i] = mask
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
