package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"fndeck/auth/wire"
	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/cmd/contexts"
)

// issuer sees whether the issuer answers, and as the context expects.
func (l *look) issuer() bool {
	reached, err := l.Desk.Reach(l.ctx, l.x)
	if err != nil {
		l.failed(err, "tokens of the context come from there", "check issuer, tenant and the addresses in the context")
		return false
	}
	l.clock(reached.Host, reached.Ahead)
	return true
}

// api asks the API without a token: one that is asked so refuses, and that shows
// address, way and certificate before any token is sent there.
func (l *look) api() bool {
	transport, err := l.x.Network.Transport()
	if err != nil {
		return false // network has said so
	}
	defer transport.CloseIdleConnections()
	base, err := url.Parse(l.x.BaseURL)
	if err != nil {
		return false // the configuration was refused
	}
	seen := &wire.Witness{Next: transport, Whole: true}
	api := client.HTTP{
		Base: l.x.BaseURL, Client: seen.Client(),
		Decode: func(status int, _ []byte) *client.Error {
			return &client.Error{Message: fmt.Sprintf("%s answered %d %s", base.Host, status, http.StatusText(status))}
		},
	}
	reply, err := api.Open(l.ctx, client.Request{Method: http.MethodGet, Path: "/api/v1/projects/" + l.x.Project + "/functions/status"}, nil)
	var refused *client.Error
	switch {
	case err == nil:
		_ = reply.Body.Close() // the witness has read it
		l.found(base.Host+" answers without a token, as the API never does", "something else may stand there, or in between", "check base_url, and whether a proxy shows a page of its own")
		return false
	case !errors.As(err, &refused) || (refused.Code != client.CodeUnauthenticated && refused.Code != client.CodeForbidden):
		l.failed(err, "everything that is done in the context goes there", "check base_url and project in the context")
		return false
	}
	if !seen.Date.IsZero() {
		l.clock(base.Host, seen.Date.Sub(l.Desk.Clock().Truncate(time.Second)))
	}
	return true
}

// project is what a project tells of itself and of who asks.
type project interface {
	Inspect(ctx context.Context) (cognite.Inspection, error)
	Status(ctx context.Context) (string, error)
}

// project looks at the project with a token of the context.
func (l *look) project() {
	backend, err := l.Desk.Open(l.ctx, l.x, false)
	if err != nil {
		l.failed(err, "the context cannot be opened", "mend the context")
		return
	}
	defer func() { _ = backend.Close() }() // only asked
	p, ok := backend.(project)
	if !ok {
		return // another kind of backend has no project to look at
	}
	token, err := p.Inspect(l.ctx)
	if err != nil {
		l.failed(err, "nothing can be done in the context without a token that it takes", "check auth in the context")
		return
	}
	if !slices.Contains(token.Projects, l.x.Project) {
		l.found(fmt.Sprintf("the token of %s is not for project %s", token.Subject, l.x.Project), "it sees "+orNone(token.Projects), "check project, or ask for the identity to be added to a group there")
		return
	}
	l.capabilities(token)
	switch status, err := p.Status(l.ctx); {
	case err != nil:
		l.failed(err, "whether functions can be used is not known", "check base_url and project in the context")
	case status != cognite.Activated:
		l.found(fmt.Sprintf("Cognite Functions is %q in project %s", status, l.x.Project), "nothing can be deployed before it is activated", "have an administrator activate it; that may take hours")
	default:
		l.fact("%s in project %s, functions are activated", token.Subject, l.x.Project)
	}
}

// capabilities says what the identity lacks. A context that changes nothing needs
// less, and one that opens no sessions no right to them.
func (l *look) capabilities(token cognite.Inspection) {
	const ask = "ask who administers the project to add them to a group of this identity"
	if l.x.ReadOnly {
		if lacks := token.Lacks("functionsAcl", "READ"); len(lacks) > 0 {
			l.found(token.Subject+" lacks "+strings.Join(lacks, ", "), "functions, calls and logs cannot be seen without it", ask)
		}
		return
	}
	if lacks := token.LacksToDeploy(); len(lacks) > 0 {
		l.found(token.Subject+" lacks "+strings.Join(lacks, ", "), "deploys and redeploys need it; read_only: true in the context says that none are wanted", ask)
	}
	if lacks := token.LacksToSchedule(); len(lacks) > 0 && contexts.NoSessions(l.x.Identity.Flow) == "" { // It could open none with them.
		l.found(token.Subject+" lacks "+strings.Join(lacks, ", "), "a call needs CREATE; to create and change schedules, and to redeploy what has some, needs all of CREATE, LIST and DELETE", ask)
	}
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "no project at all"
	}
	return strings.Join(names, ", ")
}
