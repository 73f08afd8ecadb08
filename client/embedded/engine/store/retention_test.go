package store

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheOldestHistoryGoesInPortionsAndRunningCallsStay(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	s, err := Open(dir, func() time.Time { return now })
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	old := now.AddDate(0, 0, -100)
	var running, kept, build int64
	line := []Line{{Time: old, Text: strings.Repeat("x", 1000)}}
	require.NoError(t, s.Write(Durable, func(tx *Tx) error {
		f := Function{ID: tx.NextID(), Name: "f", Created: old}
		require.NoError(t, tx.InsertFunction(f))
		call := func(status string, started time.Time, lines int) int64 {
			c := Call{ID: tx.NextID(), FunctionID: f.ID, Status: Running, Started: started}
			require.NoError(t, tx.InsertCall(c, []byte(`{}`)))
			for range lines {
				require.NoError(t, tx.AppendLines(c.ID, line))
			}
			if status != Running {
				c.Status, c.Ended = status, started
				require.NoError(t, tx.FinishCall(c, nil))
			}
			return c.ID
		}
		running = call(Running, old, 3)
		for range 20 {
			call(Completed, old, 100)
		}
		kept = call(Completed, now, 3)
		build = tx.NextID()
		require.NoError(t, tx.InsertDeploy(Deploy{ID: build, FunctionID: f.ID, Started: old, Ended: old, Status: Ready}))
		require.NoError(t, tx.AppendLines(build, line))
		sch := Schedule{ID: tx.NextID(), FunctionID: f.ID, Name: "s", Cron: "* * * * *", Created: old, NextDue: now}
		require.NoError(t, tx.InsertSchedule(sch))
		return tx.InsertMissed(Missed{ID: tx.NextID(), ScheduleID: sch.ID, First: old, Last: old, Count: 1})
	}))
	portions := 0
	for {
		n := 0
		require.NoError(t, s.Write(Relaxed, func(tx *Tx) error {
			before := now.AddDate(0, 0, -90)
			for _, trim := range []func(time.Time, int) (int, error){tx.DeleteCallsBefore, tx.TrimBuilds, tx.TrimMissed} {
				deleted, err := trim(before, 3)
				require.NoError(t, err)
				n += deleted
			}
			return nil
		}))
		require.LessOrEqual(t, n, 3+1+1)
		if n == 0 {
			break
		}
		portions++
	}
	assert.GreaterOrEqual(t, portions, 20/3)
	calls, err := s.Calls(CallQuery{Limit: 100})
	require.NoError(t, err)
	require.Len(t, calls, 2)
	assert.Equal(t, []int64{kept, running}, []int64{calls[0].ID, calls[1].ID})
	for owner, want := range map[int64]int{running: 3, kept: 3, build: 0} {
		lines, err := s.Lines(owner, 0, 10)
		require.NoError(t, err)
		assert.Len(t, lines, want)
	}
	deploys, err := s.Deploys(0, 10)
	require.NoError(t, err)
	assert.Len(t, deploys, 1, "what served before what is not history that goes")
	var missed int
	require.NoError(t, s.row(`SELECT COUNT(*) FROM missed`).Scan(&missed))
	assert.Zero(t, missed)

	space, err := s.Space()
	require.NoError(t, err)
	require.Greater(t, space.FreeBytes, int64(1<<20), "what was deleted is free")
	require.NoError(t, s.Write(Relaxed, func(tx *Tx) error { return tx.GiveBack(100) }))
	after, err := s.Space()
	require.NoError(t, err)
	assert.Equal(t, space.FreeBytes-100*4096, after.FreeBytes, "and is given back in portions")
	assert.Equal(t, space.UsedBytes, after.UsedBytes)
}
