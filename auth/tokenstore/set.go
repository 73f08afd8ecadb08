package tokenstore

import "time"

// Set is what an issuer gave for one sign-in. It is a value; its strings are
// secret, and it prints without them.
type Set struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token,omitempty"`
	// ID is the id token, kept because x/oauth2 loses it when it writes a token
	// down. It is shown, never trusted.
	ID    string `json:"id_token,omitempty"`
	Scope string `json:"scope,omitempty"`
	// Obtained and Ends are by the clock of the machine that got the set; Ends is
	// zero where nothing is known.
	Obtained time.Time `json:"obtained"`
	Ends     time.Time `json:"ends"`
}

// String hides the tokens.
func (s Set) String() string { return "tokens until " + s.Ends.Format(time.RFC3339) }

// GoString is String, so that %#v does not leak.
func (s Set) GoString() string { return s.String() }
