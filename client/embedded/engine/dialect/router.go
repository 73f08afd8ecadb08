package dialect

import (
	"net/http"
	"strconv"
	"strings"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
)

// Route is one operation of an API. In Pattern a segment {name} matches any
// one segment.
type Route struct {
	Method, Pattern string
	Handle          func(*Request) error
	// MaxBody bounds the inflated body; 0 means the package's MaxBody.
	MaxBody int64
	// Action names what the route changes, for the audit trail; empty for one
	// that changes nothing. Always is set for what may be done to a state that
	// cannot be written.
	Action string
	Always bool
	// Needs names the right that who may only read has not, empty for what reads.
	Needs string
}

// Request is a request that a route has matched.
type Request struct {
	*http.Request
	Writer http.ResponseWriter
	// Caller is who sends it, as the listener has found out.
	Caller  core.Caller
	vars    map[string]string
	action  string
	about   []string
	maxBody int64
}

// Var is the text of a {name} segment.
func (r *Request) Var(name string) string { return r.vars[name] }

// ID is a {name} segment as an id, 0 if it is not one.
func (r *Request) ID(name string) int64 {
	id, err := strconv.ParseInt(r.vars[name], 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}

// notAnID is a {name} segment that is not an id, if there is one.
func (r *Request) notAnID() string {
	for name, text := range r.vars {
		if r.ID(name) == 0 {
			return text
		}
	}
	return ""
}

// Router finds the route of a request. Unlike http.ServeMux it never redirects:
// the vendors' clients treat a redirect as an error.
type Router struct {
	Routes []Route
	// Refuse answers an error in the API's own shape.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, err error)
	// Core writes changes down.
	Core recorder
	// NumericIDs refuses a path in which a {name} is no id: every one is.
	NumericIDs bool
}

// Serve handles a request whose path, below the API's prefix, is path. It
// reports false if no route has this path at all.
func (t *Router) Serve(w http.ResponseWriter, r *http.Request, path string, caller core.Caller) bool {
	var methods []string
	for _, route := range t.Routes {
		vars, ok := match(route.Pattern, path)
		if !ok {
			continue
		}
		methods = append(methods, route.Method)
		if route.Method != r.Method {
			continue
		}
		request := &Request{Request: r, Writer: w, Caller: caller, vars: vars, action: route.Action, maxBody: route.MaxBody}
		if bad := request.notAnID(); t.NumericIDs && bad != "" {
			t.Refuse(w, r, 0, client.Invalidf("%q in the path is not an id: ids are whole numbers from 1", bad))
			return true
		}
		if route.Action != "" {
			t.change(route, request)
		} else if err := route.handle(request); err != nil {
			t.Refuse(w, r, 0, err)
		}
		return true
	}
	if len(methods) == 0 {
		return false
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	t.Refuse(w, r, http.StatusMethodNotAllowed, errMethod)
	return true
}

// handle answers a request whose caller may make it.
func (route Route) handle(r *Request) error {
	if route.Needs != "" && r.Caller.ReadOnly {
		return &client.Error{
			Code: client.CodeForbidden, Message: "Forbidden: the token may only read, here it needs " + route.Needs,
			Hint: "ask for a token with more than fndeck.read",
		}
	}
	return route.Handle(r)
}

func match(pattern, path string) (vars map[string]string, ok bool) {
	for {
		want, restPattern, morePattern := strings.Cut(pattern, "/")
		have, restPath, morePath := strings.Cut(path, "/")
		if name, isVar := strings.CutPrefix(want, "{"); isVar && have != "" {
			if vars == nil {
				vars = map[string]string{}
			}
			vars[strings.TrimSuffix(name, "}")] = have
		} else if want != have {
			return nil, false
		}
		if morePattern != morePath {
			return nil, false
		}
		if !morePattern {
			return vars, true
		}
		pattern, path = restPattern, restPath
	}
}
