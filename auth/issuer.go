package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"fndeck/auth/redact"
	"fndeck/auth/tokenstore"
	"fndeck/auth/wire"
)

// SkewWorthSaying is how far a server's clock may be off without a word.
const SkewWorthSaying = 5 * time.Minute

// issuer speaks to one identity's issuer. It is safe for concurrent use.
type issuer struct {
	identity  Identity
	transport http.RoundTripper
	clock     Clock
	getenv    func(string) string
	known     *redact.Known
	login     string // the command that signs a person in

	mu    sync.Mutex
	found *document // what discovery said, nil before
	skew  time.Duration
}

func newIssuer(identity Identity, o Options) *issuer {
	return &issuer{identity: identity, transport: o.Transport, clock: o.Clock, getenv: o.Getenv, known: o.Known, login: strings.TrimSpace("fndeck auth login " + o.Context)}
}

// granted is what a flow got.
type granted struct {
	tokenstore.Set
	// link is the link of a chain, or the variant of managed identity, that gave it.
	link  string
	notes []string
}

// credentials are a client's: a secret, or an assertion among the form fields.
type credentials struct {
	secret Secret
	form   url.Values
}

// exchange sends one grant to the token endpoint: every flow goes through here.
// x/oauth2 lets the parameters of client credentials replace the grant's type,
// which makes it the one door for all grants.
func (i *issuer) exchange(ctx context.Context, grant string, form url.Values, scopes []string, c credentials) (granted, error) {
	endpoint, err := i.endpoint(ctx, tokenEndpoint)
	if err != nil {
		return granted{}, err
	}
	parameters := url.Values{"grant_type": {grant}}
	for _, fields := range []url.Values{form, c.form} {
		for name, values := range fields {
			parameters[name] = values
		}
	}
	style := oauth2.AuthStyleInParams
	if i.identity.SecretPlace == SecretHeader && !c.secret.IsZero() {
		style = oauth2.AuthStyleInHeader
	}
	seen := &wire.Witness{Next: i.transport}
	config := clientcredentials.Config{
		ClientID: i.identity.ClientID, ClientSecret: c.secret.Reveal(), TokenURL: endpoint,
		Scopes: scopes, EndpointParams: parameters, AuthStyle: style,
	}
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, seen.Client()))
	received := i.clock.Now()
	i.noteDate(seen.Date, received)
	if err != nil {
		return granted{}, i.explain(ctx, endpoint, err)
	}
	if !strings.EqualFold(token.Type(), "Bearer") {
		return granted{}, &Error{Code: CodeUnexpected, Message: fmt.Sprintf("%s gave a token of type %q, only bearer is known here", hostOf(endpoint), redact.Clip(token.TokenType, 40))}
	}
	i.known.Add(token.AccessToken, token.RefreshToken)
	life, note := wire.Lifetime(seen.Life)
	g := granted{Set: tokenstore.Set{
		Access: token.AccessToken, Refresh: token.RefreshToken, ID: extra(token, "id_token"), Scope: extra(token, "scope"),
		Obtained: received, Ends: received.Add(life),
	}}
	if note != "" {
		g.notes = append(g.notes, note)
	}
	return g, nil
}

func extra(token *oauth2.Token, name string) string {
	text, _ := token.Extra(name).(string)
	return text
}

// noteDate remembers how far the server's clock is ahead.
func (i *issuer) noteDate(date, now time.Time) {
	if date.IsZero() {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.skew = date.Sub(now.Truncate(time.Second))
	if i.skew.Abs() < SkewWorthSaying {
		i.skew = 0
	}
}

// ahead is how far the server's clock is ahead of ours, 0 below five minutes.
func (i *issuer) ahead() time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.skew
}

// secret resolves a reference for a request.
func (i *issuer) secret(ctx context.Context, what string, r Reference) (Secret, error) {
	value, err := r.Resolve(ctx, i.getenv)
	if err != nil && ctx.Err() == nil {
		return Secret{}, &Error{Code: CodeInvalid, Message: fmt.Sprintf("%s: %s", what, redact.Shapes(err.Error())), Hint: "mend what the context refers to", Err: err}
	}
	i.known.Add(value.Reveal())
	return value, err
}

// extras are the fields that the context adds to a flow's first request.
func (i *issuer) extras() url.Values {
	form := url.Values{}
	for name, value := range i.identity.Parameters {
		form.Set(name, value)
	}
	if i.identity.Audience != "" {
		form.Set("audience", i.identity.Audience)
	}
	return form
}

// asOurs returns the *Error that err is or wraps, or makes one of the code.
func asOurs(err error, code Code) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Code: code, Message: redact.Line(err.Error()), Err: err}
}
