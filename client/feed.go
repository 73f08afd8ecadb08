package client

import (
	"context"
	"errors"
	"sync"
	"time"
)

// The back-off of a feed whose backend fails: from backOffMin doubling to
// backOffMax, with full jitter, or the backend's own Retry-After up to
// retryAfterMax.
const (
	backOffMin    = time.Second
	backOffMax    = time.Minute
	retryAfterMax = 5 * time.Minute
	// unwatchedTimes is how much slower a feed is that nobody looks at.
	unwatchedTimes = 4
)

// FeedOptions says what a feed loads and how often.
type FeedOptions[T any] struct {
	// Load reads the whole value. It is never called twice at once.
	Load func(ctx context.Context) (T, error)
	// First reads the beginning of the value, and whether there is more, before the
	// first Load: for a value of which that comes much sooner. What fails with it is
	// left to Load. It may be nil.
	First func(ctx context.Context) (value T, more bool, err error)
	// Every is the pause between loads when all goes well; 0 loads only on
	// Refresh, for backends that push.
	Every time.Duration
	// Busy says that the value is moving, so that BusyEvery applies.
	Busy      func(T) bool
	BusyEvery time.Duration
	// Unwatched says that nobody looks: then the pauses are unwatchedTimes as long.
	// It may be nil.
	Unwatched func() bool
	// Paused says that nothing is to be loaded until a Refresh. It may be nil.
	Paused func() bool
	Clock  func() time.Time
	// Jitter returns a number in [0,1).
	Jitter func() float64
}

// Snapshot is the newest thing a feed knows. It is immutable.
type Snapshot[T any] struct {
	// Value is the last good value; Loaded is false while there is none.
	Value  T
	Loaded bool
	// More says that Value is only the beginning, and that the rest is being read.
	More bool
	// Generation grows with each snapshot of one feed.
	Generation uint64
	// At is when Value was read. A snapshot with an Err is stale since then.
	At time.Time
	// NextAt is when a value that was read well is read again by itself, zero if it
	// is not.
	NextAt time.Time
	// Err is why the newest load failed, nil if it did not; the next try is at
	// RetryAt.
	Err     error
	RetryAt time.Time
}

// Feed keeps one value fresh. It holds only the newest snapshot: a slow reader
// skips, it never delays the loads. When loads fail it keeps the last value and
// goes on trying until it is closed.
type Feed[T any] struct {
	o      FeedOptions[T]
	cancel context.CancelFunc
	wake   chan struct{}
	done   chan struct{}

	mu      sync.Mutex
	current Snapshot[T]
	changed chan struct{} // closed and replaced with each snapshot
	// began is when the load that is under way began, asked when one was asked for that
	// no load has answered since; zero where that is not so.
	began, asked time.Time
}

// NewFeed starts a feed; its first load begins at once.
func NewFeed[T any](o FeedOptions[T]) *Feed[T] {
	ctx, cancel := context.WithCancel(context.Background())
	f := &Feed[T]{o: o, cancel: cancel, wake: make(chan struct{}, 1), done: make(chan struct{}), changed: make(chan struct{}), asked: o.Clock()}
	go f.run(ctx)
	return f
}

// Next blocks until there is a snapshot newer than generation after. It returns
// false when the feed is closed or ctx ends.
func (f *Feed[T]) Next(ctx context.Context, after uint64) (Snapshot[T], bool) {
	for {
		f.mu.Lock()
		current, changed := f.current, f.changed
		f.mu.Unlock()
		if current.Generation > after {
			return current, true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Snapshot[T]{}, false
		case <-f.done:
			return Snapshot[T]{}, false
		}
	}
}

// Refresh asks for a load now and forgets the back-off. Many calls before the
// load begins make one load.
func (f *Feed[T]) Refresh() {
	f.note(func(now time.Time) {
		if f.asked.IsZero() {
			f.asked = now
		}
	})
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Owed is since when an answer is awaited, zero if none is. One that was asked for is
// awaited since then, another since its load began.
func (f *Feed[T]) Owed() (since time.Time, asked bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.asked.IsZero() {
		return f.asked, true
	}
	return f.began, false
}

// note changes what is known of the load under way.
func (f *Feed[T]) note(change func(now time.Time)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f.o.Clock())
}

// Close ends the feed and waits until its last load has returned.
func (f *Feed[T]) Close() {
	f.cancel()
	<-f.done
}

func (f *Feed[T]) run(ctx context.Context) {
	defer close(f.done)
	if f.o.First != nil {
		value, more, err := f.o.First(ctx)
		if ctx.Err() != nil {
			return
		}
		switch {
		case err != nil:
		case more:
			f.publish(Snapshot[T]{Value: value, Loaded: true, More: true, At: f.o.Clock()})
		default:
			pause := f.pause(value)
			if f.loaded(value, nil, pause); !f.sleep(ctx, pause) {
				return
			}
		}
	}
	failures := 0
	for {
		f.note(func(now time.Time) { f.began = now })
		value, err := f.o.Load(ctx)
		if ctx.Err() != nil {
			return
		}
		var pause time.Duration
		if err != nil {
			failures++
			if pause = f.backOff(failures, err); f.paused() {
				pause = 0
			}
		} else {
			failures = 0
			pause = f.pause(value)
		}
		f.loaded(value, err, pause)
		if !f.sleep(ctx, pause) {
			return
		}
	}
}

// sleep waits for the pause (0: for ever) or a Refresh; false when ctx ended.
func (f *Feed[T]) sleep(ctx context.Context, pause time.Duration) bool {
	var due <-chan time.Time
	if pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-f.wake:
		return true
	case <-due:
		return true
	}
}

func (f *Feed[T]) pause(value T) time.Duration {
	if f.paused() {
		return 0
	}
	if f.o.Unwatched != nil && f.o.Unwatched() {
		return unwatchedTimes * f.watchedPause(value)
	}
	return f.watchedPause(value)
}

func (f *Feed[T]) paused() bool { return f.o.Paused != nil && f.o.Paused() }

func (f *Feed[T]) watchedPause(value T) time.Duration {
	if f.o.Busy != nil && f.o.BusyEvery > 0 && f.o.Busy(value) {
		return f.o.BusyEvery
	}
	return f.o.Every
}

func (f *Feed[T]) backOff(failures int, err error) time.Duration {
	var e *Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		return min(e.RetryAfter, retryAfterMax) + time.Duration(f.o.Jitter()*float64(backOffMin))
	}
	ceiling := backOffMax
	if failures <= 6 { // 2^6 seconds is past the ceiling
		ceiling = min(backOffMin<<(failures-1), backOffMax)
	}
	return backOffMin/2 + time.Duration(float64(ceiling-backOffMin/2)*f.o.Jitter())
}

// loaded publishes what a load has read, or why it could not.
func (f *Feed[T]) loaded(value T, err error, pause time.Duration) {
	next := Snapshot[T]{Value: value, Loaded: true, At: f.o.Clock()}
	if pause > 0 {
		next.NextAt = next.At.Add(pause)
	}
	if err != nil {
		next = f.current // Only the feed's goroutine changes it.
		next.Err, next.RetryAt = err, f.o.Clock().Add(pause)
	}
	f.note(func(time.Time) { f.began, f.asked = time.Time{}, time.Time{} })
	f.publish(next)
}

func (f *Feed[T]) publish(next Snapshot[T]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	next.Generation = f.current.Generation + 1
	f.current = next
	close(f.changed)
	f.changed = make(chan struct{})
}
