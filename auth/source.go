package auth

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"

	"fndeck/auth/keyring"
	"fndeck/auth/redact"
	"fndeck/auth/tokenstore"
	"fndeck/auth/wire"
)

// Token is a bearer token. It prints without its value.
type Token struct {
	Value Secret
	// Ends is zero if it is not known.
	Ends time.Time
}

// SetHeader puts the token on a request. It is for the hosts of the context only.
func (t Token) SetHeader(r *http.Request) {
	r.Header.Set("Authorization", "Bearer "+t.Value.Reveal())
}

// Source gives tokens and says how things stand. It is safe for concurrent use.
type Source interface {
	// Token returns a token that has not ended, and has a new one fetched ahead of
	// that. Those who ask while one is fetched wait for the same one; a context
	// that ends ends the waiting, not the fetching. Errors are *Error, or the
	// context's.
	Token(ctx context.Context) (Token, error)
	// Drop says that an API refused the token with 401: it is not given out again.
	Drop(token Token)
	// Status says how things stand; it does no I/O.
	Status() Status
	// Close waits for what is being fetched: a refresh token that was used but not
	// written down would be lost. It gives up with the context.
	Close(ctx context.Context)
}

// Options is what a source takes from outside; zero fields are the real thing.
type Options struct {
	// Context is the context that sentences name where somebody has to sign in.
	Context string
	// Store keeps the tokens of people: the flows that sign one in need it.
	Store *tokenstore.Store
	// Keyring holds the key of token files that are sealed. Sources that share it ask
	// for it once.
	Keyring *keyring.Ring
	// Transport carries the requests to issuers, without redirects. It is never
	// used for the metadata service of a cloud, which no proxy may see.
	Transport http.RoundTripper
	Clock     Clock
	Getenv    func(string) string
	// Known, if not nil, learns every secret and token, so that logs and traces
	// mask them.
	Known *redact.Known
	// Jitter returns a number in [0,1).
	Jitter func() float64
}

func (o Options) filled() Options {
	if o.Keyring == nil {
		o.Keyring = &keyring.Ring{}
	}
	if o.Transport == nil {
		o.Transport = wire.NewTransport(nil)
	}
	if o.Clock.Now == nil {
		o.Clock = SystemClock()
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	return o
}

// Open makes the source of an identity. It reads the token store but sends
// nothing; an error is an *Error of CodeInvalid.
func Open(identity Identity, o Options) (Source, error) {
	if err := identity.Check(); err != nil {
		return nil, err
	}
	o = o.filled()
	i := newIssuer(identity, o)
	s := newSession(i, o)
	switch identity.Flow {
	case FlowToken:
		s.grant = staticGrant(i)
	case FlowClientSecret:
		s.grant = clientSecretGrant(i)
	case FlowClientCertificate:
		s.grant = clientCertificateGrant(i)
	case FlowManagedIdentity:
		s.grant = managedGrant(i)
	case FlowDefault:
		s.grant = chainGrant(i)
	case FlowOnBehalfOf:
		s.grant = onBehalfOfGrant(i)
	case FlowBrowser, FlowDeviceCode:
		if o.Store == nil {
			return nil, errNoStore
		}
		s.grant = refreshGrant(i)
		s.openStore(entryOf(i, o))
	}
	return s, nil
}

// errNoStore is a fault of the program's wiring.
var errNoStore = &Error{Code: CodeInvalid, Message: "there is no token store to keep a sign-in"}

// entryOf is where an identity's tokens are kept. The flow does not count: a
// sign-in by device code serves the browser's context too. What was sealed is opened
// whatever the identity says now.
func entryOf(i *issuer, o Options) *tokenstore.Entry {
	id := i.identity
	entry := o.Store.Entry(cmp.Or(id.Issuer, id.TokenURL, i.authority()), id.Tenant, id.ClientID, strings.Join(id.Scopes, " "), id.User)
	entry.SealWith(o.Keyring.Sealer(o.Store.LockKey), id.Store == StoreKeyring)
	return entry
}
