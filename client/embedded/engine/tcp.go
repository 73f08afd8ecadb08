package engine

import (
	"context"
	"errors"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect/cognite"
	"fndeck/client/embedded/wire"
)

// The loopback listener is for the clouds' own clients, which know no Unix
// socket. It is off until asked for and serves the dialects only. A second one
// is for the clients of functions that run, and takes their tokens only.

var (
	errHost   = &client.Error{Code: client.CodeForbidden, Message: "Forbidden: this engine is reached as 127.0.0.1 or localhost"}
	errOrigin = &client.Error{Code: client.CodeForbidden, Message: "Forbidden: this engine does not serve web pages"}
	errType   = &client.Error{Code: client.CodeInvalid, Status: http.StatusUnsupportedMediaType, Message: "the body must be application/json, and its Content-Type must say so"}
)

// listenTCP opens a port on 127.0.0.1; 0 is any that is free.
func listenTCP(port int) (net.Listener, error) {
	l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &client.Error{Code: client.CodeConflict, Message: "port " + strconv.Itoa(port) + " of 127.0.0.1 is taken", Hint: "name another one as engine.port, or end what listens there", Err: err}
	}
	return l, err
}

// loopback guards a dialect on a TCP port.
type loopback struct {
	serve func(http.ResponseWriter, *http.Request, core.Caller)
	// names are the hosts that we are called by.
	names map[string]bool
	// tokens, if not nil, serves the token endpoint.
	tokens http.Handler
	// who finds out whom a bearer token belongs to.
	who func(ctx context.Context, token string) (core.Caller, error)
	// refusals, if not nil, writes down who was not let in.
	refusals *refusals
}

// refuse answers a request that is not let in.
func (l *loopback) refuse(w http.ResponseWriter, r *http.Request, status int, why error) {
	if l.refusals != nil {
		l.refusals.note(r, why)
	}
	cognite.Refuse(w, r, status, why)
}

func newLoopback(addr net.Addr, serve func(http.ResponseWriter, *http.Request, core.Caller), who func(context.Context, string) (core.Caller, error)) *loopback {
	_, port, _ := net.SplitHostPort(addr.String()) // it is our own listener's
	return &loopback{serve: serve, names: map[string]bool{"127.0.0.1:" + port: true, "localhost:" + port: true}, who: who}
}

// ServeHTTP lets pass only what is meant for us: the name it is called by must be
// ours, which stops a foreign name that resolves to us (DNS rebinding); no
// browser may speak to it; the bearer must be right; and a body must say that it
// is JSON, which a form cannot. Refusals say nothing of what exists, and there is
// never a header that lets a page read them.
func (l *loopback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Request-Id", requestID())
	switch {
	case !l.names[strings.ToLower(r.Host)]:
		l.refuse(w, r, http.StatusForbidden, errHost)
		return
	case r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") == "cross-site":
		l.refuse(w, r, http.StatusForbidden, errOrigin)
		return
	case l.tokens != nil && r.URL.Path == wire.TokenPath:
		l.tokens.ServeHTTP(w, r)
		return
	case cognite.ServesPublic(r.URL.Path): // its path is its right
		l.serve(w, r, core.Caller{})
		return
	}
	token, _ := bearer(r)
	caller, err := l.who(r.Context(), token)
	switch {
	case errors.Is(err, client.ErrUnavailable): // nobody can tell whether the token is right
		l.refuse(w, r, http.StatusServiceUnavailable, err)
	case err != nil:
		l.refuse(w, r, http.StatusUnauthorized, err)
	case !saysJSON(r):
		cognite.Refuse(w, r, 0, errType)
	default:
		l.serve(w, r, caller)
	}
}

// saysJSON reports whether a request that may change something declares its body
// as JSON. A POST without a body needs no type.
func saysJSON(r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.ContentLength == 0 {
		return true
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}
