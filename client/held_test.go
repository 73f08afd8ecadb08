package client

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answers is a server as a func.
type answers func(try int) (status int, header http.Header)

type scripted struct {
	answer answers
	tries  int
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	s.tries++
	status, header := s.answer(s.tries)
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// throttledOnce refuses the first try with a header.
func throttledOnce(header http.Header) *scripted {
	return &scripted{answer: func(try int) (int, http.Header) {
		if try == 1 {
			return http.StatusTooManyRequests, header
		}
		return http.StatusOK, http.Header{}
	}}
}

func throttledHTTP(server http.RoundTripper, jitter float64) *HTTP {
	trace := NewTrace(time.Now, nil)
	return &HTTP{
		Base: "http://far.example", Client: &http.Client{Transport: trace.Transport(server)}, Trace: trace,
		Jitter: func() float64 { return jitter }, Decode: func(int, []byte) *Error { return &Error{Message: "slow down"} },
	}
}

func TestATraceSaysUntilWhenARefusedRequestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := throttledHTTP(throttledOnce(http.Header{"Retry-After": {"12"}}), 0)
		began := time.Now()
		none, changed := h.Trace.Held()
		assert.Zero(t, none)
		done := make(chan error, 1)
		go func() { done <- h.Do(t.Context(), Request{Method: http.MethodGet, Path: "/x"}, nil) }()
		<-changed
		until, changed := h.Trace.Held()
		assert.Equal(t, began.Add(12*time.Second+retryWait/2), until, "and a little, so that not all come back at once")
		<-changed
		require.NoError(t, <-done)
		until, _ = h.Trace.Held()
		assert.Zero(t, until)
	})
}

func TestAServerWhoseClockIsFarOffIsTold(t *testing.T) {
	for _, c := range []struct{ off, told time.Duration }{{10 * time.Minute, 10 * time.Minute}, {-10 * time.Minute, -10 * time.Minute}, {4 * time.Minute, 0}} {
		synctest.Test(t, func(t *testing.T) {
			server := &scripted{answer: func(int) (int, http.Header) {
				return http.StatusOK, http.Header{"Date": {time.Now().Add(c.off).UTC().Format(http.TimeFormat)}}
			}}
			h := throttledHTTP(server, 0)
			require.NoError(t, h.Do(t.Context(), Request{Method: http.MethodGet, Path: "/x"}, nil))
			assert.Equal(t, c.told, h.Trace.Skew())
		})
	}
}
