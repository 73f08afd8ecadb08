package loopback

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"fndeck/auth/redact"
)

// maxAnswer bounds an address that is pasted or asked for: codes have at most a
// few thousand characters.
const maxAnswer = 16 << 10

// Waiting is a sign-in that waits for its browser to come back. It is safe for
// concurrent use.
type Waiting struct {
	state, issuer string
	answer        chan url.Values // room for one

	mu   sync.Mutex
	over bool
}

// NewWaiting waits for an address with the state; issuer, unless empty, is what
// its iss parameter must be, if it has one (RFC 9207).
func NewWaiting(state, issuer string) *Waiting {
	return &Waiting{state: state, issuer: issuer, answer: make(chan url.Values, 1)}
}

// Answer receives the parameters of the one address that was right.
func (w *Waiting) Answer() <-chan url.Values { return w.answer }

// The faults of an address that came back.
var (
	errOver     = errors.New("this code was already used: start again for another")
	errNotState = errors.New("this address belongs to another sign-in: its state is not the one that was sent")
)

// take judges what came back, and ends the wait if it is right.
func (w *Waiting) take(answer url.Values) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.over:
		return errOver
	case len(answer["state"]) > 1 || len(answer["code"]) > 1:
		return errors.New("the address holds two codes or two states: copy it once")
	case subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(w.state)) != 1:
		return errNotState
	case answer.Has("iss") && w.issuer != "" && answer.Get("iss") != w.issuer:
		return fmt.Errorf("the address comes from another issuer, %s", redact.Clip(answer.Get("iss"), 100))
	case answer.Get("code") == "" && answer.Get("error") == "":
		return errors.New("the address holds no code")
	}
	w.over = true
	w.answer <- answer
	return nil
}

// Paste takes the address on which a browser ended: it failed to open it, as the
// listener is on another machine, but the code is in it.
func (w *Waiting) Paste(text string) error {
	if len(text) > maxAnswer {
		return fmt.Errorf("this is longer than any address of a sign-in (%d bytes)", len(text))
	}
	text = strings.Join(strings.Fields(text), "") // terminals wrap long lines
	if !strings.Contains(text, "://") {
		return errors.New("paste the whole address, from http to the end: a bare code does not say which sign-in it belongs to")
	}
	address, err := url.Parse(text)
	if err != nil {
		return errors.New("this is no address")
	}
	query := address.RawQuery
	if query == "" {
		query = address.Fragment
	}
	answer, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("the part after the question mark cannot be read: copy the address again")
	}
	return w.take(answer)
}
