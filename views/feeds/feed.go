package feeds

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"fndeck/client"
	"fndeck/views/crash"
)

// How often a visible list is read where the backend does not push: slowly, and
// faster while something in it is running.
const (
	PollEvery     = 5 * time.Second
	PollBusyEvery = time.Second
)

// Source is where feeds read from.
type Source struct {
	// Ctx ends with the console.
	Ctx     context.Context
	Backend client.Backend
	Clock   func() time.Time
	// Away says that the terminal is known not to have the focus.
	Away *atomic.Bool
	// Left says that the console of another context is seen.
	Left *atomic.Bool
}

// New makes a feed with the console's pace: what the backend pushes is read when
// it says so, everything else is polled, every so often, or with 0 at the usual
// pace, which is faster while the value is busy.
func New[T any](from Source, load func(ctx context.Context) (T, error), busy func(T) bool, every time.Duration) *client.Feed[T] {
	return client.NewFeed(options(from, load, busy, every))
}

// NewBegun makes a feed that shows the beginning of its value before the whole is
// there. A load that is stopped stops both.
func NewBegun[T any](from Source, brake *Brake, first func(ctx context.Context) (T, bool, error), load func(ctx context.Context) (T, error), busy func(T) bool) *client.Feed[T] {
	o := options(from, Braked(brake, load), busy, 0)
	o.First = func(ctx context.Context) (value T, more bool, err error) {
		value, err = recovered(Braked(brake, func(ctx context.Context) (T, error) {
			value, begun, err := first(ctx)
			more = begun
			return value, err
		}))(ctx)
		return value, more, err
	}
	return client.NewFeed(o)
}

func options[T any](from Source, load func(ctx context.Context) (T, error), busy func(T) bool, every time.Duration) client.FeedOptions[T] {
	o := client.FeedOptions[T]{Load: recovered(load), Clock: from.Clock, Jitter: rand.Float64, Unwatched: from.Away.Load, Paused: from.Left.Load, Every: every}
	if _, err := client.As[client.Pusher](from.Backend, client.CanPush); err != nil {
		o.Every, o.Busy, o.BusyEvery = PollEvery, busy, PollBusyEvery
	}
	return o
}

// recovered turns a panic of a load into its error: the feed's goroutine has no
// command around it that would restore the terminal.
func recovered[T any](load func(ctx context.Context) (T, error)) func(ctx context.Context) (T, error) {
	return func(ctx context.Context) (value T, err error) {
		defer func() {
			if what := recover(); what != nil {
				err = &client.Error{Code: client.CodeFailed, Message: "a bug in fndeck" + crash.Masked(what), Hint: "the rest goes on; please report it"}
			}
		}()
		return load(ctx)
	}
}
