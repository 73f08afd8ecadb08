package clienttest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func (s suite) logs(t *testing.T) {
	x := s.start(t)
	reader := need[client.LogReader](x, client.CanReadLogs)
	f := x.deploy("logs", echo)
	c := x.call(f, `{}`)
	q := client.LogQuery{FunctionID: f.ID, CallID: c.ID}
	lines, err := reader.Logs(x.ctx, q)
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"hello from stdout", "hello from stderr"}, texts(lines))
	for _, l := range lines {
		assert.False(t, l.Time.IsZero())
	}
	q.After = lines[0].Position
	rest, err := reader.Logs(x.ctx, q)
	require.NoError(t, err)
	assert.Equal(t, lines[1:], rest)
	q.After, q.Tail = 0, 1
	rest, err = reader.Logs(x.ctx, q)
	require.NoError(t, err)
	assert.Equal(t, lines[1:], rest)
}

// follows begins to follow while the call runs and ends with it, with every
// line once and in order.
func (s suite) follows(t *testing.T) {
	x := s.start(t)
	follower := need[client.LogFollower](x, client.CanFollowLogs)
	f := x.deploy("follows", "def handle(data):\n    for i in range(3000):\n        print('line', i)\n")
	c, err := x.b.Invoke(x.ctx, client.CallRequest{FunctionID: f.ID, Data: json.RawMessage(`{}`)})
	require.NoError(t, err)
	var lines []client.LogLine
	require.NoError(t, follower.FollowLogs(x.ctx, client.LogQuery{FunctionID: f.ID, CallID: c.ID}, func(batch []client.LogLine) error {
		lines = append(lines, batch...)
		return nil
	}))
	require.Equal(t, 3000, len(lines), "lines") // not Len, which would print them all
	for i, l := range lines {
		require.Equal(t, fmt.Sprintf("line %d", i), l.Text)
	}
}

func (s suite) schedules(t *testing.T) {
	x := s.start(t)
	scheduler := need[client.Scheduler](x, client.CanSchedule)
	f := x.deploy("schedules", echo)
	made, err := scheduler.CreateSchedule(x.ctx, client.ScheduleSpec{Name: "hourly", FunctionID: f.ID, Cron: "0 * * * *", Data: json.RawMessage(`{"k":1}`)})
	require.NoError(t, err)
	assert.Equal(t, "0 * * * *", made.Cron)
	assert.NotEmpty(t, made.Words)
	all, err := scheduler.Schedules(x.ctx, f.ID)
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Equal(t, made.ID, all[0].ID)
	assert.Equal(t, "hourly", all[0].Name)
	require.NoError(t, scheduler.DeleteSchedule(x.ctx, made.ID))
	all, err = scheduler.Schedules(x.ctx, f.ID)
	require.NoError(t, err)
	assert.Empty(t, all)
	assert.ErrorIs(t, scheduler.DeleteSchedule(x.ctx, made.ID), client.ErrNotFound)
}

func (s suite) refusesCron(t *testing.T) {
	x := s.start(t)
	scheduler := need[client.Scheduler](x, client.CanSchedule)
	f := x.deploy("refuses cron", echo)
	for _, cron := range []string{"", "* * * *", "60 * * * *", "TZ=UTC * * * * *", "0 0 31 2 *"} {
		_, err := scheduler.CreateSchedule(x.ctx, client.ScheduleSpec{Name: "n", FunctionID: f.ID, Cron: cron})
		var e *client.Error
		if assert.ErrorAs(t, err, &e, cron) {
			assert.Equal(t, client.CodeInvalid, e.Code, cron)
		}
	}
	all, err := scheduler.Schedules(x.ctx, f.ID)
	require.NoError(t, err)
	assert.Empty(t, all)
}
