//go:build linux

package core

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/store"
)

// scheduleMany makes schedules that are due once, at the first minute.
func (r *rig) scheduleMany(n int, function func(i int) int64) {
	r.Helper()
	require.NoError(r, r.Store().Write(store.Relaxed, func(tx *store.Tx) error {
		for i := range n {
			err := tx.InsertSchedule(store.Schedule{
				ID: tx.NextID(), FunctionID: function(i), Name: fmt.Sprint("s", i), Cron: "1 8 20 11 *",
				Created: r.clock.Now(), NextDue: minute(1),
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestAThousandSchedulesOfOneMinuteAllRunOnceHoweverLongTheyWaitForASlot(t *testing.T) {
	for name, functions := range map[string]int{"of one function": 1, "of several functions": 4} {
		t.Run(name, func(t *testing.T) {
			const many = 1000
			if testing.Short() {
				t.Skip("it starts a thousand processes")
			}
			r := newRig(t, nil)
			var ids []int64
			for range functions {
				ids = append(ids, r.handler("def handle(data): return 1\n").ID)
			}
			r.scheduleMany(many, func(i int) int64 { return ids[i%functions] })
			r.at(minute(1).Add(time.Second))
			// All are recorded by now; what a caller asks for meanwhile is answered.
			for range 3 {
				schedules, err := r.Store().Schedules(0)
				require.NoError(t, err)
				require.Len(t, schedules, many)
				_, _ = r.call(ids[0], `{}`)
			}
			r.at(minute(30)) // nothing is missed that only waits
			r.idle()
			calls, err := r.Store().Calls(store.CallQuery{Limit: 10 * many})
			require.NoError(t, err)
			ran := map[int64]int{}
			for _, c := range calls {
				require.Equal(t, store.Completed, c.Status, c.ErrorMessage)
				if c.ScheduleID != 0 {
					ran[c.ScheduleID]++
					require.Equal(t, minute(1), c.Scheduled)
				}
			}
			assert.Len(t, ran, many)
			for id, n := range ran {
				assert.Equal(t, 1, n, id)
			}
			counts, err := r.Store().MissedCounts()
			require.NoError(t, err)
			assert.Empty(t, counts)
		})
	}
}

// A damaged schedule must not take others with it, nor keep the engine busy.
func TestOneScheduleThatCannotBeReadDoesNotKeepTheOthersOfItsGroupFromRunning(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): return 1\n")
	r.scheduleMany(3, func(int) int64 { return v.ID })
	bad := store.Schedule{FunctionID: v.ID, Name: "bad", Cron: "nonsense", Created: r.clock.Now(), NextDue: minute(1)}
	require.NoError(t, r.Store().Write(store.Durable, func(tx *store.Tx) error {
		bad.ID = tx.NextID()
		return tx.InsertSchedule(bad)
	}))
	r.scheduleMany(3, func(int) int64 { return v.ID })
	r.clock.set(minute(1).Add(time.Second))
	r.wakeScheduler()
	r.await(func() bool {
		calls, err := r.Store().Calls(store.CallQuery{Limit: 100})
		require.NoError(t, err)
		return len(calls) == 6
	})
	assert.Equal(t, retryEvery, r.sleep(r.clock.Now()), "what cannot be dealt with is not tried all the time")
}

// BenchmarkAThousandRunsBecomeDurable: what it takes until all of their
// runs are durable, as a ratio to as many durable writes one after another.
func BenchmarkAThousandRunsBecomeDurable(b *testing.B) {
	const many = 1000
	s, err := store.Open(b.TempDir(), time.Now)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	// A function without a version: its runs are recorded as missed, which costs
	// as many rows and starts nothing.
	e := &Core{c: Config{Clock: time.Now}, store: s, started: time.Now(), lineage: newLineage(), room: disk.Guard(b.TempDir())}
	var function int64
	require.NoError(b, s.Write(store.Durable, func(tx *store.Tx) error {
		function = tx.NextID()
		return tx.InsertFunction(store.Function{ID: function, Name: "f", Created: time.Now()})
	}))
	due := time.Now().UTC().Truncate(time.Minute)
	require.NoError(b, s.Write(store.Durable, func(tx *store.Tx) error {
		for range many {
			if err := tx.InsertSchedule(store.Schedule{ID: tx.NextID(), FunctionID: function, Name: "s", Cron: "* * * * *", NextDue: due}); err != nil {
				return err
			}
		}
		return nil
	}))
	var grouped, single time.Duration
	for b.Loop() {
		begun := time.Now()
		e.fireDue(due.Add(time.Second))
		grouped += time.Since(begun)
		due = due.Add(time.Minute)
		begun = time.Now()
		for range many / 10 {
			require.NoError(b, s.Write(store.Durable, func(tx *store.Tx) error { return tx.InsertFile(store.File{ID: tx.NextID()}) }))
		}
		single += time.Since(begun) * 10
	}
	b.ReportMetric(float64(grouped.Microseconds())/float64(b.N)/1000, "ms/1000")
	b.ReportMetric(float64(single)/float64(grouped), "floor-ratio")
}
