package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"fndeck/auth/privatefile"
	"fndeck/auth/redact"
	"fndeck/auth/tokenstore"
)

// openStore gives the session its place in the store and takes what lies there.
func (s *session) openStore(entry *tokenstore.Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entry = entry
	set, err := entry.Read()
	if err != nil {
		s.problem = s.issuer.explainStore(err)
		return
	}
	s.take(set)
	if set.Refresh == "" && !s.usable() {
		s.problem = s.issuer.ended()
	}
}

// unsealed is the note of a sign-in that was to be sealed and is not.
func unsealed(why string) string {
	return fmt.Sprintf("the sign-in lies in a private file, not sealed: %s", why)
}

// heedSignOut forgets a person's tokens once their file is gone: whoever signed out,
// here or in another process, meant every console. The lock is held.
func (s *session) heedSignOut() {
	if s.entry != nil && !s.held.Obtained.IsZero() && s.entry.Gone() {
		s.held, s.unwritten = tokenstore.Set{}, nil
	}
}

func (i *issuer) notSignedIn() *Error {
	return &Error{Code: CodeSignIn, Message: fmt.Sprintf("nobody has signed in at %s", i.host()), Hint: "sign in: " + i.login}
}

func (i *issuer) ended() *Error {
	return &Error{Code: CodeSignIn, Message: fmt.Sprintf("the sign-in at %s has ended", i.host()), Hint: "sign in: " + i.login}
}

// explainStore is the sentence for a token file that cannot be used.
func (i *issuer) explainStore(err error) *Error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return i.notSignedIn()
	case errors.Is(err, privatefile.ErrUnsafe):
		return &Error{Code: CodeInvalid, Message: err.Error(), Hint: "the token in it was not used: mend the file, or sign in again after removing it", Err: err}
	case errors.Is(err, tokenstore.ErrSetAside):
		return &Error{Code: CodeSignIn, Message: err.Error(), Hint: "sign in: " + i.login, Err: err}
	case errors.Is(err, tokenstore.ErrSealed):
		return &Error{Code: CodeSignIn, Message: fmt.Sprintf("the sign-in at %s cannot be opened: %s", i.host(), redact.Line(err.Error())), Hint: "unlock the keyring, or sign in: " + i.login, Err: err}
	case errors.Is(err, tokenstore.ErrBusy):
		return &Error{Code: CodeUnavailable, Message: fmt.Sprintf("waited in vain for another fndeck that renews the sign-in at %s", i.host()), Hint: "end the one that hangs, and try again", Err: err}
	}
	return &Error{Code: CodeUnavailable, Message: fmt.Sprintf("the token store cannot be used: %s", redact.Line(err.Error())), Hint: "see fndeck doctor", Err: err}
}

// awaited is a refresh token that is good, and that the issuer does not take before a
// person has consented or has given a second factor.
type awaited struct {
	refresh string
	until   time.Time // not sent again before
	err     error
}

// still is why the token is not to be sent now, nil if it is.
func (a awaited) still(refresh string, now time.Time) error {
	if a.refresh == refresh && now.Before(a.until) {
		return a.err
	}
	return nil
}

// renewShared renews a person's token for all processes: lock, read again,
// refresh, write, unlock.
func (s *session) renewShared(ctx context.Context, held tokenstore.Set) error {
	unlock, err := s.entry.Lock(ctx)
	if err != nil {
		return s.issuer.explainStore(err)
	}
	defer unlock()
	stored, err := s.entry.Read()
	s.mu.Lock()
	unwritten := s.unwritten != nil
	if err == nil && stored.Obtained.After(held.Obtained) {
		unwritten = false // someone has signed in or refreshed since
	}
	known := stored
	if unwritten {
		known, err = held, nil
	}
	if err == nil && s.fresh(known) {
		s.take(known)
		s.mu.Unlock()
		s.write(known, unwritten)
		return nil
	}
	s.mu.Unlock()
	switch {
	case err != nil:
		return s.issuer.explainStore(err)
	case known.Refresh == "":
		return s.issuer.ended()
	}
	if err := s.awaited.still(known.Refresh, s.clock.Now()); err != nil {
		return err
	}
	g, err := s.grant(ctx, known)
	if wanting(err) {
		s.awaited = awaited{known.Refresh, s.clock.Now().Add(pauseRefused), err}
		return err
	}
	if spent(err) {
		// It is dead for every process: the others read that here instead of
		// sending it once more, which some issuers take for theft.
		known.Refresh = ""
		return errors.Join(err, s.entry.Write(known))
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.accept(g)
	s.mu.Unlock()
	s.write(g.Set, true)
	return nil
}

// write writes a set down if it is not yet. When that fails the new token lives
// on in memory, is said to, and is written later.
func (s *session) write(set tokenstore.Set, wanted bool) {
	var err error
	if wanted {
		err = s.entry.Write(set)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unwritten = err; err != nil {
		s.pause = s.clock.Now().Add(pauseUnwritten)
	}
}
