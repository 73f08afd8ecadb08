package cognite

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"fndeck/client"
)

// cloud answers as its funcs say and remembers what it was sent.
type cloud struct {
	*httptest.Server
	mu       sync.Mutex
	sessions int
	bodies   []string // of creates and uploads
	tokens   []string // of uploads
	answer   func(try int, w http.ResponseWriter)
}

func newCloud(t *testing.T, answer func(try int, w http.ResponseWriter)) (*cloud, *Backend) {
	t.Helper()
	c := &cloud{answer: answer}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c, New(Config{
		BaseURL: c.URL, Project: "p", Client: c.Client(), Jitter: func() float64 { return 0 },
		Token: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "mine"}),
	})
}

// got returns what has arrived so far. A connection may be cut, and its client go
// on, before its handler has returned.
func (c *cloud) got() (bodies, tokens []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.bodies), slices.Clone(c.tokens)
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/api/v1/projects/p/sessions":
		c.sessions++
		_, _ = fmt.Fprintf(w, `{"items":[{"id":%d,"status":"READY","nonce":"n%d"}]}`, c.sessions, c.sessions)
		return
	case "/api/v1/projects/p/sessions/byids":
		_, _ = io.WriteString(w, `{"items":[{"id":1,"status":"READY","creationTime":1}]}`) // nothing took it
		return
	case "/upload":
		c.tokens = append(c.tokens, r.Header.Get("Authorization"))
	}
	body, _ := io.ReadAll(r.Body) // what is cut shows in the test
	c.bodies = append(c.bodies, string(body))
	c.answer(len(c.bodies), w)
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":{"code":%d,"message":%q}}`, status, message)
}

const started = `{"id":7,"functionId":1,"status":"Running","startTime":1}`

func TestACallThatMayBeSentAgainGetsANewSession(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(try int, w http.ResponseWriter)
		bodies []string
		code   client.Code
	}{
		"throttled": {
			func(try int, w http.ResponseWriter) {
				if try == 1 {
					refuse(w, http.StatusTooManyRequests, "queue is full")
					return
				}
				_, _ = io.WriteString(w, started)
			},
			[]string{`{"nonce":"n1","data":{"a" : 1}}`, `{"nonce":"n2","data":{"a" : 1}}`},
			"",
		},
		"a nonce that was too late": {
			func(try int, w http.ResponseWriter) {
				if try == 1 {
					refuse(w, http.StatusBadRequest, "Session Nonce is invalid or expired")
					return
				}
				_, _ = io.WriteString(w, started)
			},
			[]string{`{"nonce":"n1","data":{"a" : 1}}`, `{"nonce":"n2","data":{"a" : 1}}`},
			"",
		},
		"a nonce that is never taken": {
			func(_ int, w http.ResponseWriter) { refuse(w, http.StatusBadRequest, "nonce!") },
			[]string{`{"nonce":"n1","data":{"a" : 1}}`, `{"nonce":"n2","data":{"a" : 1}}`},
			client.CodeInvalid,
		},
		"another refusal": {
			func(_ int, w http.ResponseWriter) { refuse(w, http.StatusBadRequest, "no such thing") },
			[]string{`{"nonce":"n1","data":{"a" : 1}}`},
			client.CodeInvalid,
		},
		"an answer that is lost after the call was taken": {
			func(_ int, w http.ResponseWriter) {
				conn, _, err := http.NewResponseController(w).Hijack()
				if err == nil {
					_ = conn.Close() // that is the point
				}
			},
			[]string{`{"nonce":"n1","data":{"a" : 1}}`},
			client.CodeUnknownOutcome,
		},
		"a gateway that gave up": {
			func(_ int, w http.ResponseWriter) { refuse(w, http.StatusBadGateway, "gone") },
			[]string{`{"nonce":"n1","data":{"a" : 1}}`},
			client.CodeUnknownOutcome,
		},
	} {
		cloud, b := newCloud(t, c.answer)
		_, err := b.Invoke(t.Context(), client.CallRequest{FunctionID: "1", Data: json.RawMessage(`{"a" : 1}`)})
		bodies, _ := cloud.got()
		assert.Equal(t, c.bodies, bodies, name)
		if c.code == "" {
			assert.NoError(t, err, name)
			continue
		}
		var e *client.Error
		require.ErrorAs(t, err, &e, name)
		assert.Equal(t, c.code, e.Code, name)
	}
}

func TestAScheduleThatIsThrottledGetsANewSessionAndKeepsItsBytes(t *testing.T) {
	cloud, b := newCloud(t, func(try int, w http.ResponseWriter) {
		if try == 1 {
			refuse(w, http.StatusTooManyRequests, "wait")
			return
		}
		_, _ = io.WriteString(w, `{"items":[{"id":3,"name":"n","functionId":1}]}`)
	})
	_, err := b.CreateSchedule(t.Context(), client.ScheduleSpec{FunctionID: "1", Name: "n", Cron: "* * * * *", Data: json.RawMessage(`{"a" : "<&>"}`)})
	require.NoError(t, err)
	taken, _ := cloud.got()
	require.Len(t, taken, 2)
	for try, body := range taken {
		assert.Contains(t, body, fmt.Sprintf(`"nonce":"n%d"`, try+1))
		assert.Contains(t, body, `"data":{"a" : "<&>"}`)
		assert.True(t, json.Valid([]byte(body)), body)
	}
}

func TestAnUploadIsSentAgainWholeWhereAGatewayFailed(t *testing.T) {
	for status, bodies := range map[int]int{200: 1, 502: 2, 503: 2, 504: 2, 429: 2, 400: 1, 403: 1} {
		cloud, b := newCloud(t, func(try int, w http.ResponseWriter) {
			if try == 1 && status != 200 {
				refuse(w, status, "no")
			}
		})
		err := b.put(context.Background(), "/upload", []byte("zip"), nil)
		taken, tokens := cloud.got()
		assert.Len(t, taken, bodies, status)
		for i := range taken {
			assert.Equal(t, "zip", taken[i], status)
			assert.Equal(t, "Bearer mine", tokens[i], status)
		}
		assert.Equal(t, status == 400 || status == 403, err != nil, "%d: %v", status, err)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	other, _ := newCloud(t, func(int, http.ResponseWriter) {})
	_, b := newCloud(t, func(_ int, w http.ResponseWriter) {
		w.Header().Set("Location", other.URL+"/elsewhere")
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	_, err := b.Functions(t.Context())
	assert.ErrorContains(t, err, "unexpected reply")
	assert.Error(t, b.put(t.Context(), "/upload", []byte("zip"), nil))
	bodies, _ := other.got()
	assert.Empty(t, bodies)
}

func TestOurTokenGoesToTheUploadLinkOfTheApisOwnHostOnly(t *testing.T) {
	other, _ := newCloud(t, func(int, http.ResponseWriter) {})
	_, b := newCloud(t, func(int, http.ResponseWriter) {})
	require.NoError(t, b.put(context.Background(), other.URL+"/upload", []byte("zip"), nil))
	assert.Equal(t, []string{""}, other.tokens)
}
