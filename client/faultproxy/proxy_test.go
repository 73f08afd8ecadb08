package faultproxy_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/faultproxy"
)

// server tells its own address and counts what it has carried out.
func server(t *testing.T) (url string, carried *atomic.Int64) {
	t.Helper()
	carried = &atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		carried.Add(1)
		body, _ := io.ReadAll(r.Body) // what is cut shows in the test
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"link":"http://%s/x","sent":%q}`, r.Host, body)
	}))
	t.Cleanup(s.Close)
	return s.URL, carried
}

// ask sends a request that no client sends again by itself.
func ask(t *testing.T, url string) (status int, body string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/ask", strings.NewReader("hello"))
	require.NoError(t, err)
	reply, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = reply.Body.Close() }() // read to its end
	text, err := io.ReadAll(reply.Body)
	return reply.StatusCode, string(text), err
}

func TestWhatPassesIsWhatTheServerSaysWithLinksThroughTheProxy(t *testing.T) {
	url, _ := server(t)
	p := faultproxy.New(t, url)
	status, body, err := ask(t, p.URL)
	require.NoError(t, err)
	assert.Equal(t, 200, status)
	assert.JSONEq(t, `{"link":"`+p.URL+`/x","sent":"hello"}`, body)
}

func TestAFaultComesAtItsRequestBeforeOrAfterTheServer(t *testing.T) {
	for kind, carried := range map[faultproxy.Kind]int64{
		faultproxy.ResetBefore: 2, faultproxy.ResetAfter: 3, faultproxy.TruncateAfter: 3, faultproxy.AnswerBefore: 2, faultproxy.AnswerAfter: 3,
	} {
		url, done := server(t)
		p := faultproxy.New(t, url)
		then := false
		p.At(2, faultproxy.Fault{Kind: kind, Status: 429, Header: http.Header{"Retry-After": {"7"}}, Then: func() { then = true }})
		for n := 1; n <= 3; n++ {
			status, body, err := ask(t, p.URL)
			answered := kind == faultproxy.AnswerBefore || kind == faultproxy.AnswerAfter
			switch {
			case n != 2:
				require.NoError(t, err, kind)
				assert.Contains(t, body, "hello")
			case answered:
				require.NoError(t, err, kind)
				assert.Equal(t, 429, status)
				assert.JSONEq(t, `{"error":{"code":429,"message":"refused on purpose"}}`, body)
			default:
				assert.Error(t, err, kind)
			}
		}
		assert.True(t, then, kind)
		assert.Equal(t, carried, done.Load(), kind)
		seen, requests := p.Seen()
		assert.Equal(t, 3, seen)
		assert.Equal(t, "POST /ask", requests[1])
	}
}

func TestARequestIsHeldUntilItIsLetGo(t *testing.T) {
	for kind, before := range map[faultproxy.Kind]int64{faultproxy.HoldBefore: 0, faultproxy.HoldAfter: 1} {
		url, done := server(t)
		p := faultproxy.New(t, url)
		release, held := make(chan struct{}), make(chan struct{})
		p.At(1, faultproxy.Fault{Kind: kind, Until: release, Then: func() { close(held) }})
		answer := make(chan error, 1)
		go func() {
			_, _, err := ask(t, p.URL)
			answer <- err
		}()
		<-held
		assert.Equal(t, before, done.Load())
		close(release)
		require.NoError(t, <-answer)
		assert.EqualValues(t, 1, done.Load())
	}
}
