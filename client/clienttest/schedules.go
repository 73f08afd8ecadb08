package clienttest

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
)

func (s suite) replacesSchedules(t *testing.T) {
	x := s.start(t)
	scheduler := need[client.Scheduler](x, client.CanSchedule)
	replacer := need[client.ScheduleReplacer](x, client.CanReplaceSchedule)
	f := x.deploy("replaces schedules", echo)
	spec := client.ScheduleSpec{
		Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *", Data: json.RawMessage(`{"big":9007199254740993}`),
		Overlap: client.OverlapQueue, CatchUp: client.CatchUpOnce,
	}
	made, err := scheduler.CreateSchedule(x.ctx, spec)
	require.NoError(t, err)
	assert.Equal(t, []string{client.OverlapQueue, client.CatchUpOnce}, []string{made.Overlap, made.CatchUp})
	spec.Cron = "0 25 * * *"
	_, err = replacer.ReplaceSchedule(x.ctx, made.ID, spec)
	assert.Equal(t, client.CodeInvalid, client.Explain(err).Code)
	spec.Cron, spec.Overlap = "0 0 2 1 *", client.OverlapAllow
	other, err := replacer.ReplaceSchedule(x.ctx, made.ID, spec)
	require.NoError(t, err)
	assert.NotEqual(t, made.ID, other.ID)
	all, err := scheduler.Schedules(x.ctx, f.ID)
	require.NoError(t, err)
	require.Len(t, all, 1, "what is refused changes nothing, and one takes the place of the other")
	assert.Equal(t, other.ID, all[0].ID)
	assert.Equal(t, "0 0 2 1 *", all[0].Cron)
	assert.Equal(t, client.OverlapAllow, all[0].Overlap)
	assert.JSONEq(t, string(spec.Data), string(all[0].Data))
	_, err = replacer.ReplaceSchedule(x.ctx, made.ID, spec)
	assert.ErrorIs(t, err, client.ErrNotFound)
}

func (s suite) runsSchedules(t *testing.T) {
	x := s.start(t)
	scheduler := need[client.Scheduler](x, client.CanSchedule)
	runner := need[client.ScheduleRunner](x, client.CanRunSchedule)
	lister := need[client.RunLister](x, client.CanListRuns)
	f := x.deploy("runs schedules", echo)
	made, err := scheduler.CreateSchedule(x.ctx, client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *", Data: json.RawMessage(`{"k":1}`)})
	require.NoError(t, err)
	call, err := runner.RunSchedule(x.ctx, made.ID)
	require.NoError(t, err)
	assert.Equal(t, made.ID, call.ScheduleID)
	assert.True(t, call.Scheduled.IsZero(), "nobody's clock asked for it")
	call, err = action.AwaitCall(x.ctx, x.b, call)
	require.NoError(t, err)
	require.Equal(t, client.CallCompleted, call.Status)
	result, err := x.b.Result(x.ctx, f.ID, call.ID)
	require.NoError(t, err)
	assert.JSONEq(t, `{"k":1}`, string(result.Data))
	runs, err := lister.ScheduleRuns(x.ctx, made.ID, 10)
	require.NoError(t, err)
	require.Len(t, runs, 1)
	assert.Equal(t, call.ID, runs[0].CallID)
	assert.Equal(t, "run by hand", runs[0].Reason)
	all, err := scheduler.Schedules(x.ctx, f.ID)
	require.NoError(t, err)
	assert.Equal(t, made.Next, all[0].Next, "its next run stays when it is")
	replacer := need[client.ScheduleReplacer](x, client.CanReplaceSchedule)
	_, err = replacer.ReplaceSchedule(x.ctx, made.ID, client.ScheduleSpec{Name: "every year", FunctionID: f.ID, Cron: "0 0 2 1 *"})
	require.NoError(t, err)
	after, err := x.b.Call(x.ctx, f.ID, call.ID)
	require.NoError(t, err)
	assert.Equal(t, "yearly", after.ScheduleName, "the name that it had then")
	page, err := x.b.Calls(x.ctx, client.CallQuery{FunctionID: f.ID})
	require.NoError(t, err)
	require.Len(t, page.Calls, 1)
	assert.Equal(t, "yearly", page.Calls[0].ScheduleName)
	_, err = runner.RunSchedule(x.ctx, "999999999999")
	assert.ErrorIs(t, err, client.ErrNotFound)
}
