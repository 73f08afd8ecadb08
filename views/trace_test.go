package views

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// tracing is a backend that tells its requests.
type tracing struct {
	*fakeBackend
	trace *client.Trace
}

func (b tracing) Trace() *client.Trace { return b.trace }

// answering answers every request alike.
type answering struct{ status int }

// numbered answers every request well, under one id.
type numbered string

func (n numbered) RoundTrip(*http.Request) (*http.Response, error) {
	reply := httptest.NewRecorder()
	reply.Header().Set("X-Request-Id", string(n))
	return reply.Result(), nil
}

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	if a.status == 0 {
		return nil, errors.New("connection refused")
	}
	return httptest.NewRecorder().Result(), nil
}

func TestAnErrorLeadsToTheRequestThatItCameFrom(t *testing.T) {
	backend := tracing{sampleBackend(bubbleStart), client.NewTrace(func() time.Time { return bubbleStart }, nil)}
	backend.listErr = &client.Error{Code: client.CodeUnavailable, Message: "the index is away", RequestID: "r-7"}
	for _, id := range []string{"r-6", "r-7"} {
		reply, err := backend.trace.Transport(numbered(id)).RoundTrip(request("/functions/" + id))
		require.NoError(t, err)
		require.NoError(t, reply.Body.Close())
	}
	driveAny(t, func() client.Backend { return backend }, func(d *driver) {
		d.press("!", "enter")
		d.see("request id", "r-7", "its request enter")
		d.press("enter")
		d.see("requests (1 of 2)", "/functions/r-7")
		d.press("esc", "esc")
		d.see("the index is away")
	})
	plain := sampleBackend(bubbleStart)
	plain.listErr = errors.New("lost")
	drive(t, plain, func(d *driver) {
		d.press("!", "enter", "enter")
		d.see("this error has no request id")
	})
}

func TestTheRequestsOfTheConsoleAreOneKeyAway(t *testing.T) {
	backend := tracing{sampleBackend(bubbleStart), client.NewTrace(func() time.Time { return bubbleStart }, nil)}
	ask := func(status int, path string) {
		reply, err := backend.trace.Transport(answering{status}).RoundTrip(request(path))
		if err == nil {
			require.NoError(t, reply.Body.Close())
		}
	}
	ask(http.StatusOK, "/functions/list")
	driveAny(t, func() client.Backend { return backend }, func(d *driver) {
		d.press("#")
		d.see("requests (1)", "/functions/list", "200")
		ask(0, "/calls\x1b[2J")
		d.wait(2 * time.Second)
		d.see("failed", "requests (2)")
		d.press("x")
		d.see("requests (1 of 2)")
		d.press("X")
		d.see("curl command copied")
		d.press("C")
		d.typed("curl")
		d.see("CURL", "curl -X GET")
		d.press("esc", "enter")
		d.see("because", "connection refused", "try", "Sent headers", "Authorization: Bearer", "Accept: application/json")
		d.miss("hunter2")
	})
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("#")
		d.see("this backend keeps no list of its requests")
	})
}

func TestTheBodiesOfRequestsAreKeptOnceThatIsSwitchedOn(t *testing.T) {
	backend := tracing{sampleBackend(bubbleStart), client.NewTrace(func() time.Time { return bubbleStart }, nil)}
	ask := func() {
		r := httptest.NewRequest(http.MethodPost, "/functions", strings.NewReader(`{"name":"ingest","secrets":{"key":"hunter2"}}`))
		r.GetBody = func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(`{"name":"ingest","secrets":{"key":"hunter2"}}`)), nil
		}
		reply, err := backend.trace.Transport(numbered("r-1")).RoundTrip(r)
		require.NoError(t, err)
		require.NoError(t, reply.Body.Close())
	}
	ask()
	driveAny(t, func() client.Backend { return backend }, func(d *driver) {
		d.press("#", "enter", "tab")
		d.see("not kept", ":bodies keeps those of requests from then on")
		d.press("esc", ":")
		d.typed("bodies")
		d.press("enter")
		d.see("bodies are kept from now on")
		ask()
		d.wait(2 * time.Second)
		d.press("g", "enter", "tab")
		d.see(`"name": "ingest"`, `"key": "•••"`)
		d.miss("hunter2")
	})
}

func request(path string) *http.Request {
	header := http.Header{"Accept": {"application/json"}, "Authorization": {"Bearer hunter2"}}
	return &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: header}
}
