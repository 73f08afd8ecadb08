package client

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth/redact"
)

func TestATraceTellsWhatWasAskedAndWhatCameBack(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "r-1")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "short and stout")
	}))
	defer server.Close()
	now := time.Unix(0, 0)
	trace := NewTrace(func() time.Time { now = now.Add(time.Millisecond); return now }, nil)
	c := &http.Client{Transport: trace.Transport(http.DefaultTransport)}
	secret := strings.Repeat("s3cret", 8)
	reply, err := c.Post(server.URL+"/up/"+secret+"?limit=5&sig="+secret, "text/plain", strings.NewReader("four"))
	require.NoError(t, err)
	assert.True(t, trace.Exchanges()[0].Open, "the answer was not read")
	_, err = io.ReadAll(reply.Body)
	require.NoError(t, err)
	require.NoError(t, reply.Body.Close())
	e := trace.Exchanges()[0]
	assert.Equal(t, "POST", e.Method)
	assert.Equal(t, "/up/•••?limit=5&sig=•••", e.Path)
	assert.Equal(t, http.StatusTeapot, e.Status)
	assert.Equal(t, []int64{4, 15}, []int64{e.Sent, e.Received})
	assert.Equal(t, "r-1", e.RequestID)
	assert.False(t, e.Open)
	assert.Equal(t, 2*time.Millisecond, e.Took)
}

func TestATraceKeepsTheNewestAndTheReasonOfWhatFailed(t *testing.T) {
	trace := NewTrace(time.Now, nil)
	refused := trace.Transport(cut{})
	for range traceMost + 10 {
		_, err := refused.RoundTrip(httptest.NewRequest(http.MethodGet, "/x", nil))
		require.Error(t, err)
	}
	all := trace.Exchanges()
	require.Len(t, all, traceMost)
	assert.Equal(t, int64(traceMost+10), all[0].ID)
	assert.Equal(t, "unexpected EOF", all[0].Failure)
}

func TestATraceMasksWhatIsKnownToBeSecret(t *testing.T) {
	var known redact.Known
	known.Add("hush-hush")
	trace := NewTrace(time.Now, &known)
	_, err := trace.Transport(failing{"get https://me:pw-7@h/: hush-hush was refused"}).RoundTrip(httptest.NewRequest(http.MethodGet, "/a/hush-hush?q=hush%2Dhush&sig=short", nil))
	require.Error(t, err)
	e := trace.Exchanges()[0]
	assert.Equal(t, "/a/•••?q=•••&sig=•••", e.Path)
	assert.Equal(t, "get https://me:•••@h/: ••• was refused", e.Failure)
}

type failing struct{ why string }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New(f.why) }

type cut struct{}

func (cut) RoundTrip(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

func TestATraceTellsHeadersWithoutWhatGivesARight(t *testing.T) {
	const secret = "s3cr3t-s3cr3t-s3cr3t-s3cr3t"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "id="+secret)
		w.Header().Set("Location", "https://files.example/up?sig="+secret)
		w.Header().Set("Etag", "0123456789abcdef0123456789abcdef")
		_, _ = io.WriteString(w, `{"uploadUrl":"https://files.example/up?sig=`+secret+`","items":[{"nonce":"`+secret+`","id":9007199254740993}]}`)
	}))
	defer server.Close()
	trace := NewTrace(time.Now, nil)
	trace.KeepBodies(true)
	c := &http.Client{Transport: trace.Transport(http.DefaultTransport)}
	r, err := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(`{"token":"`+secret+`"}`))
	require.NoError(t, err)
	for _, name := range []string{"Authorization", "Cookie", "X-Api-Key", "X-Amz-Security-Token"} {
		r.Header.Set(name, "Bearer "+secret)
	}
	reply, err := c.Do(r)
	require.NoError(t, err)
	_, err = io.ReadAll(reply.Body)
	require.NoError(t, err)
	require.NoError(t, reply.Body.Close())
	d, ok := trace.Detail(1)
	require.True(t, ok)
	assert.NotContains(t, fmt.Sprintf("%+v", d), secret)
	assert.Contains(t, d.Asked.Header, HeaderLine{"Authorization", "Bearer •••"})
	assert.Contains(t, d.Answered.Header, HeaderLine{"Etag", "0123456789abcdef0123456789abcdef"})
	assert.Contains(t, d.Answered.Header, HeaderLine{"Location", "https://files.example/up?sig=•••"})
	assert.JSONEq(t, `{"token":"•••"}`, d.Asked.Body)
	assert.Contains(t, d.Answered.Body, `"id":9007199254740993`)
	_, ok = trace.Detail(2)
	assert.False(t, ok)
}

func TestATraceShowsNoBodyWhoseSecretsItCannotFind(t *testing.T) {
	for body, why := range map[string]string{
		"token=s3cr3t":                  "12 bytes, text/plain: only JSON is shown",
		`{"a":1}` + "\n" + `{"b":2}`:    "15 bytes, text/plain: only JSON is shown",
		strings.Repeat("x", bodyMost+1): "larger than 64 KiB, not kept",
		"":                              "empty",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, body)
		}))
		trace := NewTrace(time.Now, nil)
		trace.KeepBodies(true)
		reply, err := (&http.Client{Transport: trace.Transport(http.DefaultTransport)}).Get(server.URL)
		require.NoError(t, err)
		_, err = io.ReadAll(reply.Body)
		require.NoError(t, err)
		require.NoError(t, reply.Body.Close())
		d, _ := trace.Detail(1)
		assert.Equal(t, Message{Header: d.Answered.Header, Bodyless: why}, d.Answered)
		server.Close()
	}
}

func TestATraceCountsTheTriesOfARequestAndSendsNoCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		trace := NewTrace(time.Now, nil)
		h := &HTTP{Base: "http://h", Trace: trace, Jitter: func() float64 { return 0 }, Decode: func(int, []byte) *Error { return nil }, Client: &http.Client{
			Transport: trace.Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
				assert.Empty(t, r.Header.Get(tryHeader), "it would leave the process")
				if sent++; sent < 3 {
					return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
				}
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
			})),
		}}
		require.NoError(t, h.Do(t.Context(), Request{Method: http.MethodGet, Path: "/x"}, nil))
		var tries []int
		for _, e := range trace.Exchanges() {
			tries = append(tries, e.Try)
		}
		assert.Equal(t, []int{3, 2, 1}, tries)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
