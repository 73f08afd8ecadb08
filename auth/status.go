package auth

import "time"

// Status says how an identity stands, for display only: no decision is taken by
// it. Text of the token's claims is cleaned.
type Status struct {
	Flow Flow
	// Who is the person or application of the token, empty before the first one.
	Who string
	// Link is the link of the chain, or the variant of managed identity, that
	// answered.
	Link string
	// Issuer is the issuer's host, Tenant the tenant asked for.
	Issuer, Tenant string
	Scopes         []string
	// Ends is when the token ends, zero without a token or if it is not known.
	Ends time.Time
	// Refreshable says that a new token comes without the person.
	Refreshable bool
	// SignIn says that the person has to sign in; Problem says why, or is the
	// last failure.
	SignIn  bool
	Problem *Error
	// Skew is how far the issuer's clock is ahead of ours, 0 below five minutes.
	Skew time.Duration
	// Unsealed says why a sign-in that was to be sealed is not, "" if it is as wished.
	Unsealed string
	// Notes are what is worth knowing: a lifetime that was assumed, a token that
	// could not be written down.
	Notes []string
}

// soon is how little time makes a token that cannot be refreshed a warning.
const soon = 5 * time.Minute

// Warning reports whether the token ends within five minutes and no other follows
// by itself.
func (s Status) Warning(now time.Time) bool {
	return !s.Refreshable && !s.Ends.IsZero() && s.Ends.Sub(now) < soon
}
