package clienttest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
)

func (s session) answer(f client.Function) string {
	s.Helper()
	c := s.call(f, `{}`)
	r, err := s.b.Result(s.ctx, f.ID, c.ID)
	require.NoError(s, err)
	return string(r.Response)
}

func (s suite) redeploys(t *testing.T) {
	x := s.start(t)
	redeployer := need[client.Redeployer](x, client.CanRedeploy)
	versioner := need[client.Versioner](x, client.CanVersion)
	scheduler := need[client.Scheduler](x, client.CanSchedule)
	f := x.deploy("redeploys", echo)
	schedule, err := scheduler.CreateSchedule(x.ctx, client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *"})
	require.NoError(t, err)
	before := x.call(f, `{}`)

	code := x.pack(echo2)
	code.Folder = "/src/redeploys"
	_, err = redeployer.Redeploy(x.ctx, f.ID, code, client.SpecChange{}, nil)
	require.NoError(t, err)
	after, err := action.AwaitReady(x.ctx, x.b, f.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, f.ID, after.ID)
	assert.Equal(t, 2, after.Version)
	assert.Equal(t, "/src/redeploys", after.Folder)
	assert.JSONEq(t, `{"echo":{},"version":2}`, x.answer(f))

	schedules, err := scheduler.Schedules(x.ctx, f.ID)
	require.NoError(t, err)
	require.Len(t, schedules, 1)
	assert.Equal(t, schedule.ID, schedules[0].ID)
	_, err = x.b.Call(x.ctx, f.ID, before.ID)
	assert.NoError(t, err, "the history stays")

	versions, err := versioner.Versions(x.ctx, f.ID)
	require.NoError(t, err)
	require.Len(t, versions, 2)
	assert.True(t, versions[0].Serving)
	assert.Equal(t, code.SHA256, versions[0].CodeSHA256)

	_, err = versioner.Rollback(x.ctx, f.ID, 0)
	require.NoError(t, err)
	back, err := action.AwaitReady(x.ctx, x.b, f.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, 1, back.Version)
	assert.JSONEq(t, `{"echo":{},"version":1}`, x.answer(f))
	_, err = versioner.Rollback(x.ctx, f.ID, 0)
	assert.ErrorIs(t, err, client.ErrConflict, "there is nothing earlier")
	_, err = versioner.Rollback(x.ctx, f.ID, 77)
	assert.ErrorIs(t, err, client.ErrNotFound)
}

func (s suite) failedRedeploy(t *testing.T) {
	x := s.start(t)
	redeployer := need[client.Redeployer](x, client.CanRedeploy)
	f := x.deploy("failed redeploy", echo)
	_, err := redeployer.Redeploy(x.ctx, f.ID, x.pack("raise RuntimeError('broken')\n"), client.SpecChange{}, nil)
	require.NoError(t, err)
	_, err = action.AwaitReady(x.ctx, x.b, f.ID, nil)
	require.ErrorContains(t, err, "broken")
	after, err := x.b.Function(x.ctx, f.ID)
	require.NoError(t, err)
	assert.Equal(t, client.FunctionReady, after.Status)
	assert.Equal(t, 1, after.Version)
	require.NotNil(t, after.Error)
	assert.JSONEq(t, `{"echo":{},"version":1}`, x.answer(f))
}

// failureOvercome is a failed deploy that is no news any more: a good one came
// after it, or the operator went back to another version.
func (s suite) failureOvercome(t *testing.T) {
	x := s.start(t)
	redeployer := need[client.Redeployer](x, client.CanRedeploy)
	versioner := need[client.Versioner](x, client.CanVersion)
	f := x.deploy("overcome", echo)
	deploy := func(source string) {
		t.Helper()
		_, err := redeployer.Redeploy(x.ctx, f.ID, x.pack(source), client.SpecChange{}, nil)
		require.NoError(t, err)
		_, _ = action.AwaitReady(x.ctx, x.b, f.ID, nil) // how it ended is looked at below
	}
	failure := func() *client.Failure {
		t.Helper()
		read, err := x.b.Function(x.ctx, f.ID)
		require.NoError(t, err)
		all, err := x.b.Functions(x.ctx)
		require.NoError(t, err)
		for _, listed := range all {
			if listed.ID == f.ID {
				require.Equal(t, read.Error, listed.Error, "list and function say the same")
			}
		}
		return read.Error
	}
	const broken = "raise RuntimeError('broken')\n"
	deploy(broken)
	require.NotNil(t, failure())
	deploy(echo2)
	assert.Nil(t, failure(), "a later deploy went well")
	deploy(broken)
	require.NotNil(t, failure())
	_, err := versioner.Rollback(x.ctx, f.ID, 1)
	require.NoError(t, err)
	_, err = action.AwaitReady(x.ctx, x.b, f.ID, nil)
	require.NoError(t, err)
	assert.Nil(t, failure(), "it was rolled back since")
	deploy(broken)
	assert.NotNil(t, failure(), "a new failure is news")
}

func (s suite) buildOutput(t *testing.T) {
	x := s.start(t)
	follower := need[client.LogFollower](x, client.CanReadBuilds)
	f := x.deploy("build output", "print('importing')\n"+echo)
	require.NotEmpty(t, f.DeployID)
	var lines []client.LogLine
	require.NoError(t, follower.FollowLogs(x.ctx, client.LogQuery{DeployID: f.DeployID}, func(batch []client.LogLine) error {
		lines = append(lines, batch...)
		return nil
	}))
	assert.Contains(t, texts(lines), "importing")
}

func (s suite) listsDeploys(t *testing.T) {
	x := s.start(t)
	lister := need[client.DeployLister](x, client.CanListBuilds)
	f := x.deploy("lists deploys", echo)
	require.NotEmpty(t, f.DeployID)
	deploys, err := lister.Deploys(x.ctx, f.ID, 10)
	require.NoError(t, err)
	require.Len(t, deploys, 1)
	assert.Equal(t, f.DeployID, deploys[0].ID)
	assert.Equal(t, client.FunctionReady, deploys[0].Status)
	assert.Equal(t, 1, deploys[0].ToVersion)
}

func texts(lines []client.LogLine) (texts []string) {
	for _, l := range lines {
		texts = append(texts, l.Text)
	}
	return texts
}
