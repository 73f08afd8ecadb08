package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"fndeck/auth/redact"
	"fndeck/auth/tokenstore"
	"fndeck/auth/wire"
)

// SignOut revokes a person's tokens where the issuer can, then deletes them. The
// file goes in any case: an error says what is still good at the issuer. A Source
// that is open, in any process, gives out no token from then on.
func SignOut(ctx context.Context, identity Identity, o Options) error {
	i, entry, err := openEntry(identity, o)
	if err != nil {
		return err
	}
	unlock, err := entry.Lock(ctx)
	if err != nil {
		return i.explainStore(err)
	}
	defer unlock()
	held, revoked := entry.Read()
	switch {
	case revoked == nil:
		revoked = i.revoke(ctx, held)
	case errors.Is(revoked, tokenstore.ErrSealed):
		revoked = &Error{Code: CodeUnavailable, Err: revoked, Message: fmt.Sprintf("the sign-in was deleted here, but %s was not told: %s", i.host(), redact.Line(revoked.Error())), Hint: "it ends there by itself; an administrator can revoke it at once"}
	default:
		revoked = nil // There is nothing that could be revoked.
	}
	if err := entry.Delete(); err != nil {
		return i.explainStore(err)
	}
	return revoked
}

// revoke takes back the refresh token, and with it what came of it (RFC 7009), or
// the access token where there is no other.
func (i *issuer) revoke(ctx context.Context, held tokenstore.Set) error {
	endpoint, err := i.endpoint(ctx, revokeEndpoint)
	if err != nil {
		return nil // an issuer without one cannot be asked
	}
	form := url.Values{"token": {held.Refresh}, "token_type_hint": {"refresh_token"}, "client_id": {i.identity.ClientID}}
	if held.Refresh == "" {
		form.Set("token", held.Access)
		form.Set("token_type_hint", "access_token")
	}
	c, err := i.clientCredentials(ctx)
	if err != nil {
		return err
	}
	if !c.secret.IsZero() {
		form.Set("client_secret", c.secret.Reveal())
	}
	status, text, err := i.post(ctx, endpoint, form)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("unexpected reply (%s, %d)", shapeOf("", text), status)
	}
	if err != nil {
		return &Error{Code: CodeUnavailable, Status: status, Err: err, Message: fmt.Sprintf("the sign-in was deleted here, but %s did not revoke it: %s", hostOf(endpoint), redact.Line(err.Error())), Hint: "it ends there by itself; an administrator can revoke it at once"}
	}
	return nil
}

// post sends a form to an endpoint that x/oauth2 does not cover.
func (i *issuer) post(ctx context.Context, address string, form url.Values) (status int, text []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	seen := &wire.Witness{Next: i.transport, Whole: true}
	reply, err := seen.Client().Do(request)
	if err != nil {
		return 0, nil, i.explain(ctx, address, err)
	}
	i.noteDate(seen.Date, i.clock.Now())
	return reply.StatusCode, seen.Body, reply.Body.Close()
}
