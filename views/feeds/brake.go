package feeds

import (
	"context"
	"sync"
)

// Brake lets the operator stop a load that takes too long. What was stopped stays
// so until it is asked for again, whatever the feed's pace.
type Brake struct {
	mu     sync.Mutex
	cancel context.CancelFunc
	// released is closed when the load may begin again; nil while it may go on.
	released chan struct{}
}

// Braked makes a load stoppable.
func Braked[T any](b *Brake, load func(ctx context.Context) (T, error)) func(ctx context.Context) (T, error) {
	return func(ctx context.Context) (T, error) {
		for {
			try, cancel := context.WithCancel(ctx)
			b.mu.Lock()
			b.cancel = cancel
			b.mu.Unlock()
			value, err := load(try)
			cancel()
			b.mu.Lock()
			released := b.released
			b.mu.Unlock()
			if released == nil {
				return value, err
			}
			select {
			case <-ctx.Done():
				return value, ctx.Err()
			case <-released:
			}
		}
	}
}

// Stop ends the load that is under way.
func (b *Brake) Stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cancel != nil && b.released == nil {
		b.released = make(chan struct{})
		b.cancel()
	}
}

// Release lets the load begin again.
func (b *Brake) Release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.released != nil {
		close(b.released)
		b.released = nil
	}
}

// Stopped reports whether the operator has stopped the load.
func (b *Brake) Stopped() bool {
	if b == nil {
		return false // Nothing was ever loaded.
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.released != nil
}
