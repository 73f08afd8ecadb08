package core

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"

	"fndeck/client"
)

// nonceLife is how long a session waits to be bound, as in the cloud.
const nonceLife = time.Minute

// errNonce is the service's own sentence.
var errNonce = &client.Error{Code: client.CodeInvalid, Message: "Session nonce is invalid or expired", Hint: "open a new session and send the request again"}

// nonces are the tickets of sessions that nothing is bound to yet. They live in
// memory: an engine that restarts forgets them, as if they had expired.
type nonces struct {
	clock func() time.Time
	mu    sync.Mutex
	open  map[string]ticket
	// byAge are the open nonces, and used ones that are not old enough to leave it,
	// oldest first: all live equally long, so only its front can have expired.
	byAge []string
}

type ticket struct {
	sessionID int64
	expires   time.Time
}

func newNonces(clock func() time.Time) *nonces {
	return &nonces{clock: clock, open: map[string]ticket{}}
}

// add makes a nonce for a session.
func (n *nonces) add(sessionID int64) string {
	var raw [24]byte
	_, _ = rand.Read(raw[:]) // it never fails, see its documentation
	nonce := hex.EncodeToString(raw[:])
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.clock()
	n.expire(now)
	n.byAge = append(n.byAge, nonce)
	n.open[nonce] = ticket{sessionID: sessionID, expires: now.Add(nonceLife)}
	return nonce
}

// expire forgets the nonces that nobody may use any more. It stops at the first
// that somebody may: an add that went through all of them took as long as there
// were many, and 24 000 adds took sixteen seconds.
func (n *nonces) expire(now time.Time) {
	for len(n.byAge) > 0 {
		t, open := n.open[n.byAge[0]]
		if open && !now.After(t.expires) {
			return
		}
		delete(n.open, n.byAge[0])
		n.byAge = n.byAge[1:]
	}
}

// use trades a nonce for its session, once.
func (n *nonces) use(nonce string) (sessionID int64, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	t, ok := n.open[nonce]
	delete(n.open, nonce)
	if !ok || n.clock().After(t.expires) {
		return 0, errNonce
	}
	return t.sessionID, nil
}
