package auth

import (
	"context"
	"fmt"
	"sync"
	"time"

	"fndeck/auth/redact"
	"fndeck/auth/tokenstore"
)

const (
	// refreshAhead is how long before its end a token is renewed, and at most a
	// fifth of its life: some issuers' tokens live a minute.
	refreshAhead   = 2 * time.Minute
	aheadOfLife    = 5
	flightLimit    = 2 * time.Minute // longer than the lock's wait and two requests
	pauseNoAnswer  = 5 * time.Second
	pauseRefused   = 30 * time.Second
	pauseUnwritten = 10 * time.Second
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
	// unwritten is why held is newer than the store's file, nil if it is not.
	unwritten error
}

// flight is one renewal under way.
type flight struct {
	done chan struct{}
	err  error
}

func newSession(i *issuer, o Options) *session {
	s := &session{issuer: i, clock: o.Clock, jitter: o.Jitter}
	s.life, s.cancel = context.WithCancel(context.Background())
	return s
}

// Token implements Source.
func (s *session) Token(ctx context.Context) (Token, error) {
	s.mu.Lock()
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

// fly returns the flight under way, or starts one. The lock is held.
func (s *session) fly() *flight {
	if s.flight != nil {
		return s.flight
	}
	f := &flight{done: make(chan struct{})}
	s.flight = f
	go func() {
		ctx, cancel := context.WithTimeout(s.life, flightLimit)
		defer cancel()
		err := s.renew(ctx)
		s.mu.Lock()
		if err != nil {
			f.err = s.fail(err)
		}
		s.flight = nil
		s.mu.Unlock()
		close(f.done)
	}()
	return f
}

// fail remembers why there is no new token, and for how long not to ask again:
// a secret that is sent over and over locks its account. A person's missing
// sign-in is looked for in the store each time, which sends nothing.
func (s *session) fail(err error) *Error {
	s.problem = asOurs(err, CodeUnavailable)
	switch {
	case s.problem.Code == CodeUnavailable:
		s.pause = s.clock.Now().Add(pauseNoAnswer)
	case s.entry == nil || s.problem.Code != CodeSignIn:
		s.pause = s.clock.Now().Add(pauseRefused)
	}
	return s.problem
}

// renew gets a new token, from the store or from the issuer.
func (s *session) renew(ctx context.Context) error {
	s.mu.Lock()
	held := s.held
	s.mu.Unlock()
	if s.entry != nil {
		return s.renewShared(ctx, held)
	}
	g, err := s.grant(ctx, held)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		return err
	}
	s.accept(g)
	return nil
}

// accept takes what a grant gave. The lock is held.
func (s *session) accept(g granted) {
	s.take(g.Set)
	s.link, s.notes = g.link, g.notes
}

// Close implements Source.
func (s *session) Close(ctx context.Context) {
	s.mu.Lock()
	f := s.flight
	s.mu.Unlock()
	if f != nil {
		select {
		case <-ctx.Done():
		case <-f.done:
		}
	}
	s.cancel()
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
	if s.usable() {
		status.Who, status.Ends = who(s.held), s.held.Ends
	}
	if s.unwritten != nil {
		status.Notes = append(status.Notes, fmt.Sprintf("the new token could not be written down and ends with this process: %s", redact.Line(s.unwritten.Error())))
	}
	status.SignIn = s.problem != nil && s.problem.Code == CodeSignIn
	return status
}
