package client

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
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
