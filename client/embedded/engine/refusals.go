package engine

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect"
)

const (
	// refusalEvery is how often a refused request gets a line of the audit trail;
	// those between are counted in the next. The trail is never deleted, and
	// whoever knocks must not be able to fill the disk with it.
	refusalEvery = 10 * time.Second
	// maxObject bounds what a line says of the request.
	maxObject = 200
)

// refusals writes down who was not let in.
type refusals struct {
	clock  func() time.Time
	record func(caller core.Caller, remote, action, object string, failure error)

	mu   sync.Mutex
	last time.Time
	more int
}

// note records a refusal, or counts it.
func (n *refusals) note(r *http.Request, why error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.clock()
	if !n.last.IsZero() && now.Sub(n.last) < refusalEvery && !now.Before(n.last) {
		n.more++
		return
	}
	object := r.Method + " " + r.URL.Path
	object = object[:min(len(object), maxObject)]
	if n.more > 0 {
		why = client.Invalidf("%s (and %d more before)", why, n.more)
	}
	n.last, n.more = now, 0
	n.record(core.Caller{Subject: "unknown"}, dialect.Remote(r), "access", fmt.Sprintf("%q", object), why)
}
