package engine

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"fndeck/client/embedded/wire"
)

func TestABugInARequestIsAnsweredInTheShapeOfItsApi(t *testing.T) {
	var log bytes.Buffer
	h := recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") }), slog.New(slog.NewTextHandler(&log, nil)))
	for path, shape := range map[string]string{"/api/v1/x": `"code":500`, wire.Prefix + "x": `"code":"failed"`} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		assert.Equal(t, http.StatusInternalServerError, w.Code, path)
		assert.Equal(t, "application/json", w.Header().Get("Content-Type"), path)
		assert.Contains(t, w.Body.String(), shape, path)
		assert.NotContains(t, w.Body.String(), "oh", path)
	}
	assert.Contains(t, log.String(), "value=oh")
	quiet := recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), slog.Default())
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() {
		quiet.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	})
}
