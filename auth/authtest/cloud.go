package authtest

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/renameio/v2"
	"github.com/stretchr/testify/require"
)

// Cloud answers as the endpoints do that clouds give to machines: one server for
// all of them, told apart by their headers. Its fields are set before it is asked.
type Cloud struct {
	URL string
	// Secret is what App Service, Azure ML and Service Fabric want to see.
	Secret string
	// ArcTokens is the folder of the agent's challenges, ChallengeFile the file
	// that it names.
	ArcTokens, ChallengeFile string
	// Answer is the JSON of a token.
	Answer map[string]any

	mu       sync.Mutex
	statuses []int
	requests []*http.Request
}

// arcProof is the content of the challenge's file.
const arcProof = "the-agents-proof"

// NewCloud starts one that ends with the test.
func NewCloud(t testing.TB) *Cloud {
	t.Helper()
	c := &Cloud{Secret: "header-secret", ArcTokens: t.TempDir(), Answer: map[string]any{"access_token": "cloud-token", "expires_in": "3599", "token_type": "Bearer"}}
	c.ChallengeFile = filepath.Join(c.ArcTokens, "challenge.key")
	require.NoError(t, renameio.WriteFile(c.ChallengeFile, []byte(arcProof), 0o600))
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// Statuses are answered first, before the truth.
func (c *Cloud) Statuses(all ...int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statuses = all
}

// Requests returns what was asked.
func (c *Cloud) Requests() []*http.Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.requests)
}

// ServeHTTP implements http.Handler.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm() // an unreadable form is an empty one
	c.mu.Lock()
	c.requests = append(c.requests, r)
	status := 0
	if len(c.statuses) > 0 {
		status, c.statuses = c.statuses[0], c.statuses[1:]
	}
	c.mu.Unlock()
	version := r.Form.Get("api-version")
	switch {
	case status != 0:
		writeJSON(w, status, map[string]any{"error": "fault", "error_description": http.StatusText(status)})
	case version == "2019-08-01" && r.Header.Get("X-IDENTITY-HEADER") == c.Secret,
		(version == "2017-09-01" || version == "2019-07-01-preview") && r.Header.Get("secret") == c.Secret,
		version == "2018-02-01" && r.Header.Get("Metadata") == "true",
		version == "" && r.Method == http.MethodPost && r.Header.Get("Metadata") == "true":
		writeJSON(w, http.StatusOK, c.Answer)
	case version == "2020-06-01" && r.Header.Get("Metadata") == "true":
		c.arc(w, r)
	default:
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_request", "error_description": "Required metadata header not specified"})
	}
}

// arc is the agent's two steps.
func (c *Cloud) arc(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") == "Basic "+arcProof {
		writeJSON(w, http.StatusOK, c.Answer)
		return
	}
	w.Header().Set("WWW-Authenticate", "Basic realm="+c.ChallengeFile)
	w.WriteHeader(http.StatusUnauthorized)
}
