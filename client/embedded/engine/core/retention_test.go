//go:build linux

package core

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

func TestCallsGoWhenTheyAreTooOldAndNotBefore(t *testing.T) {
	r := newRig(t, nil)
	f := r.handler("def handle(data):\n    print('x')\n    return 1\n")
	old, _ := r.call(f.ID, `{}`)
	r.clock.set(start.Add(60 * 24 * time.Hour))
	young, _ := r.call(f.ID, `{}`)
	r.tend(start.Add(DefaultRetention - time.Minute))
	_, err := r.Store().Call(old.ID)
	require.NoError(t, err)
	r.tend(start.Add(DefaultRetention + time.Minute))
	_, err = r.Store().Call(old.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	assert.Empty(t, r.logOf(old.ID))
	assert.Equal(t, "x\n", r.logOf(young.ID))
	oldest, err := r.Store().OldestCall()
	require.NoError(t, err)
	assert.Equal(t, young.Started, oldest)
	r.call(f.ID, `{}`) // the function and its version stay
}

func TestACallFromAClockThatWasAheadKeepsNoOlderCallFromGoing(t *testing.T) {
	r := newRig(t, nil)
	f := r.handler("def handle(data): return 1\n")
	ahead := start.Add(10 * 365 * 24 * time.Hour)
	r.clock.set(ahead)
	var future []int64
	for range trimRows + 1 {
		c, _ := r.call(f.ID, `{}`)
		future = append(future, c.ID)
	}
	r.clock.set(start)
	old, _ := r.call(f.ID, `{}`)
	now := start.Add(DefaultRetention + time.Minute)
	r.clock.set(now)
	r.tend(now)
	_, err := r.Store().Call(old.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = r.Store().Call(future[0])
	require.NoError(t, err, "how old it really is, nobody knows")

	now = ahead.Add(DefaultRetention + time.Minute)
	r.clock.set(now)
	r.tend(now)
	for _, id := range future {
		_, err = r.Store().Call(id)
		require.ErrorIs(t, err, store.ErrNotFound)
	}
}

func TestTheOldestCallsGoWhenTheHistoryIsTooLargeAndTheFileShrinks(t *testing.T) {
	r := newRig(t, func(c *Config) { c.RetentionBytes = 1 << 20 })
	f := r.handler("def handle(data):\n    for i in range(20000):\n        print('x' * 500)\n")
	first, _ := r.call(f.ID, `{}`)
	before, err := r.Store().Space()
	require.NoError(t, err)
	require.Greater(t, before.UsedBytes, int64(8<<20))
	last, _ := r.call(f.ID, `{}`)
	r.tend(start)
	_, err = r.Store().Call(first.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = r.Store().Call(last.ID)
	require.ErrorIs(t, err, store.ErrNotFound, "one call alone may be too large")
	after, err := r.Store().Space()
	require.NoError(t, err)
	assert.LessOrEqual(t, after.UsedBytes, int64(1<<20))
	assert.LessOrEqual(t, after.FreeBytes, int64(keepFree))
}

func TestAPackageEnvironmentGoesOnlyWhenNoVersionNeedsItAndNobodyUsedItLately(t *testing.T) {
	r := newRig(t, nil)
	used, unused := r.handler("def handle(data): return 1\n"), filepath.Join(r.dir, "envs", "unused")
	require.NoError(t, r.store.Write(store.Durable, func(tx *store.Tx) error {
		v := used.Latest
		v.Environment = "needed"
		return tx.UpdateVersion(v)
	}))
	needed := filepath.Join(r.dir, "envs", "needed")
	for _, dir := range []string{needed, unused} {
		require.NoError(t, os.Mkdir(dir, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, ".fndeck-complete"), nil, 0o600))
	}
	built := time.Now()
	require.NoError(t, r.collectEnvironments(built.Add(-time.Hour)))
	assert.DirExists(t, unused, "somebody used it lately")
	require.NoError(t, r.collectEnvironments(built.Add(time.Hour)))
	assert.NoDirExists(t, unused)
	assert.DirExists(t, needed)
}

func TestTheForecastSaysWhenTheDiskIsFullAndNothingWhereThatWillNotCome(t *testing.T) {
	now := start.Truncate(time.Minute)
	day := 24 * time.Hour
	d := wire.Disk{OldestCall: now.Add(-10 * day), Retention: 90 * day, FreeBytes: 20 << 20}
	assert.Equal(t, now.Add(2*day), runsOut(d, 100<<20, now), "10 MiB a day, 20 MiB left")
	d.FreeBytes = 2 << 30
	assert.Zero(t, runsOut(d, 100<<20, now), "at most 900 MiB are kept")
	d.FreeBytes, d.RetentionBytes = 20<<20, 110<<20
	assert.Zero(t, runsOut(d, 100<<20, now), "the history stops growing before")
	d.RetentionBytes, d.OldestCall = 0, now.Add(-time.Minute)
	assert.Zero(t, runsOut(d, 100<<20, now), "a minute says nothing")
}
