package views

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/several"
	"fndeck/views/standing"
)

// tracedBackend asks a server for its functions, as a func says it answers.
type tracedBackend struct {
	*farBackend
	http *client.HTTP
}

func (b *tracedBackend) Trace() *client.Trace { return b.http.Trace }

func (b *tracedBackend) Functions(ctx context.Context) ([]client.Function, error) {
	if err := b.http.Do(ctx, client.Request{Method: http.MethodGet, Path: "/functions"}, nil); err != nil {
		return nil, err
	}
	return b.farBackend.Functions(ctx)
}

type answered func() (status int, header http.Header)

func (a answered) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header := a()
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// performFar runs a console of prod, whose server answers as the func says.
func performFar(t *testing.T, status auth.Status, answer answered, play func(s *stage)) {
	t.Helper()
	c := newFakeContexts()
	c.prod.status = status
	c.prod.description.Missing = map[client.Capability]string{client.CanPush: "polled"}
	trace := client.NewTrace(time.Now, nil)
	far := &tracedBackend{farBackend: c.prod, http: &client.HTTP{
		Base: "http://far.example", Client: &http.Client{Transport: trace.Transport(answer)}, Trace: trace,
		Jitter: func() float64 { return 0 }, Decode: func(int, []byte) *client.Error { return &client.Error{Message: "slow down"} },
	}}
	perform(t, c.local, 120, 24, Options{Contexts: farContexts{c, far}}, func(s *stage) {
		s.line("ctx prod")
		play(s)
	})
}

// farContexts hand out far as prod.
type farContexts struct {
	*fakeContexts
	far client.Backend
}

func (c farContexts) Open(ctx context.Context, name string) (standing.Opened, error) {
	switch name {
	case "prod":
		return standing.Opened{Backend: c.far}, nil
	case "local,prod":
		parts := []several.Part{{Name: "local", Backend: c.local}, {Name: "prod", Backend: action.Guard(c.far, action.Marks{})}}
		return standing.Opened{Backend: several.New(parts, time.Now, several.Patience)}, nil
	}
	return c.fakeContexts.Open(ctx, name)
}

func TestARequestThatIsToldToWaitCountsDownInTheHeader(t *testing.T) {
	refused := true
	performFar(t, auth.Status{}, func() (int, http.Header) {
		if refused {
			refused = false
			return http.StatusTooManyRequests, http.Header{"Retry-After": {"12"}}
		}
		return http.StatusOK, http.Header{}
	}, func(s *stage) {
		assert.Contains(t, s.header(), "429, again in 12s")
		s.wait(5 * time.Second)
		assert.Contains(t, s.header(), "429, again in 7s")
		s.wait(8 * time.Second)
		assert.NotContains(t, s.header(), "429")
		assert.Contains(t, s.screen.text(), "ingest-prod")
	})
}

func TestAPollThatHangsMarksTheRowsWithTheirAgeByItself(t *testing.T) {
	var hung atomic.Pointer[chan struct{}]
	performFar(t, auth.Status{}, func() (int, http.Header) {
		if until := hung.Load(); until != nil {
			<-*until
		}
		return http.StatusOK, http.Header{}
	}, func(s *stage) {
		assert.Contains(t, s.screen.text(), "ingest-prod")
		until := make(chan struct{})
		hung.Store(&until)
		s.wait(8 * time.Second) // The poll began within five.
		assert.NotContains(t, s.header(), "stale")
		s.wait(7 * time.Second)
		assert.Regexp(t, `stale 1\ds, no answer for \d+s`, s.header())
		assert.Contains(t, s.screen.text(), "ingest-prod")
		s.wait(6 * time.Second)
		assert.Contains(t, s.header(), "stale 2")
		s.press("5", "1")
		assert.Contains(t, s.header(), "stale", "it is as old when one comes back to it")
		hung.Store(nil)
		close(until)
		s.rest()
		assert.NotContains(t, s.header(), "stale")
	})
}

func TestAListThatIsAwaitedForLongNamesTheRequest(t *testing.T) {
	gate := sync.OnceValue(func() chan struct{} { return make(chan struct{}) })
	performFar(t, auth.Status{}, func() (int, http.Header) {
		<-gate()
		return http.StatusOK, http.Header{}
	}, func(s *stage) {
		s.wait(8 * time.Second)
		assert.Contains(t, s.screen.text(), "loading functions…")
		assert.NotContains(t, s.screen.text(), "No answer yet")
		s.wait(3 * time.Second)
		assert.Contains(t, s.screen.text(), "No answer yet to GET /functions")
		close(gate())
		s.rest()
		assert.Contains(t, s.screen.text(), "ingest-prod")
	})
}

func TestSideBySideEachContextTellsItsOwnWaitsClockAndRequests(t *testing.T) {
	refused := 0
	performFar(t, auth.Status{}, func() (int, http.Header) {
		header := http.Header{"Date": {time.Now().Add(-10 * time.Minute).UTC().Format(http.TimeFormat)}, "Retry-After": {"12"}}
		if refused++; refused == 2 { // The first was that of prod alone.
			return http.StatusTooManyRequests, header
		}
		return http.StatusOK, header
	}, func(s *stage) {
		s.line("ctx local,prod")
		assert.Contains(t, s.header(), "prod clock off")
		assert.Contains(t, s.header(), "prod 429, again in 12s")
		s.wait(5 * time.Second)
		assert.Contains(t, s.header(), "prod 429, again in 7s")
		s.press("#")
		assert.Regexp(t, `STATUS +CONTEXT`, s.screen.text())
		assert.Regexp(t, `429 +prod +GET +/functions`, s.screen.text())
		s.press("X")
		assert.Contains(t, s.screen.text(), "curl command copied")
		s.wait(8 * time.Second)
		assert.NotContains(t, s.header(), "429")
	})
}

func TestAServerWhoseClockIsFarOffIsTold(t *testing.T) {
	performFar(t, auth.Status{}, func() (int, http.Header) {
		return http.StatusOK, http.Header{"Date": {time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat)}}
	}, func(s *stage) {
		assert.Contains(t, s.header(), "this clock is 10m behind the server's")
	})
}

func TestATokenThatEndsSoonAndIsNotRenewedIsAWarning(t *testing.T) {
	ends := bubbleStart.Add(4*time.Minute + 30*time.Second)
	answer := func() (int, http.Header) { return http.StatusOK, http.Header{} }
	performFar(t, auth.Status{Flow: auth.FlowToken, Who: "kari", Ends: ends}, answer, func(s *stage) {
		assert.Contains(t, s.header(), "kari 4m !")
	})
	performFar(t, auth.Status{Flow: auth.FlowDeviceCode, Who: "kari", Ends: ends, Refreshable: true}, answer, func(s *stage) {
		assert.Contains(t, s.header(), "kari 4m")
		assert.NotContains(t, s.header(), "4m !")
	})
}

// header is the first line of the screen.
func (s *stage) header() string { return strings.Split(s.screen.text(), "\n")[0] }

// wait lets the time pass that tests have.
func (s *stage) wait(d time.Duration) {
	<-time.After(d)
	s.rest()
}
