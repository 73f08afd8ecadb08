package dialect

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"fndeck/client/embedded/engine/core"
)

// held keeps an answer back until what was done is written down. The answers to
// changes are small.
type held struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (h *held) WriteHeader(status int)      { h.status = status }
func (h *held) Write(p []byte) (int, error) { return h.body.Write(p) }

func (h *held) release() {
	if h.status != 0 {
		h.ResponseWriter.WriteHeader(h.status)
	}
	_, _ = h.ResponseWriter.Write(h.body.Bytes()) // the client has gone: nobody to tell
}

// About adds what a change is about to its line of the audit trail.
func (r *Request) About(kind string, id any) {
	r.about = append(r.about, fmt.Sprintf("%s %v", kind, id))
}

// object names what a change is about: what its handler said, or else the ids in
// the path.
func (r *Request) object() string {
	about, kind := r.about, "function"
	if strings.HasPrefix(r.action, "schedules.") {
		kind = "schedule"
	}
	for _, v := range []struct{ name, kind string }{{"id", kind}, {"call", "call"}} {
		if value, ok := r.vars[v.name]; ok && !strings.Contains(strings.Join(about, ", "), v.kind+" ") {
			about = append(about, v.kind+" "+value)
		}
	}
	return strings.Join(about, ", ")
}

// change carries out a route that changes something: refused where nothing can
// be changed, written down before the answer leaves.
func (t *Router) change(route Route, r *Request) {
	w := &held{ResponseWriter: r.Writer}
	r.Writer = w
	err := t.Core.ReadOnly()
	if err == nil || route.Always {
		err = route.handle(r)
	}
	if err != nil {
		t.Refuse(w, r.Request, 0, err)
	}
	t.Core.Record(r.Caller, Remote(r.Request), route.Action, r.object(), err)
	w.release()
}

// Remote names where a request comes from.
func Remote(r *http.Request) string {
	if r.RemoteAddr == "" || r.RemoteAddr == "@" {
		return "socket"
	}
	return r.RemoteAddr
}

// recorder is what a router needs of the engine for changes; *core.Core is one.
type recorder interface {
	ReadOnly() error
	Record(caller core.Caller, remote, action, object string, failure error)
}
