//go:build linux

package core

import (
	"database/sql"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store"
)

func (r *rig) schedule(id int64, expr string) store.Schedule {
	r.Helper()
	s, err := r.CreateSchedule(NewSchedule{Name: "s", FunctionID: id, Cron: expr, Data: []byte(`{"from":"schedule"}`)})
	require.NoError(r, err)
	return s
}

// fired lists the due times that a schedule has run for, oldest first.
func (r *rig) fired(id int64) (times []time.Time) {
	r.Helper()
	calls, err := r.Store().Calls(store.CallQuery{ScheduleID: id, Limit: 100_000, OldestFirst: true})
	require.NoError(r, err)
	for _, c := range calls {
		assert.GreaterOrEqual(r, c.Duration, time.Duration(0))
		times = append(times, c.Scheduled)
	}
	return times
}

func (r *rig) missed(id int64) []store.Missed {
	r.Helper()
	m, err := r.Store().MissedRuns(id, 100)
	require.NoError(r, err)
	return m
}

// idle waits until no call runs.
func (r *rig) idle() {
	r.Helper()
	r.await(func() bool {
		running, err := r.Store().Calls(store.CallQuery{Status: store.Running, Limit: 1})
		require.NoError(r, err)
		return len(running) == 0
	})
}

func minute(n int) time.Time { return start.Truncate(time.Minute).Add(time.Duration(n) * time.Minute) }

func TestAScheduleCallsItsFunctionAtEachTimeWithItsData(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data, function_call_info):\n    return [data, function_call_info]\n")
	s := r.schedule(v.ID, "* * * * *")
	assert.Equal(t, minute(1), s.NextDue)
	for n := 1; n <= 3; n++ {
		r.at(minute(n).Add(time.Second))
		r.idle()
	}
	assert.Equal(t, []time.Time{minute(1), minute(2), minute(3)}, r.fired(s.ID))
	assert.Empty(t, r.missed(s.ID))
	calls, err := r.Store().Calls(store.CallQuery{ScheduleID: s.ID, Limit: 1})
	require.NoError(t, err)
	_, response, err := r.Store().CallBodies(calls[0].ID)
	require.NoError(t, err)
	assert.Contains(t, string(response), `{"from":"schedule"}`)
	assert.Contains(t, string(response), `"scheduled_time":1795161780000`)
}

// C04, P3
func TestAClockThatJumpsMakesNoBurstAndNoDoubleRun(t *testing.T) {
	for name, jump := range map[string]time.Duration{
		"an hour on": time.Hour, "a day on": 24 * time.Hour, "an hour back": -time.Hour, "a day back": -24 * time.Hour,
		"to 1970": -minute(0).Sub(time.Unix(0, 0)),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			v := r.handler("def handle(data): return 1\n")
			s := r.schedule(v.ID, "* * * * *")
			r.at(minute(1).Add(time.Second))
			r.idle()
			r.at(minute(1).Add(jump + 5*time.Second))
			r.await(func() bool {
				after, err := r.Store().Schedule(s.ID)
				require.NoError(t, err)
				return after.NextDue.Equal(minute(2).Add(jump))
			})
			r.idle()
			for n := 2; n <= 3; n++ {
				r.at(minute(n).Add(jump + time.Second))
				r.idle()
			}
			seen := map[time.Time]int{}
			for _, due := range r.fired(s.ID) {
				seen[due]++
				assert.Equal(t, 1, seen[due], due)
			}
			assert.LessOrEqual(t, len(seen), 4, "one run for each minute that came, no burst")
			assert.GreaterOrEqual(t, len(seen), 3, "it goes on after the jump")
			if jump > 0 {
				m := r.missed(s.ID)
				require.Len(t, m, 1, "one row for the gap")
				assert.EqualValues(t, jump/time.Minute-1, m[0].Count)
				assert.Equal(t, minute(2), m[0].First)
				assert.Equal(t, "the machine slept or its clock was changed", m[0].Reason)
			}
		})
	}
}

func TestRunsThatWereDueWhileTheEngineWasDownAreRecordedAsMissed(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): return 1\n")
	s := r.schedule(v.ID, "*/10 * * * *")
	require.NoError(t, r.Core.Close())
	r.clock.set(minute(65))
	r.open()
	r.at(minute(65))
	m := r.missed(s.ID)
	require.Len(t, m, 1)
	assert.Equal(t, "the engine was not running", m[0].Reason)
	assert.EqualValues(t, 6, m[0].Count)
	assert.Equal(t, []time.Time{minute(10), minute(60)}, []time.Time{m[0].First, m[0].Last})
	assert.Empty(t, r.fired(s.ID), "no catch-up")
	r.at(minute(70))
	assert.Equal(t, []time.Time{minute(70)}, r.fired(s.ID))
}

func TestARunIsSkippedWhileThePreviousOneStillRuns(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("import time\ndef handle(data): time.sleep(1000)\n")
	s := r.schedule(v.ID, "* * * * *")
	r.at(minute(1))
	r.at(minute(2))
	assert.Equal(t, []time.Time{minute(1)}, r.fired(s.ID))
	m := r.missed(s.ID)
	require.Len(t, m, 1)
	assert.Equal(t, "Skipped", m[0].Kind)
	assert.Equal(t, "the previous run was still running", m[0].Reason)
}

func TestAScheduleOfAFunctionThatIsNotReadyIsMissedWithThatReason(t *testing.T) {
	r := newRig(t, nil)
	v := r.deploy(NewFunction{}, map[string]string{"handler.py": "import nosuchthing\n"})
	s := r.schedule(v.ID, "* * * * *")
	r.at(minute(1))
	m := r.missed(s.ID)
	require.Len(t, m, 1)
	assert.Equal(t, "the function was not ready", m[0].Reason)
}

func TestACronThatNeverFiresIsRefusedAndNothingIsStored(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): return 1\n")
	_, err := r.CreateSchedule(NewSchedule{Name: "s", FunctionID: v.ID, Cron: "0 0 31 2 *"})
	assert.ErrorContains(t, err, "never fires")
	all, err := r.Store().Schedules(0)
	require.NoError(t, err)
	assert.Empty(t, all)
}

func TestAfterABugTheSchedulerGoesOnAndTakesNoRunForMissed(t *testing.T) {
	var broken atomic.Bool
	r := newRig(t, func(c *Config) {
		clock := c.Clock
		c.Clock = func() time.Time {
			if broken.Load() && strings.Contains(string(debug.Stack()), ".schedule(") && broken.Swap(false) {
				panic("a bug")
			}
			return clock()
		}
	})
	v := r.handler("def handle(data): return 1\n")
	s := r.schedule(v.ID, "* * * * *")
	for n := 1; n <= 3; n++ {
		r.at(minute(n).Add(time.Second))
		r.idle()
	}
	broken.Store(true)
	r.wakeScheduler()
	require.Eventually(t, func() bool { return !broken.Load() }, 10*time.Second, time.Millisecond)
	r.at(minute(4).Add(time.Second))
	r.idle()
	assert.Equal(t, []time.Time{minute(1), minute(2), minute(3), minute(4)}, r.fired(s.ID))
	assert.Empty(t, r.missed(s.ID))
}

func TestTheSchedulesOfADamagedFunctionKeepNoOthersFromRunning(t *testing.T) {
	r := newRig(t, nil)
	damaged, sound := r.handler("def handle(data): return 1\n"), r.handler("def handle(data): return 2\n")
	for range failedMost + 1 {
		r.schedule(damaged.ID, "* * * * *")
	}
	s := r.schedule(sound.ID, "* * * * *")
	require.NoError(t, r.Core.Close())
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.dir, store.FileName))
	require.NoError(t, err)
	_, err = db.Exec(`UPDATE functions SET description = 'flipped' WHERE id = ?`, damaged.ID)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	r.clock.set(minute(1).Add(time.Second))
	r.open()
	r.await(func() bool { return len(r.fired(s.ID)) == 1 })
}

func TestWhatMayHaveRunBeforeABackupWasRestoredDoesNotRunAgain(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): return 1\n")
	s := r.schedule(v.ID, "*/10 * * * *")
	require.NoError(t, r.Core.Close())
	restored := minute(10).Add(5 * time.Second)
	require.NoError(t, store.Renew(r.ctx, filepath.Join(r.dir, "engine.db"), 0, restored))
	r.clock.set(restored.Add(time.Second))
	r.open()
	r.at(restored.Add(time.Second))
	require.Empty(t, r.fired(s.ID), "it would not be late, but who knows")
	m := r.missed(s.ID)
	require.Len(t, m, 1)
	assert.Contains(t, m[0].Reason, "a backup was restored")
	r.at(minute(20))
	assert.Equal(t, []time.Time{minute(20)}, r.fired(s.ID))
}
