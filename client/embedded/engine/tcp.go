package engine

import (
	"net"
	"net/http"
	"strings"

	"fndeck/client"
	"fndeck/client/embedded/engine/dialect/cognite"
)

// The loopback listener is for the clouds' own clients, which know no Unix
// socket. It is off until asked for and serves the dialects only.

var (
	errHost   = &client.Error{Code: client.CodeForbidden, Message: "Forbidden: this engine is reached as 127.0.0.1 or localhost"}
	errOrigin = &client.Error{Code: client.CodeForbidden, Message: "Forbidden: this engine does not serve web pages"}
)

// listenTCP opens an ephemeral port on 127.0.0.1.
func listenTCP() (net.Listener, error) { return net.Listen("tcp4", "127.0.0.1:0") }

// loopback guards a dialect on a TCP port: the name it is called by must be
// ours, which stops a foreign name that resolves to us (DNS rebinding); no
// browser may speak to it; and the bearer must be right. Refusals say nothing
// of what exists, and there is never a header that lets a page read them.
func loopback(next http.Handler, addr net.Addr, token string) http.Handler {
	_, port, _ := net.SplitHostPort(addr.String()) // it is our own listener's
	names := map[string]bool{"127.0.0.1:" + port: true, "localhost:" + port: true}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", requestID())
		switch {
		case !names[strings.ToLower(r.Host)]:
			cognite.Refuse(w, r, http.StatusForbidden, errHost)
		case r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") == "cross-site":
			cognite.Refuse(w, r, http.StatusForbidden, errOrigin)
		case !cognite.ServesPublic(r.URL.Path) && !bears(r, token):
			cognite.Refuse(w, r, http.StatusUnauthorized, errToken)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
