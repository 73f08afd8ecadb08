package client

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stuck is a server that has read a request, says what it has to say, and then
// nothing more. It ends with the connection, or at once where it hangs up.
type stuck struct {
	says    string
	hangsUp bool
	reset   bool
	unread  bool // it takes the connection, and nothing from it
}

var stuckServers = map[string]stuck{
	"that takes no byte":                   {unread: true},
	"that reads and is silent":             {},
	"that begins a status line":            {says: "HTTP/1.1 20"},
	"that never ends its headers":          {says: "HTTP/1.1 200 OK\r\nX-One: 1\r\nX-Two"},
	"that stops in the body":               {says: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":"},
	"that stops between chunks":            {says: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n"},
	"that ends its side before it answers": {hangsUp: true},
	"that ends its side in the body":       {says: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":", hangsUp: true},
	"that resets":                          {reset: true},
}

// listen serves until the test ends; reached gets a value once a request was answered
// as far as it ever is.
func (s stuck) listen(t *testing.T) (h *HTTP, reached <-chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	over, done := make(chan struct{}), make(chan struct{}, 99)
	t.Cleanup(func() {
		close(over)
		_ = listener.Close() // no more connections come
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }() // its end is all that is wanted
				s.serve(conn.(*net.TCPConn))
				done <- struct{}{}
				if !s.reset {
					<-over
				}
			}()
		}
	}()
	transport, err := Network{Proxy: NoProxy}.Transport()
	require.NoError(t, err)
	t.Cleanup(transport.CloseIdleConnections)
	return &HTTP{Base: "http://" + listener.Addr().String(), Client: &http.Client{Transport: transport}, Jitter: func() float64 { return 0 }}, done
}

func (s stuck) serve(conn *net.TCPConn) {
	if s.unread {
		return
	}
	_, _ = conn.Read(make([]byte, 4096)) // what cannot be read shows in the test
	_, _ = io.WriteString(conn, s.says)  // as above
	switch {
	case s.reset:
		_ = conn.SetLinger(0) // so that its end is a reset
	case s.hangsUp:
		_ = conn.CloseWrite() // as above
	}
}

// Nothing but the cancel can end these: the limits are hours.
func TestACancelEndsARequestInEveryPhase(t *testing.T) {
	for name, s := range stuckServers {
		if s.hangsUp || s.reset {
			continue // they end by themselves
		}
		for _, class := range []Retry{Safe, Once} {
			h, reached := s.listen(t)
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-reached; cancel() }()
			err := h.Do(ctx, Request{Method: http.MethodPost, Path: "/", RawJSON: []byte("{}"), Retry: class, Limit: time.Hour}, &struct{}{})
			assert.ErrorIs(t, err, context.Canceled, "a server %s", name)
		}
	}
}

// Nothing but its limit can end these.
func TestARequestEndsAtItsLimitInEveryPhase(t *testing.T) {
	for name, s := range stuckServers {
		if s.hangsUp || s.reset {
			continue
		}
		for class, code := range map[Retry]Code{Safe: CodeTimeout, Once: CodeUnknownOutcome} {
			h, _ := s.listen(t)
			err := h.Do(t.Context(), Request{Method: http.MethodPost, Path: "/", RawJSON: []byte("{}"), Retry: class, Limit: 50 * time.Millisecond}, &struct{}{})
			var e *Error
			require.ErrorAs(t, err, &e, "a server %s", name)
			assert.Equal(t, code, e.Code, "a server %s", name)
			assert.Contains(t, e.Message, "50ms", "a server %s", name)
		}
	}
}

func TestAConnectionThatEndsTooSoonIsSaidAndACreateIsNotSentAgain(t *testing.T) {
	for name, s := range stuckServers {
		if !s.hangsUp && !s.reset {
			continue
		}
		for class, want := range map[Retry]struct {
			code  Code
			times int
		}{Safe: {CodeUnavailable, readTries}, Once: {CodeUnknownOutcome, 1}} {
			h, reached := s.listen(t)
			err := h.Do(t.Context(), Request{Method: http.MethodPost, Path: "/", RawJSON: []byte("{}"), Retry: class, Limit: time.Hour}, &struct{}{})
			var e *Error
			require.ErrorAs(t, err, &e, "a server %s", name)
			assert.Equal(t, want.code, e.Code, "a server %s: %v", name, e)
			for range want.times {
				<-reached
			}
			assert.Empty(t, reached, "a server %s", name)
		}
	}
}
