package client

import "time"

// skewMost is how far the clock of a server may be from ours before it is said:
// tokens and schedules go wrong beyond that.
const skewMost = 5 * time.Minute

// hold notes that a request waits before it is sent again, because it was refused
// with 429; over ends that. A nil Trace notes nothing.
func (t *Trace) hold(wait time.Duration) (over func()) {
	if t == nil {
		return func() {}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.holds++
	id := t.holds
	if t.held == nil {
		t.held = map[int64]time.Time{}
	}
	t.held[id] = t.clock().Add(wait)
	t.turn()
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.held, id)
		t.turn()
	}
}

// turn tells those who wait for Held to change. The trace is locked.
func (t *Trace) turn() {
	if t.turned != nil {
		close(t.turned)
		t.turned = nil
	}
}

// Held is until when a request waits that was refused with 429, zero if none does.
// The channel closes when that has changed.
func (t *Trace) Held() (until time.Time, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, at := range t.held {
		if at.After(until) {
			until = at
		}
	}
	if t.turned == nil {
		t.turned = make(chan struct{})
	}
	return until, t.turned
}

// Skew is how far the clock of the server is ahead of ours by its newest answer, to
// the second; 0 up to five minutes, and where it does not tell.
func (t *Trace) Skew() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.skew.Abs() <= skewMost {
		return 0
	}
	return t.skew.Truncate(time.Second)
}
