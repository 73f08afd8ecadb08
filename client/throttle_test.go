package client

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refusing is a service that refuses for a while.
type refusing struct {
	until time.Time
	after string
	date  time.Time
	asked []time.Time
}

// RoundTrip implements http.RoundTripper.
func (s *refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, time.Now())
	reply := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}
	if time.Now().Before(s.until) {
		reply.StatusCode = http.StatusTooManyRequests
		reply.Header.Set("Retry-After", s.after)
		reply.Header.Set("Date", s.date.UTC().Format(http.TimeFormat))
	}
	return reply, nil
}

func TestAServiceThatAsksToWaitIsWaitedForAsItAsks(t *testing.T) {
	// The service's clock is an hour off; only the distance of its own two times counts.
	date := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	unsaid := []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}
	for name, c := range map[string]struct {
		after  string
		jitter float64
		waits  []time.Duration // before each further try
		hint   string
	}{
		"in seconds":               {"30", 0, []time.Duration{30*time.Second + 50*time.Millisecond, 30*time.Second + 100*time.Millisecond}, "the service asks to wait 30s"},
		"in seconds, late of all":  {"30", 0.98, []time.Duration{30*time.Second + 99*time.Millisecond, 30*time.Second + 198*time.Millisecond}, "the service asks to wait 30s"},
		"with a date":              {date.Add(20 * time.Second).Format(http.TimeFormat), 0, []time.Duration{20*time.Second + 50*time.Millisecond, 20*time.Second + 100*time.Millisecond}, "the service asks to wait 20s"},
		"with a date that is over": {date.Add(-time.Hour).Format(http.TimeFormat), 0, unsaid, "the service takes no more for now: try again in a while"},
		"without saying how long":  {"", 0, unsaid, "the service takes no more for now: try again in a while"},
		"in words":                 {"soon", 0, unsaid, "the service takes no more for now: try again in a while"},
		"backwards":                {"-5", 0, unsaid, "the service takes no more for now: try again in a while"},
		"for an hour":              {"3600", 0, nil, "the service asks to wait 1h0m0s"},
		"for thirty years":         {strconv.Itoa(1e9), 0, nil, "the service asks to wait for a day or longer"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &refusing{until: time.Now().Add(1000 * time.Hour), after: c.after, date: date}
			h := &HTTP{
				Base: "http://backend.test", Client: &http.Client{Transport: s}, Jitter: func() float64 { return c.jitter },
				Decode: func(int, []byte) *Error { return &Error{Message: "too many"} },
			}
			err := h.Do(t.Context(), Request{Method: http.MethodPost, Path: "/", Retry: Once}, nil)
			var e *Error
			require.ErrorAs(t, err, &e, name)
			assert.Equal(t, CodeThrottled, e.Code, name)
			assert.Equal(t, c.hint, e.Hint, name)
			var waits []time.Duration
			for i := 1; i < len(s.asked); i++ {
				waits = append(waits, s.asked[i].Sub(s.asked[i-1]))
			}
			assert.Equal(t, c.waits, waits, name)

			s.until, s.asked = time.Now().Add(10*time.Second), nil
			if c.waits != nil && c.waits[0] > 10*time.Second {
				require.NoError(t, h.Do(t.Context(), Request{Method: http.MethodPost, Path: "/", Retry: Once}, nil), name)
				assert.Len(t, s.asked, 2, "%s: it was not accepted, so that it may be sent again", name)
			}

			h.Impatient, s.until, s.asked = true, time.Now().Add(time.Hour), nil
			require.Error(t, h.Do(t.Context(), Request{Method: http.MethodPost, Path: "/", Retry: Once}, nil), name)
			assert.Len(t, s.asked, 1, "%s: who waits himself and shows it is not made to wait", name)
		})
	}
}

func TestAWaitForAServiceEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &refusing{until: time.Now().Add(time.Hour), after: "50"}
		h := &HTTP{
			Base: "http://backend.test", Client: &http.Client{Transport: s}, Jitter: func() float64 { return 0 },
			Decode: func(int, []byte) *Error { return &Error{Message: "too many"} },
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		require.Error(t, h.Do(ctx, Request{Method: http.MethodGet, Path: "/"}, nil))
		assert.Equal(t, time.Second, time.Since(begun))
		assert.Len(t, s.asked, 1)
	})
}
