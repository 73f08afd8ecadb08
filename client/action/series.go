package action

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"fndeck/client"
)

// The bounds of a Series.
const (
	MaxTimes  = 10_000
	MaxAtOnce = 50
)

// Series asks for many calls of one function with the same data. Each is an
// ordinary call: it is in the history, and goes on when nobody waits for it.
type Series struct {
	Function client.Function
	// Data is the JSON of each call, byte for byte.
	Data json.RawMessage
	// Times is how many calls are made, 1 to MaxTimes, and AtOnce how many of them
	// run at the same time, 1 to MaxAtOnce.
	Times, AtOnce int
	Clock         func() time.Time
	// Progress is told what it has come to after each call that was made or has
	// ended. It must return at once; it may be nil.
	Progress func(Figures)
	// Enough ends the making of calls when it closes; those that run are still waited
	// for. nil never does.
	Enough <-chan struct{}
}

// CallMany makes the calls of a series and says what they came to. A call that
// fails is counted and the series goes on; where a call cannot be made, or not be
// followed, no further one is made and the error comes with the figures of those
// that were. When ctx ends, so does the waiting; calls that run go on.
func CallMany(ctx context.Context, backend client.Backend, s Series) (Figures, error) {
	if s.Times < 1 || s.Times > MaxTimes {
		return Figures{}, client.Invalidf("%d calls: 1 to %d can be made at a time", s.Times, MaxTimes)
	}
	if s.AtOnce < 1 || s.AtOnce > MaxAtOnce {
		return Figures{}, client.Invalidf("%d calls at once: 1 to %d can run", s.AtOnce, MaxAtOnce)
	}
	data, _, err := checkData(backend, s.Data)
	if err != nil {
		return Figures{}, err
	}
	s.Data = data
	run := &seriesRun{Series: s, backend: backend, began: s.Clock()}
	run.figures.Asked = s.Times
	var workers sync.WaitGroup
	for range min(s.AtOnce, s.Times) {
		workers.Go(func() {
			for ctx.Err() == nil && run.next() {
				if err := run.one(ctx); err != nil {
					run.end(err)
				}
			}
		})
	}
	workers.Wait()
	run.mu.Lock()
	defer run.mu.Unlock()
	run.count()
	if ctx.Err() != nil {
		return run.figures, context.Cause(ctx)
	}
	return run.figures, run.err
}

// seriesRun is a series under way.
type seriesRun struct {
	Series
	backend client.Backend
	began   time.Time

	mu      sync.Mutex
	taken   int
	figures Figures
	// durations are those of the calls that have ended, in order.
	durations []time.Duration
	// err is why no further call is made.
	err error
}

// next reports whether there is another call to be made, and takes it.
func (r *seriesRun) next() bool {
	select {
	case <-r.Enough:
		return false
	default:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil || r.taken == r.Times {
		return false
	}
	r.taken++
	return true
}

// one makes a call and waits for its end. A call is never sent twice.
func (r *seriesRun) one(ctx context.Context) error {
	call, err := r.backend.Invoke(ctx, client.CallRequest{FunctionID: r.Function.ID, Data: r.Data})
	if err != nil {
		return fmt.Errorf("call %s: %w", r.Function.Name, err)
	}
	if call.FunctionID == "" {
		call.FunctionID = r.Function.ID
	}
	r.tell(func(f *Figures) { f.Made++ })
	ended, err := awaitQuietly(ctx, r.backend, call)
	if err != nil {
		return fmt.Errorf("wait for call %s: %w", call.ID, err)
	}
	r.tell(func(f *Figures) {
		f.Ended++
		r.durations = inserted(r.durations, took(ended))
		if ended.Status != client.CallCompleted {
			f.fail(ended)
		}
	})
	return nil
}

// awaitQuietly is AwaitCall without a watch of its own where the backend waits by
// itself: thousands of calls would open as many.
func awaitQuietly(ctx context.Context, backend client.Backend, call client.Call) (client.Call, error) {
	if waiter, err := client.As[client.CallWaiter](backend, client.CanWait); err == nil {
		if ended, err := waiter.WaitCall(ctx, call.FunctionID, call.ID); err == nil && ended.Status.Ended() {
			return ended, nil
		}
	}
	return AwaitCall(ctx, backend, call)
}

// took is how long a call ran, negative if that is not told.
func took(c client.Call) time.Duration {
	switch {
	case c.Duration > 0:
		return c.Duration
	case c.Ended.After(c.Started) && !c.Started.IsZero():
		return c.Ended.Sub(c.Started)
	}
	return -1
}

// tell counts something and hands out the figures.
func (r *seriesRun) tell(count func(*Figures)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	count(&r.figures)
	if r.Progress != nil {
		r.count()
		r.Progress(r.figures)
	}
}

// end keeps further calls from being made.
func (r *seriesRun) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// count works out what follows from the durations; the lock is held.
func (r *seriesRun) count() {
	r.figures.Elapsed = r.Clock().Sub(r.began)
	r.figures.measure(r.durations)
}
