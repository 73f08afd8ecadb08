package auth

import (
	"context"
	"time"
)

// Clock tells and waits; tests bring their own.
type Clock struct {
	Now func() time.Time
	// Wait returns after d, or earlier with the context's error.
	Wait func(ctx context.Context, d time.Duration) error
}

// SystemClock is the machine's own.
func SystemClock() Clock {
	return Clock{Now: time.Now, Wait: func(ctx context.Context, d time.Duration) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		}
	}}
}
