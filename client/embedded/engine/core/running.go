package core

import (
	"context"
	"sync"

	"fndeck/client/embedded/engine/store"
)

// running are the calls, or the deploys, under way: who to tell of their end and
// how to cancel.
type running struct {
	mu    sync.Mutex
	calls map[int64]*runningCall
	of    map[int64]int // how many each function has
}

type runningCall struct {
	functionID int64
	// row is nil unless the call's row waits for its end.
	row *deferred
	// outcome is the call as it was stored at its end; set before done closes.
	outcome store.Call
	cancel  context.CancelCauseFunc
	// log is the call's, nil before it really starts; guarded by running.mu.
	log  *logWriter
	done chan struct{}
}

// crew are the goroutines that run calls. Some stay for the next one: a call goes
// deep, and a new stack would have to grow for each.
type crew struct {
	next    chan func()
	waiting chan struct{} // a place for each that may wait
}

// crewSize is how many goroutines wait for a next call, which is more than run at
// once for long.
const crewSize = 32

func newCrew() *crew { return &crew{next: make(chan func()), waiting: make(chan struct{}, crewSize)} }

// take gives a job to one that waits; false if none does.
func (c *crew) take(job func()) bool {
	select {
	case c.next <- job:
		return true
	default:
		return false
	}
}

// work does a job and then those that come, until ctx ends or enough others wait.
func (c *crew) work(ctx context.Context, job func()) {
	for {
		job()
		job = nil // it holds the data of a call
		select {
		case c.waiting <- struct{}{}:
		default:
			return
		}
		select {
		case job = <-c.next:
			<-c.waiting
		case <-ctx.Done():
			return
		}
	}
}

func newRunning() *running { return &running{calls: map[int64]*runningCall{}, of: map[int64]int{}} }

func (r *running) add(id, functionID int64, row *deferred, cancel context.CancelCauseFunc) *runningCall {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of[functionID]++
	c := &runningCall{functionID: functionID, row: row, cancel: cancel, done: make(chan struct{})}
	r.calls[id] = c
	return c
}

func (r *running) end(id int64, outcome store.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.calls[id]
	c.outcome = outcome
	close(c.done)
	delete(r.calls, id)
	if r.of[c.functionID]--; r.of[c.functionID] == 0 {
		delete(r.of, c.functionID)
	}
}

// find returns a call that has not ended, or nil. Its done channel closes when
// it has.
func (r *running) find(id int64) *runningCall {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[id]
}

// writes says where a call's log is written.
func (r *running) writes(c *runningCall, log *logWriter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.log = log
}

// logOf is the log of a call under way, or nil.
func (r *running) logOf(id int64) *logWriter {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.calls[id]; c != nil {
		return c.log
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

func (r *running) countOf(functionID int64) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of[functionID]
}
