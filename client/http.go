package client

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"fndeck/auth/wire"
)

const (
	// maxReply bounds a reply's body.
	maxReply = 256 << 20
	// replyLimit is how long a request may take in all when it says nothing else.
	replyLimit = 20 * time.Second
	// readTries and retryWait say how often and how far apart a read is retried.
	readTries = 4
	retryWait = 100 * time.Millisecond
	// throttledTries is how often a request that was refused with 429 is sent
	// again: the refusal says that it was not accepted. Where the service does not say
	// how long to wait, unsaidTries is that, with pauses that double from unsaidWait.
	throttledTries = 3
	unsaidTries    = 4
	unsaidWait     = time.Second
	// throttleMax is the longest that is waited where nobody sees it; whoever is
	// asked to wait longer is told so at once.
	throttleMax = time.Minute
)

// Retry says what may be sent again.
type Retry int

const (
	// Safe requests change nothing, or the same thing twice: they are retried.
	Safe Retry = iota
	// Once requests create or start something: they are sent again only when
	// they cannot have arrived (no connection) or were refused (429).
	Once
)

// HTTP sends JSON requests to one API. Its fields are set before first use.
type HTTP struct {
	// Base is the URL before every path, without a final slash.
	Base   string
	Client *http.Client
	// Token gives the bearer token; nil sends none.
	Token oauth2.TokenSource
	// Header is sent with every request.
	Header http.Header
	// Decode turns an error reply into a message, with what is known of it; it
	// returns nil if the body is not of the API's shape.
	Decode func(status int, body []byte) *Error
	// Jitter returns a number in [0,1).
	Jitter func() float64
	// Impatient returns a request that was refused with 429 at once, for callers who
	// wait themselves and show it.
	Impatient bool
	// Trace is told of waits for a server that has refused with 429; it may be nil.
	Trace *Trace
}

// Request is one request of an API.
type Request struct {
	Method, Path string
	// JSON is encoded as the body, unless nil; RawJSON is sent as it is.
	JSON    any
	RawJSON []byte
	Retry   Retry
	// Renew, if not nil, makes the body anew before the request is sent again: some
	// bodies hold what is good for one try, or for a short time.
	Renew func(context.Context) ([]byte, error)
	// Limit bounds one try, the reply included; 0 means 20 seconds.
	Limit time.Duration
	// Try counts from 1 how often it is sent, for the trace; Do counts itself.
	Try int
}

// Do sends a request and decodes the reply into out, unless nil; a *[]byte takes
// its body as it is. It retries as the request's class allows.
func (h *HTTP) Do(ctx context.Context, r Request, out any) error {
	body := r.RawJSON
	if r.JSON != nil {
		var err error
		if body, err = json.Marshal(r.JSON); err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
	}
	return h.Repeat(ctx, r.Retry, func(try int) error {
		if try > 1 && r.Renew != nil {
			var err error
			if body, err = r.Renew(ctx); err != nil {
				return err
			}
		}
		r.Try = try
		return h.once(ctx, r, body, out)
	})
}

// Repeat runs once, counted from 1, until it succeeds or its class allows no
// further try, and waits in between.
func (h *HTTP) Repeat(ctx context.Context, class Retry, once func(try int) error) error {
	for try := 1; ; try++ {
		err := once(try)
		wait, again := h.again(class, err, try)
		if !again {
			return err
		}
		if err := h.pause(ctx, wait, err); err != nil {
			return err
		}
	}
}

// pause waits before a request that ended with failed is sent once more. If ctx ends
// first, failed is the error.
func (h *HTTP) pause(ctx context.Context, wait time.Duration, failed error) error {
	var e *Error
	if errors.As(failed, &e) && e.Code == CodeThrottled {
		defer h.Trace.hold(wait)()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return failed
	case <-timer.C:
		return nil
	}
}

// again says whether and when a failed request is sent once more.
func (h *HTTP) again(class Retry, err error, try int) (time.Duration, bool) {
	var e *Error
	var refused *wire.ProxyError
	if !errors.As(err, &e) || errors.As(err, &refused) {
		return 0, false // A proxy that refused would lock its user in the end.
	}
	jitter := 0.5 + h.Jitter()/2
	wait := time.Duration(float64(retryWait<<(try-1)) * jitter)
	switch {
	case e.Code == CodeThrottled && e.RetryAfter == 0:
		return time.Duration(float64(unsaidWait<<(try-1)) * jitter), try < unsaidTries && !h.Impatient
	case e.Code == CodeThrottled:
		return e.RetryAfter + wait, e.RetryAfter <= throttleMax && try < throttledTries && !h.Impatient
	case e.Code == CodeUnavailable && (class == Safe || isDial(err)):
		return wait, try < readTries
	}
	return 0, false
}

// isDial reports whether no connection was made, so that nothing was sent.
func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == proxyConnect)
}

func (h *HTTP) once(ctx context.Context, r Request, body []byte, out any) error {
	limit := cmp.Or(r.Limit, replyLimit)
	late := &Error{Code: CodeTimeout, Message: fmt.Sprintf("the backend has not answered for %s", limit), Hint: "it may be overloaded, or stopped by a debugger"}
	if r.Retry == Once {
		late = &Error{Code: CodeUnknownOutcome, Message: fmt.Sprintf("no answer for %s after the request was sent: it may have been carried out", limit), Hint: "look before you send it again"}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, late)
	defer cancel()
	reply, err := h.Open(ctx, r, body)
	if err != nil {
		return err
	}
	defer func() { _ = reply.Body.Close() }() // read to its end or given up
	text, err := readReply(reply)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err = decodeReply(reply, text, err, out); err != nil && r.Retry == Once {
		return &Error{
			Code: CodeUnknownOutcome, Message: err.Error() + ": the request may have been carried out", Hint: "look before you send it again",
			Status: reply.StatusCode, RequestID: reply.Header.Get("X-Request-Id"), Err: err,
		}
	}
	return err
}

// decodeReply decodes the text of a success; cut is why it ended early.
func decodeReply(reply *http.Response, text []byte, cut error, out any) error {
	switch {
	case errors.Is(cut, gzip.ErrHeader), errors.Is(cut, gzip.ErrChecksum):
		return unexpected(reply, text, cut)
	case cut == errTooLarge, len(text) > maxReply:
		return &Error{Code: CodeUnexpected, Message: fmt.Sprintf("the answer is larger than %d MiB", maxReply>>20), Status: reply.StatusCode, RequestID: reply.Header.Get("X-Request-Id")}
	case cut != nil:
		return &Error{Code: CodeUnavailable, Message: "the answer was cut off", Err: cut}
	case out == nil:
		return nil
	}
	if whole, ok := out.(*[]byte); ok {
		*whole = text
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return unexpected(reply, text, err)
	}
	return nil
}

// errTooLarge says that a body announces more than it may have.
var errTooLarge = errors.New("too large")

// readReply reads a body, and one byte more than it may have at most. One of known
// length is read into its place at once: a long list would be copied many times.
func readReply(reply *http.Response) ([]byte, error) {
	n := reply.ContentLength
	if n > maxReply {
		return nil, errTooLarge
	}
	if n <= 0 {
		return io.ReadAll(io.LimitReader(reply.Body, maxReply+1))
	}
	text := make([]byte, n)
	_, err := io.ReadFull(reply.Body, text)
	return text, err
}

// Open sends a request once and returns the reply of a success; the caller
// closes its body. Any other status is an *Error.
func (h *HTTP) Open(ctx context.Context, r Request, body []byte) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, h.Base+r.Path, reader)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	for name, values := range h.Header {
		request.Header[name] = values
	}
	request.Header.Set("Accept", "application/json")
	h.Mark(request, r.Try)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if h.Token != nil {
		token, err := h.Token.Token()
		if err != nil {
			return nil, &Error{Code: CodeUnavailable, Message: "no token for the backend", Err: err}
		}
		token.SetAuthHeader(request)
	}
	reply, err := h.Client.Do(request)
	if err != nil {
		return nil, sendError(ctx, r, request.URL.Host, err)
	}
	if reply.StatusCode/100 == 2 {
		return reply, nil
	}
	defer func() { _ = reply.Body.Close() }() // an error's text is enough
	text, _ := io.ReadAll(io.LimitReader(reply.Body, 1<<20))
	err = h.StatusError(reply, text)
	if r.Retry == Once && errors.Is(err, ErrUnavailable) && reply.StatusCode != http.StatusProxyAuthRequired {
		// A gateway gave up waiting: what is behind it may have done it all the same.
		return nil, &Error{
			Code: CodeUnknownOutcome, Message: "the backend did not say whether it was carried out", Hint: "look before you send it again",
			Status: reply.StatusCode, RequestID: reply.Header.Get("X-Request-Id"), Err: err,
		}
	}
	return nil, err
}

// Mark tells the trace that a request is sent once more. The trace takes the mark off
// before anything is sent.
func (h *HTTP) Mark(request *http.Request, try int) {
	if h.Trace != nil && try > 1 {
		request.Header.Set(tryHeader, strconv.Itoa(try))
	}
}

// sendError is the error of a request that got no answer from host.
func sendError(ctx context.Context, r Request, host string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e := NoAnswer(host, err)
	if sent := e.Err == err && e.Code == CodeUnavailable && !isDial(err); sent && r.Retry == Once {
		return &Error{Code: CodeUnknownOutcome, Message: "no answer after the request was sent: it may have been carried out", Hint: "look before you send it again", Err: err}
	}
	return e
}

// StatusError is the error of a reply whose status is none of success; text is
// its body.
func (h *HTTP) StatusError(reply *http.Response, text []byte) error {
	if reply.StatusCode == http.StatusProxyAuthRequired {
		return proxyRefusal(wire.Refused(reply, h.Client.Transport))
	}
	e := h.Decode(reply.StatusCode, text)
	if e == nil {
		return unexpected(reply, text, nil)
	}
	e.Status, e.RequestID = reply.StatusCode, reply.Header.Get("X-Request-Id")
	if e.Code == "" {
		e.Code = codeOf(reply.StatusCode)
	}
	if e.Code == CodeThrottled {
		e.RetryAfter = retryAfter(reply.Header)
	}
	switch {
	case e.Hint != "":
	case e.RetryAfter == retryAfterLongest:
		e.Hint = "the service asks to wait for a day or longer"
	case e.RetryAfter > 0:
		e.Hint = fmt.Sprintf("the service asks to wait %s", e.RetryAfter)
	case e.Code == CodeThrottled:
		e.Hint = "the service takes no more for now: try again in a while"
	}
	return e
}

// codeOf classes a status.
func codeOf(status int) Code {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusMethodNotAllowed:
		return CodeInvalid
	case http.StatusUnauthorized:
		return CodeUnauthenticated
	case http.StatusForbidden:
		return CodeForbidden
	case http.StatusNotFound:
		return CodeNotFound
	case http.StatusConflict:
		return CodeConflict
	case http.StatusRequestEntityTooLarge:
		return CodeLimit
	case http.StatusTooManyRequests:
		return CodeThrottled
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return CodeUnavailable
	}
	return CodeFailed
}

// retryAfterLongest is the most that is read from Retry-After. Whoever waits has a
// bound of their own, far below.
const retryAfterLongest = 24 * time.Hour

// retryAfter reads Retry-After in seconds or as a date against the server's own
// clock (RFC 9110 section 10.2.3).
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	seconds, err := strconv.ParseInt(text, 10, 64)
	if errors.Is(err, strconv.ErrRange) && !strings.HasPrefix(text, "-") {
		seconds, err = math.MaxInt64, nil // It is digits: longer than anybody waits.
	}
	if err == nil && seconds > 0 {
		return time.Duration(min(seconds, int64(retryAfterLongest/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), retryAfterLongest)
}
