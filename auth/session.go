package auth

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"fndeck/auth/claims"
	"fndeck/auth/redact"
	"fndeck/auth/tokenstore"
)

const (
	// refreshAhead is how long before its end a token is renewed, and at most a
	// fifth of its life: some issuers' tokens live a minute.
	refreshAhead = 2 * time.Minute
	aheadOfLife  = 5
)

// grantFunc asks for a new token; held is what is there, with its refresh token.
type grantFunc func(ctx context.Context, held tokenstore.Set) (granted, error)

// session is the one implementation of Source: a token in memory, one flight at
// a time to renew it, and for people an entry of the store.
type session struct {
	issuer *issuer
	grant  grantFunc
	clock  Clock
	jitter func() float64
	entry  *tokenstore.Entry

	life   context.Context // of what is under way
	cancel context.CancelFunc

	mu      sync.Mutex
	held    tokenstore.Set
	ahead   time.Duration // before the end of held, jitter included
	dropped string        // the token that an API refused last
	flight  *flight
	link    string
	notes   []string
	problem *Error
	pause   time.Time // until then a failure stands, and is not tried again
	// awaited is what a person's refresh token waits for; only the flight looks at it.
	awaited awaited
	// unwritten is why held is newer than the store's file, nil if it is not.
	unwritten error
}

func newSession(i *issuer, o Options) *session {
	s := &session{issuer: i, clock: o.Clock, jitter: o.Jitter}
	s.life, s.cancel = context.WithCancel(context.Background())
	return s
}

// Token implements Source.
func (s *session) Token(ctx context.Context) (Token, error) {
	s.mu.Lock()
	s.heedSignOut()
	if s.usable() {
		if s.due() {
			s.fly()
		}
		defer s.mu.Unlock()
		return s.token(), nil
	}
	if s.problem != nil && s.problem.Code != CodeUnavailable && s.clock.Now().Before(s.pause) {
		defer s.mu.Unlock()
		return Token{}, s.problem
	}
	f := s.fly()
	s.mu.Unlock()
	select {
	case <-ctx.Done():
		return Token{}, context.Cause(ctx)
	case <-f.done:
	}
	if f.err != nil {
		return Token{}, f.err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token(), nil
}

func (s *session) token() Token { return Token{NewSecret(s.held.Access), s.held.Ends} }

// usable reports whether the token in memory can be given out.
func (s *session) usable() bool {
	return s.held.Access != "" && s.held.Access != s.dropped && (s.held.Ends.IsZero() || s.clock.Now().Before(s.held.Ends))
}

// due reports whether a usable token wants renewing, or writing down.
func (s *session) due() bool {
	now := s.clock.Now()
	if now.Before(s.pause) {
		return false
	}
	return s.unwritten != nil || (!s.held.Ends.IsZero() && !now.Before(s.held.Ends.Add(-s.ahead)) && s.canRenew())
}

// canRenew is false for a person's token that came without a refresh token, and
// for one that somebody else got: nothing is fetched ahead of its end.
func (s *session) canRenew() bool {
	switch s.issuer.identity.Flow {
	case FlowToken:
		return false
	case FlowBrowser, FlowDeviceCode:
		return s.held.Refresh != ""
	}
	return true
}

// fresh reports whether a set from the store is worth taking instead of a refresh.
func (s *session) fresh(set tokenstore.Set) bool {
	return set.Access != "" && set.Access != s.dropped && s.clock.Now().Before(set.Ends.Add(-aheadOf(set)))
}

func aheadOf(set tokenstore.Set) time.Duration {
	return min(refreshAhead, set.Ends.Sub(set.Obtained)/aheadOfLife)
}

// take makes a set the held one. Twenty consoles with one token differ by the
// jitter, so that the first to renew does it for all.
func (s *session) take(set tokenstore.Set) {
	s.issuer.known.Add(set.Access, set.Refresh, set.ID)
	s.held = set
	s.ahead = time.Duration(float64(aheadOf(set)) * (1 - s.jitter()/2))
	s.problem, s.pause = nil, time.Time{}
}

// Drop implements Source.
func (s *session) Drop(token Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value := token.Value.Reveal(); value == s.held.Access {
		s.dropped = value
	}
}

// Status implements Source.
func (s *session) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.issuer.identity
	status := Status{
		Flow: id.Flow, Link: s.link, Issuer: s.issuer.host(), Tenant: id.Tenant, Scopes: id.Scopes,
		Refreshable: s.canRenew(), Problem: s.problem, Skew: s.issuer.ahead(),
		Notes: append(id.notes(), s.notes...),
	}
	if id.Flow == FlowToken {
		status.Issuer = "" // Whoever has issued it was not asked from here.
	}
	if s.usable() {
		status.Who, status.Ends = cmp.Or(claims.Of(s.held.ID).Who(), claims.Of(s.held.Access).Who()), s.held.Ends
	}
	if s.unwritten != nil {
		status.Notes = append(status.Notes, fmt.Sprintf("the new token could not be written down and ends with this process: %s", redact.Line(s.unwritten.Error())))
	}
	if s.entry != nil {
		if status.Unsealed = s.entry.Notice(); status.Unsealed != "" {
			status.Notes = append(status.Notes, unsealed(status.Unsealed))
		}
	}
	status.SignIn = s.problem != nil && s.problem.Code == CodeSignIn
	return status
}
