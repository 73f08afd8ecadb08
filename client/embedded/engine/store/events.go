package store

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
)

// eventHistory is how many events are kept for readers that lag.
const eventHistory = 10_000

// Event is a hint that a row changed. It can be read once the transaction that
// changed the row is committed, so that no event precedes its fact and none is
// lost. Seq counts from 1 in each epoch.
type Event struct {
	Seq     int64
	Kind    string
	Subject int64
}

// history keeps the newest events. They need not outlive the engine: whoever
// begins to follow them reads everything once.
type history struct {
	mu sync.Mutex
	// ring is where an event stands at the place that its seq says; it grows up to
	// eventHistory.
	ring []Event
	last int64
}

func (h *history) add(events []Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range events {
		h.last++
		e.Seq = h.last
		if len(h.ring) < eventHistory {
			h.ring = append(h.ring, e)
			continue
		}
		h.ring[(e.Seq-1)%eventHistory] = e
	}
}

// Event says that something changed. The transaction tells it when it is
// committed.
func (tx *Tx) Event(kind string, subject int64) {
	if !tx.quiet {
		tx.s.touched.events = append(tx.s.touched.events, Event{Kind: kind, Subject: subject})
	}
}

// Events reads the events after seq, oldest first. complete is false when some
// of them are no longer kept.
func (s *Store) Events(after int64, limit int) (events []Event, complete bool) {
	h := &s.history
	h.mu.Lock()
	defer h.mu.Unlock()
	lost := h.last - int64(len(h.ring)) // the newest that is no longer kept
	from := max(after, lost)
	for seq := from + 1; seq <= h.last && seq <= from+int64(limit); seq++ {
		events = append(events, h.ring[(seq-1)%eventHistory])
	}
	return events, after >= lost
}

// newEpoch names a history of events.
func newEpoch() string {
	var epoch [8]byte
	_, _ = rand.Read(epoch[:]) // it never fails, see its documentation
	return hex.EncodeToString(epoch[:])
}

// LastEvent returns the newest event's seq, 0 if there was none.
func (s *Store) LastEvent() int64 {
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	return s.history.last
}
