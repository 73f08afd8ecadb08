package core

import (
	"context"
	"sync"
)

// running are the calls under way: who to tell of their end and how to cancel.
type running struct {
	mu    sync.Mutex
	calls map[int64]*runningCall
}

type runningCall struct {
	functionID int64
	cancel     context.CancelCauseFunc
	done       chan struct{}
}

func newRunning() *running { return &running{calls: map[int64]*runningCall{}} }

func (r *running) add(id, functionID int64, cancel context.CancelCauseFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[id] = &runningCall{functionID, cancel, make(chan struct{})}
}

func (r *running) end(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.calls[id].done)
	delete(r.calls, id)
}

// done returns a channel that closes when the call has ended, nil if it has.
func (r *running) done(id int64) <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.calls[id]; c != nil {
		return c.done
	}
	return nil
}

func (r *running) cancelFunction(functionID int64, cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.calls {
		if c.functionID == functionID {
			c.cancel(cause)
		}
	}
}

func (r *running) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}
