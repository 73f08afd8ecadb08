package wire_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth/wire"
)

func TestAWitnessKeepsTheDateAndTheLifeAndGivesOnTheRest(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "application/json", r.Header.Get("Accept"))
		w.Header().Set("Date", "Mon, 02 Mar 2026 12:00:00 GMT")
		_, _ = w.Write([]byte(`{"access_token":"x","expires_in":1e12}`))
	}))
	defer server.Close()
	seen := &wire.Witness{Next: wire.NewTransport(nil)}
	reply, err := seen.Client().Get(server.URL)
	require.NoError(t, err)
	var body [100]byte
	n, _ := reply.Body.Read(body[:])
	require.NoError(t, reply.Body.Close())
	assert.JSONEq(t, `{"access_token":"x"}`, string(body[:n]))
	assert.Equal(t, time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), seen.Date.UTC())
	life, _ := wire.Lifetime(seen.Life)
	assert.Equal(t, 24*time.Hour, life)
}

func TestABodyThatIsCutOffIsNoReply(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{"access_token":"x"}`))
	}))
	defer server.Close()
	seen := &wire.Witness{Next: wire.NewTransport(nil)}
	_, err := seen.Client().Get(server.URL)
	require.ErrorContains(t, err, "the reply was cut off")
}

func TestABodyThatDoesNotEndIsGivenUpWithItsContext(t *testing.T) {
	begun := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"access_`))
		w.(http.Flusher).Flush()
		close(begun)
		<-r.Context().Done()
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	go func() { <-begun; cancel() }()
	seen := &wire.Witness{Next: wire.NewTransport(nil)}
	_, err = seen.Client().Do(request)
	require.ErrorIs(t, err, context.Canceled)
}
