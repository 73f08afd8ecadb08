package auth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
)

func TestAClientSecretBuysATokenOnceAndItIsKept(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		assert.Equal(t, "client_credentials", r.PostFormValue("grant_type"))
		assert.Equal(t, "s3cret", r.PostFormValue("client_secret"))
		assert.Equal(t, "https://api", r.PostFormValue("audience"))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"first","token_type":"bearer","expires_in":"3600"}`))
	}))
	defer server.Close()
	t.Setenv("A_SECRET", "s3cret")
	secret, err := auth.ParseReference("env:A_SECRET")
	require.NoError(t, err)
	source, err := auth.Open(auth.Identity{Flow: auth.FlowClientSecret, TokenURL: server.URL, ClientID: "me", ClientSecret: secret, Audience: "https://api"}, auth.Options{})
	require.NoError(t, err)
	defer source.Close(t.Context())
	for range 3 {
		token, err := source.Token(context.Background())
		require.NoError(t, err)
		assert.Equal(t, "first", token.Value.Reveal())
		assert.WithinDuration(t, time.Now().Add(time.Hour), token.Ends, time.Minute)
	}
	assert.Equal(t, 1, asked)
}
