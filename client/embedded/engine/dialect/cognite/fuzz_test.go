//go:build linux

package cognite

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/core"
)

// FuzzDialect sends what no client would: every answer is JSON, every error
// stands in the envelope with a message, and nothing is the engine's own fault.
func FuzzDialect(f *testing.F) {
	for _, seed := range [][3]string{
		{"POST", "functions/list", `{"filter":{"metadata":{"a":"b"}},"limit":1}`},
		{"POST", "functions", `{"items":[{"name":"n","fileId":1}]}`},
		{"POST", "functions/1/call", `{"data":{"a":[1,null]},"nonce":"x"}`},
		{"GET", "sessions", `{}`},
		{"POST", "sessions", `{"items":[{"tokenExchange":true}]}`},
		{"POST", "functions/schedules", `{"items":[{"name":"n","cronExpression":"* * * * *","functionId":1}]}`},
		{"POST", "files", `{"name":"a"}`},
		{"POST", "sessions/revoke", `{"items":[{"id":1}]}`},
		{"POST", "functions/1/calls/list", `{"cursor":"zz","filter":{"startTime":{"min":-9223372036854775808}}}`},
		{"DELETE", "functions/9223372036854775808/calls/-1", ``},
		{"POST", "functions/byids", "\x1f\x8b"},
		{"PUT", "files/uploadlink", `[`},
	} {
		f.Add(seed[0], seed[1], "limit=1&cursor=a&overwrite=TRUE", seed[2])
	}
	e, err := core.Open(core.Config{StateDir: f.TempDir(), KeyFile: filepath.Join(f.TempDir(), "key"), Clock: time.Now, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, e.Close()) })
	api := New(e, nil)
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Method, r.URL = method, &url.URL{Path: root + "projects/local/" + path, RawQuery: query}
		if strings.HasPrefix(body, "\x1f\x8b") {
			r.Header.Set("Content-Encoding", "gzip")
		}
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		var answer struct {
			Error *struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer), "%s", w.Body)
		assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
		assert.Less(t, w.Code, 500, "%s", w.Body)
		if w.Code >= 300 {
			require.NotNil(t, answer.Error, "%s", w.Body)
			assert.NotEmpty(t, answer.Error.Message)
		}
	})
}
