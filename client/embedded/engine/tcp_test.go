package engine

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"fndeck/client/embedded/engine/core"
)

func TestTheLoopbackPortAnswersOnlyWhoIsMeantTo(t *testing.T) {
	const token = "right"
	served := func(w http.ResponseWriter, _ *http.Request, _ core.Caller) { w.WriteHeader(http.StatusOK) }
	guard := newLoopback(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711}, served, func(_ context.Context, have string) (core.Caller, error) {
		if have != token {
			return core.Caller{}, errToken
		}
		return core.Caller{}, nil
	})
	for _, c := range []struct {
		name, host, path string
		header           map[string]string
		method           string
		status           int
		body             string
	}{
		{"the right bearer", "127.0.0.1:4711", "/api/v1/x", map[string]string{"Authorization": "Bearer right"}, "POST", 200, ""},
		{"by the other name", "localhost:4711", "/api/v1/x", map[string]string{"Authorization": "Bearer right"}, "GET", 200, ""},
		{"no bearer", "127.0.0.1:4711", "/api/v1/x", nil, "GET", 401, ""},
		{"a wrong bearer", "127.0.0.1:4711", "/api/v1/x", map[string]string{"Authorization": "Bearer wrong"}, "GET", 401, ""},
		{"another scheme", "127.0.0.1:4711", "/api/v1/x", map[string]string{"Authorization": "Basic right"}, "GET", 401, ""},
		{"a rebound name", "evil.test:4711", "/api/v1/x", map[string]string{"Authorization": "Bearer right"}, "GET", 403, ""},
		{"another port", "127.0.0.1:80", "/api/v1/x", map[string]string{"Authorization": "Bearer right"}, "GET", 403, ""},
		{"no port", "localhost", "/api/v1/x", map[string]string{"Authorization": "Bearer right"}, "GET", 403, ""},
		{"a page", "127.0.0.1:4711", "/api/v1/x", map[string]string{"Authorization": "Bearer right", "Origin": "http://evil.test"}, "POST", 403, ""},
		{"a page of ours", "127.0.0.1:4711", "/api/v1/x", map[string]string{"Authorization": "Bearer right", "Origin": "http://127.0.0.1:4711"}, "POST", 403, ""},
		{"a cross-site navigation", "127.0.0.1:4711", "/api/v1/x", map[string]string{"Authorization": "Bearer right", "Sec-Fetch-Site": "cross-site"}, "GET", 403, ""},
		{"a preflight", "127.0.0.1:4711", "/api/v1/x", map[string]string{"Origin": "http://evil.test", "Access-Control-Request-Method": "POST"}, "OPTIONS", 403, ""},
		{"an upload link by a page", "127.0.0.1:4711", "/fndeck-files/abc", map[string]string{"Origin": "http://evil.test"}, "PUT", 403, ""},
		{"JSON that says so", "127.0.0.1:4711", "/api/v1/x", map[string]string{"Authorization": "Bearer right", "Content-Type": "application/json; charset=utf-8"}, "POST", 200, "{}"},
		{"a form", "127.0.0.1:4711", "/api/v1/x", map[string]string{"Authorization": "Bearer right", "Content-Type": "application/x-www-form-urlencoded"}, "POST", 415, "a=b"},
		{"text that may be a page's", "127.0.0.1:4711", "/api/v1/x", map[string]string{"Authorization": "Bearer right", "Content-Type": "text/plain"}, "POST", 415, "{}"},
		{"a body without a type", "127.0.0.1:4711", "/api/v1/x", map[string]string{"Authorization": "Bearer right"}, "POST", 415, "{}"},
		{"an upload, which has no type", "127.0.0.1:4711", "/fndeck-files/abc", nil, "PUT", 200, "zip"},
		{"an upload link, which is its own right", "127.0.0.1:4711", "/fndeck-files/abc", nil, "PUT", 200, ""},
	} {
		r := httptest.NewRequest(c.method, "http://"+c.host+c.path, strings.NewReader(c.body))
		for name, value := range c.header {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		guard.ServeHTTP(w, r)
		assert.Equal(t, c.status, w.Code, c.name)
		for name := range w.Header() {
			assert.NotContains(t, name, "Access-Control", c.name)
		}
		if c.status != http.StatusOK {
			assert.Equal(t, "application/json", w.Header().Get("Content-Type"), c.name)
			assert.NotEmpty(t, w.Header().Get("X-Request-Id"), c.name)
		}
	}
}
