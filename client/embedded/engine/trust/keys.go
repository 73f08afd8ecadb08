package trust

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"fndeck/client"
)

const (
	// keysLife is how long keys are taken as they were read: one that the issuer
	// withdraws counts no longer than this.
	keysLife = time.Hour
	// keysKept is how long they serve while the issuer cannot be reached.
	keysKept = 24 * time.Hour
	// readEvery is how often keys are read at most: whoever knocks with keys that
	// nobody knows must not make the engine knock at the issuer's.
	readEvery = 10 * time.Second
)

// algorithms are those of key pairs (RFC 7518 section 3.1, RFC 8037). With one
// of a shared secret, the public key would be that secret.
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
}

func algorithmNames() (names []string) {
	for _, a := range algorithms() {
		names = append(names, string(a))
	}
	return names
}

// keySet is the issuer's public keys, read when they are needed.
type keySet struct {
	clock func() time.Time
	read  func(context.Context) ([]jose.JSONWebKey, error)

	reading sync.Mutex // one reads, who needs it too waits
	mu      sync.Mutex // of what follows
	keys    []jose.JSONWebKey
	since   time.Time // when keys were read
	tried   time.Time // when somebody last tried to
	failure error     // of that try
}

// VerifySignature returns what one of the issuer's keys has signed. It implements
// oidc.KeySet, which has looked at the algorithm before.
func (s *keySet) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	signed, err := jose.ParseSigned(jwt, algorithms())
	if err != nil {
		return nil, refused("its form is not that of a signed token")
	}
	id := signed.Signatures[0].Header.KeyID // the compact form has exactly one
	// The second look is at keys as they are now: the issuer may have another one,
	// even under the same id.
	var reason error
	for _, find := range []func(context.Context, string) ([]jose.JSONWebKey, error){s.known, s.renewed} {
		keys, err := find(ctx, id)
		for _, key := range keys {
			if payload, err := signed.Verify(key); err == nil {
				return payload, nil
			}
		}
		reason = err
		if len(keys) > 0 {
			reason = refused("its signature is not one of the issuer")
		}
	}
	return nil, reason
}

// known returns the keys of an id as long as they need not be read again.
func (s *keySet) known(_ context.Context, id string) ([]jose.JSONWebKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clock().Sub(s.since) >= keysLife {
		return nil, nil
	}
	return named(s.keys, id), nil
}

// renewed returns the keys of an id after the issuer was asked again, unless it
// was a moment ago.
func (s *keySet) renewed(ctx context.Context, id string) ([]jose.JSONWebKey, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	now := s.clock()
	if s.due(now) {
		keys, err := s.read(ctx)
		// A caller that has gone says nothing of the issuer.
		if err == nil || ctx.Err() == nil {
			s.keep(keys, err, now)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var have []jose.JSONWebKey
	if now.Sub(s.since) < keysKept {
		have = named(s.keys, id)
	}
	switch {
	case len(have) > 0:
		return have, nil
	case s.failure != nil:
		return nil, s.failure
	case ctx.Err() != nil:
		return nil, unavailable(ctx.Err())
	}
	return nil, refused("the issuer has no key %s", quoted(id))
}

func (s *keySet) due(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	// A clock that went back must not stop it.
	return s.tried.IsZero() || now.Sub(s.tried) >= readEvery || now.Before(s.tried)
}

func (s *keySet) keep(keys []jose.JSONWebKey, err error, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried, s.failure = now, err
	if err == nil {
		s.keys, s.since = keys, now
	}
}

// named are the keys that a token with this id may be signed with: all where it
// names none.
func named(keys []jose.JSONWebKey, id string) (fitting []jose.JSONWebKey) {
	for _, key := range keys {
		if id == "" || key.KeyID == id {
			fitting = append(fitting, key)
		}
	}
	return fitting
}

// unavailable is the error of keys that cannot be had; the caller may try again.
func unavailable(why error) error {
	var said *client.Error
	if errors.As(why, &said) {
		return why
	}
	return &client.Error{
		Code: client.CodeUnavailable, Message: "the keys of the trusted issuer cannot be had: " + why.Error(),
		Hint: "try again when it answers; the engine's own bearer works without it", RetryAfter: readEvery, Err: why,
	}
}
