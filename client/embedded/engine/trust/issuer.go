package trust

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"fndeck/client"
)

// ErrNoJWT is returned for a token that has not the form of one that an issuer
// signs: it may be of another kind.
var ErrNoJWT = errors.New("not a JSON web token")

// Config names the issuer. The zero Config trusts none.
type Config struct {
	// Issuer is the URL that tokens carry as iss, to the letter; CheckIssuer has
	// accepted it. Audience is what they must be meant for.
	Issuer, Audience string
	// CAFile, if not empty, is a file of PEM certificates that may vouch for the
	// issuer beside the system's.
	CAFile string
	Clock  func() time.Time
	Logger *slog.Logger
}

// Identity is whom a token stands for.
type Identity struct {
	// Subject is the token's sub.
	Subject string
	// ReadOnly is set for a token whose scopes and roles give fndeck.read and
	// nothing else of fndeck.
	ReadOnly bool
}

// Issuer verifies the tokens of one issuer. It is safe for concurrent use.
type Issuer struct {
	c    Config
	keys keySet
}

// New returns a verifier. It sends nothing yet.
func New(c Config) *Issuer {
	i := &Issuer{c: c}
	i.keys = keySet{clock: c.Clock, read: i.readKeys}
	return i
}

// Name is the issuer's URL.
func (i *Issuer) Name() string { return i.c.Issuer }

// Verify returns whom a token stands for. ErrNoJWT says that it is none of an
// issuer's; an error of client.CodeUnauthenticated says why it is refused, one of
// client.CodeUnavailable that the issuer's keys cannot be had.
func (i *Issuer) Verify(ctx context.Context, token string) (Identity, error) {
	said, err := peek(token)
	if err != nil {
		return Identity{}, err
	}
	// What is not meant for us is refused before it can make us ask anybody.
	switch {
	case said.Issuer != i.c.Issuer:
		return Identity{}, refused("it was issued by %s, which this engine does not trust", quoted(said.Issuer))
	case !slices.Contains(said.Audience, i.c.Audience):
		return Identity{}, refused("it is meant for %s, not for this engine", said.meant())
	}
	look := &look{keys: &i.keys}
	rules := &oidc.Config{ClientID: i.c.Audience, SupportedSigningAlgs: algorithmNames(), Now: i.c.Clock}
	verified, err := oidc.NewVerifier(i.c.Issuer, look, rules).Verify(ctx, token)
	if err != nil {
		return Identity{}, reason(err, look)
	}
	if !isSubject(verified.Subject) {
		return Identity{}, refused("its subject is missing, or is none that a log can show")
	}
	return Identity{Subject: verified.Subject, ReadOnly: said.readOnly()}, nil
}

// look is the way of one token to the keys. The verifier keeps only the text of
// what went wrong there, and a key that cannot be had is no wrong token.
type look struct {
	keys  *keySet
	asked bool
	err   error
}

// VerifySignature implements oidc.KeySet.
func (l *look) VerifySignature(ctx context.Context, jwt string) (payload []byte, err error) {
	l.asked = true
	payload, l.err = l.keys.VerifySignature(ctx, jwt)
	return payload, l.err
}

// reason is the sentence for what the verifier refuses, beyond what was looked at
// before it.
func reason(err error, l *look) error {
	var expired *oidc.TokenExpiredError
	switch {
	case !l.asked:
		return refused("it is not signed with a private key (allowed are RS256, ES256, PS256 and the like)")
	case l.err != nil:
		return l.err
	case errors.As(err, &expired) && expired.Expiry.Unix() <= 0:
		return refused("it has no end (exp)")
	case errors.As(err, &expired):
		return refused("it expired at %s", expired.Expiry.UTC().Format(time.RFC3339))
	}
	return refused("it is not valid yet (nbf)")
}

func refused(format string, args ...any) error {
	return &client.Error{Code: client.CodeUnauthenticated, Message: "Unauthorized: the token is refused: " + fmt.Sprintf(format, args...)}
}
