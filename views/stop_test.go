package views

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fndeck/client"
)

func TestEscStopsAFirstLoadThatTakesLong(t *testing.T) {
	for keys, noun := range map[string]string{"1": "functions", "2": "calls", "4": "schedules"} {
		backend := &stuckBackend{fakeBackend: sampleBackend(bubbleStart)}
		backend.slow.Store(true)
		others := int64(1) // The header's own list of functions goes on.
		if noun == "functions" {
			others = 0
		}
		driveAny(t, func() client.Backend { return backend }, func(d *driver) {
			d.press(keys)
			d.wait(3 * time.Second)
			d.see("loading " + noun + "… 3s   esc stops")
			d.press("esc")
			d.see("stopped loading " + noun + ".  ctrl+r loads them")
			assert.Equal(t, others, backend.asking.Load(), "the request has ended")
			d.wait(time.Minute)
			assert.Equal(t, others, backend.asking.Load(), "and is not made again by itself")
			backend.slow.Store(false)
			d.press("ctrl+r")
			d.see(noun + " (")
		})
	}
}

// stuckBackend answers its lists only when it is not slow.
type stuckBackend struct {
	*fakeBackend
	slow   atomic.Bool
	asking atomic.Int64
}

func (b *stuckBackend) await(ctx context.Context) error {
	if b.slow.Load() {
		b.asking.Add(1)
		defer b.asking.Add(-1)
		<-ctx.Done()
	}
	return ctx.Err()
}

func (b *stuckBackend) Functions(ctx context.Context) ([]client.Function, error) {
	if err := b.await(ctx); err != nil {
		return nil, err
	}
	return b.fakeBackend.Functions(ctx)
}

func (b *stuckBackend) Calls(ctx context.Context, query client.CallQuery) (client.CallPage, error) {
	if err := b.await(ctx); err != nil {
		return client.CallPage{}, err
	}
	return b.fakeBackend.Calls(ctx, query)
}

func (b *stuckBackend) Schedules(ctx context.Context, functionID string) ([]client.Schedule, error) {
	if err := b.await(ctx); err != nil {
		return nil, err
	}
	return b.fakeBackend.Schedules(ctx, functionID)
}
