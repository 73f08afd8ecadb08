//go:build linux

package embedded_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// R04, P3: each engine lives over one tick of a schedule that is due every
// minute, on a clock that is moved to just before it, and is killed somewhere
// around it.
func TestAnEngineKilledAroundATickFiresOnceOrRecordsTheRunAsMissed(t *testing.T) {
	const before = 150 * time.Millisecond
	shift := time.Duration(0)
	toJustBefore := func() time.Time {
		now := time.Now().Add(shift)
		tick := now.Truncate(time.Minute).Add(time.Minute)
		shift += tick.Add(-before).Sub(now)
		t.Setenv("FNDECK_TEST_CLOCK_SHIFT", shift.String())
		return tick
	}
	d := newDesk(t)
	f := d.deploy("def handle(data): return 1\n")
	s, err := d.b.CreateSchedule(d.ctx, client.ScheduleSpec{Name: "minutely", FunctionID: f.ID, Cron: "* * * * *"})
	require.NoError(t, err)
	// Another one catches up and queues: more ways to run, and still once at most.
	eager, err := d.b.CreateSchedule(d.ctx, client.ScheduleSpec{
		Name: "eager", FunctionID: f.ID, Cron: "* * * * *", Overlap: client.OverlapQueue, CatchUp: client.CatchUpOnce,
	})
	require.NoError(t, err)
	first := s.Created.Truncate(time.Minute).Add(time.Minute)
	for range rounds(t, 8) {
		d.kill()
		toJustBefore()
		d.reopen()
		timer := time.NewTimer(rand.N(2 * before))
		<-timer.C // a random moment around the tick, not a wait for something
	}
	d.kill()
	last := toJustBefore().Add(-time.Minute)
	d.reopen()

	var runs []client.ScheduleRun
	dealt := func() (minutes int64) {
		runs, err = d.b.ScheduleRuns(d.ctx, s.ID, 1000)
		require.NoError(t, err)
		for _, r := range runs {
			minutes += max(r.Count, 1)
		}
		return minutes
	}
	due := int64(last.Sub(first)/time.Minute) + 1
	require.Eventually(t, func() bool { return dealt() >= due }, 20*time.Second, 10*time.Millisecond, "every due minute is dealt with")
	seen := map[time.Time]string{}
	for _, r := range runs {
		end := r.Last
		if end.IsZero() {
			end = r.Due
		}
		for minute := r.Due; !minute.After(end); minute = minute.Add(time.Minute) {
			assert.Empty(t, seen[minute], "%s came twice, as %s and %s", minute, seen[minute], r.Status)
			seen[minute] = r.Status
		}
	}
	for minute := first; !minute.After(last); minute = minute.Add(time.Minute) {
		assert.NotEmpty(t, seen[minute], "nothing is known of %s", minute)
	}
	runs, err = d.b.ScheduleRuns(d.ctx, eager.ID, 1000)
	require.NoError(t, err)
	called := map[time.Time]string{}
	for _, r := range runs {
		if r.CallID != "" {
			assert.Empty(t, called[r.Due], "%s was called twice", r.Due)
			called[r.Due] = r.CallID
		}
		if r.Status == client.RunMissed {
			assert.LessOrEqual(t, strings.Count(r.Reason, "caught up by call"), 1)
		}
	}
	assert.NotEmpty(t, called)
}
