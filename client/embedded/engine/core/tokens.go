package core

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"

	"fndeck/client"
	"fndeck/client/embedded/engine/store"
)

// Caller is who sends a request. The zero Caller is the engine's user.
type Caller struct {
	// Subject names the identity. Issuer vouches for it, empty where the engine
	// itself does.
	Subject, Issuer string
	// ReadOnly is set for who may look and change nothing.
	ReadOnly bool
	// CallID is the call that acts, 0 for anybody but a function. SessionID and
	// Depth are those of its session.
	CallID, FunctionID, SessionID int64
	Depth                         int
}

var (
	errCallEnded = &client.Error{Code: client.CodeUnauthenticated, Message: "Unauthorized: this call has ended"}
	errCallToken = &client.Error{Code: client.CodeUnauthenticated, Message: "Unauthorized: the token is not one of a call"}
	errRevoked   = &client.Error{Code: client.CodeUnauthenticated, Message: "Unauthorized: the session of this call was revoked"}
)

// keptTokens is how many tokens of ended calls are remembered, so that a late
// request hears why it is refused.
const keptTokens = 10_000

// callTokens are what calls prove themselves with. Only hashes are kept: how
// long a look-up takes says nothing about a token.
type callTokens struct {
	mu    sync.Mutex
	live  map[[32]byte]Caller
	ended map[[32]byte]bool
	order [][32]byte // of ended, oldest first
}

func newCallTokens() *callTokens {
	return &callTokens{live: map[[32]byte]Caller{}, ended: map[[32]byte]bool{}}
}

func (t *callTokens) issue(c Caller) (token string) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // it never fails, see its documentation
	token = hex.EncodeToString(raw[:])
	t.mu.Lock()
	defer t.mu.Unlock()
	t.live[sha256.Sum256([]byte(token))] = c
	return token
}

func (t *callTokens) end(token string) {
	key := sha256.Sum256([]byte(token))
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.live, key)
	t.ended[key] = true
	t.order = append(t.order, key)
	if len(t.order) > keptTokens {
		half := keptTokens / 2
		for _, old := range t.order[:half] {
			delete(t.ended, old)
		}
		t.order = slices.Clone(t.order[half:])
	}
}

// CallerOf returns the call that a token was given to.
func (e *Core) CallerOf(token string) (Caller, error) {
	key := sha256.Sum256([]byte(token))
	e.tokens.mu.Lock()
	c, live := e.tokens.live[key]
	ended := e.tokens.ended[key]
	e.tokens.mu.Unlock()
	switch {
	case ended:
		return Caller{}, errCallEnded
	case !live:
		return Caller{}, errCallToken
	}
	if s, err := e.Session(c.SessionID); err == nil && s.Status == SessionRevoked {
		return Caller{}, errRevoked
	}
	if under := e.running.find(c.CallID); under != nil { // it may ask for itself
		if err := e.keepDeferred(under.row, store.Relaxed); err != nil {
			return Caller{}, err
		}
	}
	return c, nil
}
