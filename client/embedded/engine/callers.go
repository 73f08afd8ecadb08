package engine

import (
	"context"
	"errors"

	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/trust"
)

// callers finds out whom the bearer token of a request to the TCP port belongs to.
type callers struct {
	// ready is the token of wire.BearerFile.
	ready string
	given *issuer
	// trusted, if not nil, verifies the tokens of another issuer.
	trusted *trust.Issuer
}

// of returns whom a token belongs to. The engine's own are looked for first:
// these need nobody else.
func (c *callers) of(ctx context.Context, token string) (core.Caller, error) {
	if same(token, c.ready) {
		return core.Caller{}, nil
	}
	if caller, ok := c.given.caller(token); ok {
		return caller, nil
	}
	if c.trusted == nil {
		return core.Caller{}, errToken
	}
	who, err := c.trusted.Verify(ctx, token)
	switch {
	case errors.Is(err, trust.ErrNoJWT):
		return core.Caller{}, errToken
	case err != nil:
		return core.Caller{}, err
	}
	return core.Caller{Subject: who.Subject, Issuer: c.trusted.Name(), ReadOnly: who.ReadOnly}, nil
}
