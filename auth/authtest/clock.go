package authtest

import (
	"context"
	"sync"
	"time"

	"fndeck/auth"
)

// Clock is a clock that moves only when a test moves it.
type Clock struct {
	mu   sync.Mutex
	now  time.Time
	auto bool
	// moved is closed and made anew whenever the time moves.
	moved   chan struct{}
	waiting chan time.Duration
}

// NewClock starts at noon of a day in 2026.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), moved: make(chan struct{}), waiting: make(chan time.Duration, 1000)}
}

// Auto lets every wait be over at once, the time moved by as much.
func (c *Clock) Auto() *Clock {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.auto = true
	return c
}

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the time.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	close(c.moved)
	c.moved = make(chan struct{})
}

// Waiting receives how long each wait is, when it begins.
func (c *Clock) Waiting() <-chan time.Duration { return c.waiting }

// Wait returns when the time has moved by d.
func (c *Clock) Wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	end, auto := c.now.Add(d), c.auto
	c.mu.Unlock()
	select {
	case c.waiting <- d:
	default: // nobody looks
	}
	if auto {
		c.Advance(d)
		return ctx.Err()
	}
	for {
		c.mu.Lock()
		over, moved := !c.now.Before(end), c.moved
		c.mu.Unlock()
		if over {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}

// Clock returns it as package auth takes it.
func (c *Clock) Clock() auth.Clock { return auth.Clock{Now: c.Now, Wait: c.Wait} }
