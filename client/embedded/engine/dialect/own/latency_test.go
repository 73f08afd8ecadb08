package own

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store"
)

func TestACancelledCallIsNoPartOfTheLatency(t *testing.T) {
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	s, err := store.Open(t.TempDir(), func() time.Time { return now })
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	var last store.Call
	require.NoError(t, s.Write(store.Durable, func(tx *store.Tx) error {
		if err := tx.InsertFunction(store.Function{ID: 1, Name: "f", Created: now}); err != nil {
			return err
		}
		for n := range latencySample {
			c := store.Call{ID: tx.NextID(), FunctionID: 1, Status: store.Running, Started: now}
			if err := tx.InsertCall(c, nil); err != nil {
				return err
			}
			c.Ended, c.Status, c.Duration = now, store.Completed, time.Second
			if n >= 10 {
				c.Status, c.Duration = store.Cancelled, time.Hour
			}
			if err := tx.FinishCall(c, nil); err != nil {
				return err
			}
			last = c
		}
		return nil
	}))
	l := latencies{of: map[int64]latency{}}
	p95, err := l.read(s, map[int64]*store.Call{1: &last})
	require.NoError(t, err)
	assert.Equal(t, time.Second, p95[1])
}
