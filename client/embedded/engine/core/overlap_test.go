//go:build linux

package core

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store"
)

// holding is a function that waits until release lets it end.
const holding = "import os\ndef handle(data):\n    os.mkfifo('gate')\n    print(os.path.abspath('gate'), flush=True)\n    return open('gate').read()\n"

// release lets a call of the holding function end, and waits for that.
func (r *rig) release(c store.Call) {
	r.Helper()
	gate := ""
	r.await(func() bool {
		gate = strings.TrimSpace(r.logOf(c.ID))
		return gate != ""
	})
	require.NoError(r, os.WriteFile(gate, []byte("go"), 0)) // it waits for the reader
	ended, err := r.WaitCall(r.ctx, c.FunctionID, c.ID)
	require.NoError(r, err)
	require.Equal(r, store.Completed, ended.Status, ended.ErrorMessage)
}

// runs lists the calls of a schedule, oldest first.
func (r *rig) runs(id int64) []store.Call {
	r.Helper()
	calls, err := r.Store().Calls(store.CallQuery{ScheduleID: id, Limit: 1000, OldestFirst: true})
	require.NoError(r, err)
	return calls
}

func (r *rig) queued(id int64) time.Time {
	r.Helper()
	s, err := r.Store().Schedule(id)
	require.NoError(r, err)
	return s.Queued
}

func (r *rig) reopen(at time.Time) {
	r.Helper()
	require.NoError(r, r.Core.Close())
	r.clock.set(at)
	r.open()
	r.at(at)
}

func (r *rig) scheduleWith(v View, overlap, catchUp string) store.Schedule {
	r.Helper()
	s, err := r.CreateSchedule(NewSchedule{Name: "s", FunctionID: v.ID, Cron: "* * * * *", Overlap: overlap, CatchUp: catchUp})
	require.NoError(r, err)
	return s
}

// reasons are the rows of what did not run, oldest first: "Skipped: why".
func (r *rig) reasons(id int64) (all []string) {
	r.Helper()
	for _, m := range r.missed(id) {
		all = append([]string{fmt.Sprintf("%s %s %d: %s", m.Kind, m.First.Format("15:04"), m.Count, m.Reason)}, all...)
	}
	return all
}

func TestADueRunIsSkippedStartedOrQueuedWhileThePreviousOneStillRuns(t *testing.T) {
	for overlap, c := range map[string]struct {
		fired, rows []string
	}{
		store.Skip: {
			fired: []string{"08:01"},
			rows:  []string{"Skipped 08:02 1: the previous run was still running", "Skipped 08:03 1: the previous run was still running"},
		},
		store.Allow: {fired: []string{"08:01", "08:02", "08:03"}},
		store.Queue: {
			fired: []string{"08:01", "08:02"},
			rows:  []string{"Skipped 08:03 1: another run was waiting for the previous one"},
		},
	} {
		t.Run(overlap, func(t *testing.T) {
			r := newRig(t, nil)
			s := r.scheduleWith(r.handler(holding), overlap, "")
			for n := 1; n <= 3; n++ {
				r.at(minute(n).Add(time.Second))
			}
			if overlap == store.Queue {
				assert.Equal(t, minute(2), r.queued(s.ID))
				assert.Len(t, r.runs(s.ID), 1, "the one that waits has not begun")
				r.release(r.runs(s.ID)[0])
				r.await(func() bool { return len(r.runs(s.ID)) == 2 })
				assert.True(t, r.queued(s.ID).IsZero())
			}
			var fired []string
			for _, due := range r.fired(s.ID) {
				fired = append(fired, due.Format("15:04"))
			}
			assert.Equal(t, c.fired, fired)
			assert.Equal(t, c.rows, r.reasons(s.ID))
			for _, call := range r.runs(s.ID) {
				if call.Status == store.Running {
					r.release(call)
				}
			}
			r.at(minute(4).Add(time.Second))
			assert.Equal(t, minute(4), r.fired(s.ID)[len(c.fired)], "it goes on with the next")
		})
	}
}

func TestAQueuedRunOfAnEngineThatStoppedIsMissedOrCaughtUpOnce(t *testing.T) {
	for _, c := range []struct {
		catchUp string
		at      time.Time
		fired   []time.Time
		rows    []string
	}{
		{store.Skip, minute(2).Add(30 * time.Second), nil, []string{"Missed 08:02 1: " + whyAbandoned}},
		{store.Once, minute(2).Add(30 * time.Second), []time.Time{minute(2)}, []string{"Missed 08:02 1: " + whyAbandoned + "; caught up by call "}},
		// What is due on time counts as the later one, as does the end of a gap.
		{store.Once, minute(3).Add(time.Second), []time.Time{minute(3)}, []string{"Missed 08:02 1: " + whyAbandoned}},
		{
			store.Once, minute(5).Add(50 * time.Second),
			[]time.Time{minute(5)},
			[]string{"Missed 08:02 1: " + whyAbandoned, "Missed 08:03 3: " + whyDown + "; caught up by call "},
		},
	} {
		t.Run(c.catchUp+c.at.Format(" 15:04"), func(t *testing.T) {
			r := newRig(t, nil)
			s := r.scheduleWith(r.handler(holding), store.Queue, c.catchUp)
			r.at(minute(1).Add(time.Second))
			r.at(minute(2).Add(time.Second))
			require.Equal(t, minute(2), r.queued(s.ID))
			r.reopen(c.at)
			r.await(func() bool { return len(r.reasons(s.ID)) == len(c.rows) })
			assert.Equal(t, append([]time.Time{minute(1)}, c.fired...), r.fired(s.ID))
			for i, row := range r.reasons(s.ID) {
				assert.True(t, strings.HasPrefix(row, c.rows[i]), row)
				assert.Equal(t, strings.Contains(c.rows[i], "caught up"), strings.Contains(row, "caught up"), row)
			}
			assert.True(t, r.queued(s.ID).IsZero())
		})
	}
}

func TestAGapIsCaughtUpByOneRunOfItsLastTime(t *testing.T) {
	for name, gap := range map[string]func(*rig, time.Time){
		"the engine was down": func(r *rig, at time.Time) { r.reopen(at) },
		"the machine slept":   func(r *rig, at time.Time) { r.at(at) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			v := r.handler("def handle(data, function_call_info): return function_call_info['scheduled_time']\n")
			s := r.scheduleWith(v, "", store.Once)
			skips := r.scheduleWith(v, "", "")
			gap(r, minute(8*60).Add(50*time.Second))
			r.idle()
			require.Equal(t, []time.Time{minute(8 * 60)}, r.fired(s.ID), "one, not a burst")
			call := r.runs(s.ID)[0]
			_, response, err := r.Store().CallBodies(call.ID)
			require.NoError(t, err)
			assert.Equal(t, strconv.FormatInt(minute(8*60).UnixMilli(), 10), string(response))
			m := r.missed(s.ID)
			require.Len(t, m, 1)
			assert.EqualValues(t, 8*60, m[0].Count)
			assert.True(t, strings.HasSuffix(m[0].Reason, fmt.Sprintf("; caught up by call %d", call.ID)), m[0].Reason)
			assert.Empty(t, r.fired(skips.ID), "catching up is off by default")
			require.Len(t, r.missed(skips.ID), 1)
			assert.NotContains(t, r.missed(skips.ID)[0].Reason, "caught up")
			counts, err := r.Store().MissedCounts()
			require.NoError(t, err)
			assert.Equal(t, map[int64]int64{s.ID: 8*60 - 1, skips.ID: 8 * 60}, counts, "what was caught up was not missed")
			r.at(minute(8*60 + 1).Add(time.Second))
			assert.Equal(t, minute(8*60+1), r.fired(s.ID)[1])
		})
	}
}

func TestARunThatIsDueOnTimeIsAllThatFollowsAGap(t *testing.T) {
	r := newRig(t, nil)
	s := r.scheduleWith(r.handler("def handle(data): return 1\n"), "", store.Once)
	r.reopen(minute(10).Add(40 * time.Second))
	r.idle()
	assert.Equal(t, []time.Time{minute(10)}, r.fired(s.ID), "late by less than 45 s is on time")
	assert.Equal(t, []string{"Missed 08:01 9: " + whyDown}, r.reasons(s.ID))
}

func TestAGapIsNotCaughtUpBesideARunThatGoesOn(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(holding)
	skip, queue := r.scheduleWith(v, store.Skip, store.Once), r.scheduleWith(v, store.Queue, store.Once)
	r.at(minute(1).Add(time.Second))
	r.at(minute(60).Add(50 * time.Second))
	assert.Equal(t, []string{"Missed 08:02 59: " + whySlept + "; not caught up: " + whyOverlap}, r.reasons(skip.ID))
	assert.Equal(t, []string{"Missed 08:02 59: " + whySlept + "; caught up when the previous run ends"}, r.reasons(queue.ID))
	assert.Equal(t, minute(60), r.queued(queue.ID))
	r.release(r.runs(queue.ID)[0])
	r.await(func() bool { return len(r.runs(queue.ID)) == 2 })
	assert.Equal(t, minute(60), r.fired(queue.ID)[1])
}

func TestARunByHandStartsBesideAnotherAndMovesNoDueTime(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data, function_call_info):\n    return [data, sorted(function_call_info)]\n")
	s := r.schedule(v.ID, "* * * * *")
	for range 2 {
		c, err := r.RunSchedule(s.ID)
		require.NoError(t, err)
		assert.Equal(t, s.ID, c.ScheduleID)
		c, err = r.WaitCall(r.ctx, v.ID, c.ID)
		require.NoError(t, err)
		_, response, err := r.Store().CallBodies(c.ID)
		require.NoError(t, err)
		assert.JSONEq(t, `[{"from":"schedule"}, ["call_id", "function_id"]]`, string(response), "a function is told of a due time or of no schedule")
		assert.True(t, c.Scheduled.IsZero())
	}
	after, err := r.Store().Schedule(s.ID)
	require.NoError(t, err)
	assert.Equal(t, []time.Time{s.NextDue, s.LastDue}, []time.Time{after.NextDue, after.LastDue})
	r.at(minute(1).Add(time.Second))
	r.await(func() bool { return len(r.runs(s.ID)) == 3 })

	held := r.schedule(r.handler(holding).ID, "* * * * *")
	for range 2 {
		_, err := r.RunSchedule(held.ID)
		require.NoError(t, err)
	}
	assert.Len(t, r.runs(held.ID), 2, "the overlap policy is for runs that are due")
	r.at(minute(2).Add(time.Second))
	assert.Equal(t, []string{"Skipped 08:02 1: " + whyOverlap}, r.reasons(held.ID), "and a run by hand is a previous run to them")
	_, err = r.RunSchedule(4711)
	assert.ErrorContains(t, err, "schedule 4711 does not exist")
}

func TestAScheduleIsReplacedAtOnceAndItsRunsStillCountAsThePreviousOnes(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(holding)
	old := r.scheduleWith(v, store.Queue, "")
	r.at(minute(1).Add(time.Second))
	r.at(minute(2).Add(time.Second))
	require.Equal(t, minute(2), r.queued(old.ID))
	_, err := r.ReplaceSchedule(old.ID, NewSchedule{Name: "s", Cron: "0 25 * * *"})
	require.Error(t, err)
	_, err = r.Store().Schedule(old.ID)
	require.NoError(t, err, "what is refused changes nothing")

	s, err := r.ReplaceSchedule(old.ID, NewSchedule{Name: "s2", Cron: "*/2 * * * *", Data: []byte(`{"a":1}`)})
	require.NoError(t, err)
	assert.NotEqual(t, old.ID, s.ID)
	assert.Equal(t, v.ID, s.FunctionID)
	assert.Equal(t, minute(4), s.NextDue)
	_, err = r.Store().Schedule(old.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Len(t, r.reasons(s.ID), 1)
	assert.Contains(t, r.reasons(s.ID)[0], fmt.Sprintf("until then * * * * *, as schedule %d; its run of 2026-11-20T08:02:00Z waited and was dropped", old.ID))

	r.at(minute(4).Add(time.Second))
	assert.Equal(t, "Skipped 08:04 1: "+whyOverlap, r.reasons(s.ID)[1])
	require.Len(t, r.runs(old.ID), 1, "its calls stay under its id")
	r.release(r.runs(old.ID)[0])
	r.at(minute(6).Add(time.Second))
	assert.Equal(t, []time.Time{minute(6)}, r.fired(s.ID))
	counts, err := r.Store().MissedCounts()
	require.NoError(t, err)
	assert.EqualValues(t, 1, counts[s.ID], "that it was replaced is no missed run")
}

func TestAFunctionIsDeletedWithItsSchedulesAlsoWithARunThatWaits(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler(holding)
	s := r.scheduleWith(v, store.Queue, store.Once)
	r.at(minute(1).Add(time.Second))
	r.at(minute(2).Add(time.Second))
	require.Equal(t, minute(2), r.queued(s.ID))
	holding := r.running.find(r.runs(s.ID)[0].ID)
	require.NoError(t, r.Delete([]int64{v.ID}))
	<-holding.done
	r.at(minute(3).Add(time.Second))
	r.reopen(minute(4).Add(time.Second))
	all, err := r.Store().Schedules(0)
	require.NoError(t, err)
	assert.Empty(t, all)
	assert.Zero(t, r.RunningCalls())
}

func TestUnknownPoliciesAreRefusedWithTheAllowedOnes(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): return 1\n")
	_, err := r.CreateSchedule(NewSchedule{Name: "s", FunctionID: v.ID, Cron: "* * * * *", Overlap: "both"})
	assert.ErrorContains(t, err, `overlap "both": allowed are skip, allow, queue`)
	_, err = r.CreateSchedule(NewSchedule{Name: "s", FunctionID: v.ID, Cron: "* * * * *", CatchUp: "all"})
	assert.ErrorContains(t, err, `catch-up "all": allowed are skip, once`)
}
