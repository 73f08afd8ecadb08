package contexts

import (
	"context"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/cognite/cloud"
	"fndeck/cmd/config"
)

// remote is a backend far away, with its trace and its identity.
type remote struct {
	*cloud.Backend
	trace    *client.Trace
	identity identity
}

// Trace implements client.Tracer.
func (r remote) Trace() *client.Trace { return r.trace }

// Identity says how the identity stands.
func (r remote) Identity() auth.Status { return r.identity.status() }

// identity is that of a context at a desk: who has signed in meanwhile is asked
// from then on, by backends that were opened before too.
type identity struct {
	desk    *Desk
	context config.Context
}

// Token implements client.Tokens.
func (i identity) Token(ctx context.Context) (auth.Token, error) {
	source, err := i.desk.Source(i.context)
	if err != nil {
		return auth.Token{}, err
	}
	return source.Token(ctx)
}

// Drop implements client.Tokens.
func (i identity) Drop(token auth.Token) {
	if source, err := i.desk.Source(i.context); err == nil {
		source.Drop(token)
	}
}

func (i identity) status() auth.Status {
	source, err := i.desk.Source(i.context)
	if err != nil {
		return auth.Status{}
	}
	return source.Status()
}
