package auth

import (
	"context"
	"time"
)

const (
	// flightLimit is longer than the lock's wait and two requests.
	flightLimit = 2 * time.Minute
	// The pauses are for how long a failure stands before it is tried again.
	pauseNoAnswer  = 5 * time.Second
	pauseRefused   = 30 * time.Second
	pauseUnwritten = 10 * time.Second
)

// flight is one renewal under way.
type flight struct {
	done chan struct{}
	err  error
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
