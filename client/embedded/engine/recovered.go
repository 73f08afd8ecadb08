package engine

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"fndeck/client"
	"fndeck/client/embedded/engine/dialect/cognite"
	"fndeck/client/embedded/engine/dialect/own"
	"fndeck/client/embedded/wire"
)

var errBug = &client.Error{Code: client.CodeFailed, Message: "the engine failed at this request: see its log"}

// recovered keeps a bug in one request from leaving its client without an
// answer.
func recovered(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			reason := recover()
			if reason == nil {
				return
			}
			if reason == http.ErrAbortHandler {
				panic(reason)
			}
			log.Error("panic", "method", r.Method, "path", r.URL.Path, "request", w.Header().Get("X-Request-Id"), "value", fmt.Sprint(reason), "stack", string(debug.Stack()))
			// Where an answer has begun already, this ends it.
			if strings.HasPrefix(r.URL.Path, wire.Prefix) {
				own.Refuse(w, r, http.StatusInternalServerError, errBug)
				return
			}
			cognite.Refuse(w, r, http.StatusInternalServerError, errBug)
		}()
		next.ServeHTTP(w, r)
	})
}
