package cloud_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/cognite"
	"fndeck/client/cognite/cloud"
	"fndeck/client/cognite/kept"
	"fndeck/client/drift"
)

func TestAFunctionKeepsItsRowItsIdAndItsHistoryThroughRedeploys(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("nightly")
	assert.Empty(t, f.NativeID)
	schedule, err := d.b.CreateSchedule(d.ctx, client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *", Data: json.RawMessage(`{"a" : 1}`)})
	require.NoError(t, err)
	var made []string
	for version := 1; version <= 3; version++ {
		if version > 1 {
			after := d.redeploy(f, version)
			assert.Equal(t, f.ID, after.ID)
			assert.NotEqual(t, f.ID, after.NativeID)
			assert.NotEmpty(t, after.NativeID)
			assert.Equal(t, version, after.Version)
			require.NotNil(t, after.LastCall)
			assert.Equal(t, made[0], after.LastCall.ID, "the last call is still the last")
			assert.Equal(t, fmt.Sprintf("/src/v%d", version), after.Folder)
		}
		made = append([]string{d.call(f).ID, d.call(f).ID, d.call(f).ID}, made...)
		made[0], made[2] = made[2], made[0]
	}
	for _, b := range []*cloud.Backend{d.b, d.another()} {
		calls := d.all(b, client.CallQuery{FunctionID: f.ID})
		require.Len(t, calls, 9)
		for i, c := range calls {
			assert.Equal(t, made[i], c.ID)
			assert.Equal(t, f.ID, c.FunctionID)
			assert.Equal(t, 3-i/3, c.Version)
			assert.Equal(t, i >= 3, c.Archived != "", "only this machine has the calls of earlier ids")
			again, err := b.Call(d.ctx, f.ID, c.ID)
			require.NoError(t, err)
			assert.Equal(t, c, again)
			result, err := b.Result(d.ctx, f.ID, c.ID)
			require.NoError(t, err)
			assert.JSONEq(t, fmt.Sprintf("[%d,%d]", c.Version, len(canary)), string(result.Response))
			var lines []client.LogLine
			require.NoError(t, b.FollowLogs(d.ctx, client.LogQuery{FunctionID: f.ID, CallID: c.ID}, func(more []client.LogLine) error {
				lines = append(lines, more...)
				return nil
			}))
			require.Len(t, lines, 1)
			assert.Equal(t, fmt.Sprintf("version %d", c.Version), lines[0].Text)
			assert.Equal(t, f.ID, lines[0].FunctionID)
		}
		assert.Empty(t, d.all(b, client.CallQuery{FunctionID: f.ID, Status: client.CallFailed}))
		assert.Empty(t, d.all(b, client.CallQuery{FunctionID: f.ID, ScheduleID: schedule.ID}))
		all, err := b.Functions(d.ctx)
		require.NoError(t, err)
		require.Len(t, all, 1)
		assert.Equal(t, f.ID, all[0].ID)
		schedules, err := b.Schedules(d.ctx, f.ID)
		require.NoError(t, err)
		require.Len(t, schedules, 1)
		assert.Equal(t, schedule.ID, schedules[0].ID)
		assert.Equal(t, f.ID, schedules[0].FunctionID)
		assert.Equal(t, f.Name, schedules[0].FunctionName)
		assert.JSONEq(t, `{"a":1}`, string(schedules[0].Data))
		deploys, err := b.Deploys(d.ctx, f.ID, 10)
		require.NoError(t, err)
		require.Len(t, deploys, 3)
		assert.Equal(t, []string{"redeploy", "redeploy", "deploy"}, []string{deploys[0].Kind, deploys[1].Kind, deploys[2].Kind})
		assert.Equal(t, 2, deploys[0].FromVersion)
		assert.NotEmpty(t, deploys[0].By, "whose token it was")
		var phases []string
		for _, p := range deploys[0].Phases {
			phases = append(phases, p.Name)
			assert.False(t, p.Ended.Before(p.Started))
		}
		assert.Equal(t, "old code archive upload credentials create building schedules draining checking deleting create again rebuilding schedules draining checking deleting closing", strings.Join(phases, " "))
		assert.Empty(t, deploys[0].Phase, "what is Ready stands at no phase any more")
		assert.Empty(t, deploys[0].Ahead)
		plan, err := b.PlanRedeploy(d.ctx, f.ID, d.code(9), client.SpecChange{})
		require.NoError(t, err)
		assert.Equal(t, phases, plan.Steps, "that is what a plan says before")
	}
	require.NoError(t, d.b.DeleteSchedule(d.ctx, schedule.ID))
	require.NoError(t, d.b.Delete(d.ctx, f.ID))
	all, err := d.b.Functions(d.ctx)
	require.NoError(t, err)
	assert.Empty(t, all)
}

// S04
func TestNoSecretStandsInWhatThisMachineKeeps(t *testing.T) {
	d := newDesk(t)
	f := d.redeploy(d.deploy(""), 2)
	bearer, err := os.ReadFile(d.engine.BearerFile)
	require.NoError(t, err)
	files := 0
	require.NoError(t, filepath.WalkDir(filepath.Join(d.dir, "kept"), func(name string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := entry.Info()
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o077, name)
		if entry.IsDir() {
			return nil
		}
		files++
		text, err := os.ReadFile(name)
		for _, secret := range []string{canary, string(bearer), "fndeck-files"} {
			assert.NotContains(t, string(text), secret, name)
		}
		return err
	}))
	assert.Greater(t, files, 4)
	assert.Equal(t, []string{"key"}, f.SecretNames)
}

func TestATailHandsOverEveryLineOfEveryFunctionOnce(t *testing.T) {
	d := newDesk(t)
	f, other := d.deploy("a"), d.deploy("b")
	d.call(f)
	ctx, cancel := context.WithCancel(d.ctx)
	defer cancel()
	seen := make(chan client.LogLine, 100)
	done := make(chan error, 1)
	go func() {
		done <- d.b.FollowLogs(ctx, client.LogQuery{}, func(lines []client.LogLine) error {
			for _, l := range lines {
				seen <- l
			}
			return nil
		})
	}()
	assert.Equal(t, f.ID, (<-seen).FunctionID)
	for _, g := range []client.Function{other, f, other} {
		c := d.call(g)
		l := <-seen
		assert.Equal(t, []string{c.ID, g.ID, "f"}, []string{l.CallID, l.FunctionID, l.FunctionName})
	}
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	assert.Empty(t, seen)
}

func TestATailHandsOverWhatTheVersionBeforeHasPrinted(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	before := d.call(f)
	f = d.redeploy(f, 2)
	require.NoError(t, d.b.Settle(d.ctx))
	after := d.call(f)
	ctx, cancel := context.WithCancel(d.ctx)
	defer cancel()
	var calls, texts []string
	err := d.b.FollowLogs(ctx, client.LogQuery{FunctionID: f.ID}, func(lines []client.LogLine) error {
		for _, l := range lines {
			calls, texts = append(calls, l.CallID), append(texts, l.Text)
		}
		if len(texts) == 2 {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []string{before.ID, after.ID}, calls, "the oldest first, though only this machine has it")
	assert.Equal(t, []string{"version 1", "version 2"}, texts)
}

func TestTheLastCallSaysHowItEndedWhereThisMachineKnows(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	c := d.call(f)
	row, err := d.b.Function(d.ctx, f.ID)
	require.NoError(t, err)
	assert.Empty(t, row.LastCall.Status, "the project tells when it was")
	_, err = d.b.ArchiveCalls(d.ctx, f.ID)
	require.NoError(t, err)
	row, err = d.b.Function(d.ctx, f.ID)
	require.NoError(t, err)
	assert.Equal(t, []any{c.ID, client.CallCompleted}, []any{row.LastCall.ID, row.LastCall.Status})
	require.NoError(t, d.b.Settle(d.ctx))
	d.redeploy(f, 2)
	_, err = d.b.Rollback(d.ctx, f.ID, 1)
	require.NoError(t, err)
	require.NoError(t, d.b.Settle(d.ctx))
	row, err = d.b.Function(d.ctx, f.ID)
	require.NoError(t, err)
	assert.Equal(t, []any{c.ID, client.CallCompleted}, []any{row.LastCall.ID, row.LastCall.Status}, "no id has been called since")
}

func TestAFunctionOfOtherMeansIsTakenOverWithItsFirstSchedule(t *testing.T) {
	d := newDesk(t)
	made, err := d.b.Backend.Deploy(d.ctx, client.FunctionSpec{Name: "f"}, d.code(1), nil)
	require.NoError(t, err)
	f := d.ready(made)
	assert.Zero(t, f.Version, "nothing is known of it")
	s, err := d.b.CreateSchedule(d.ctx, client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *"})
	require.NoError(t, err)
	assert.Equal(t, 2, d.redeploy(f, 2).Version)
	all, err := d.b.Schedules(d.ctx, "")
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Equal(t, s.ID, all[0].ID)
	n, err := d.b.ArchiveCalls(d.ctx, f.ID)
	require.NoError(t, err)
	assert.Zero(t, n)
}

func TestAScheduleThatRunsAsAClientDoesSoAfterItHasMoved(t *testing.T) {
	d := newDesk(t)
	known := d.knownClient()
	robot := cognite.Identity{ClientID: known.ID, Secret: auth.NewSecret(known.Secret)}
	person := d.b
	d.b = consoleAs(t, robot, d.proxy.URL, d.engine.BearerFile, d.dir)
	f := d.deploy("")
	_, err := d.b.CreateSchedule(d.ctx, client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *"})
	require.NoError(t, err)
	_, err = person.Redeploy(d.ctx, f.ID, d.code(2), client.SpecChange{}, nil)
	require.ErrorContains(t, err, "runs as client "+known.ID+", whose secret is not at hand")
	f = d.redeploy(f, 2)
	d.runsAs(known, f)
	d.hides(known.Secret)
}

func TestAScheduleOfAClientThatWasNamedMovesWithTheSecretThatIsKeptForIt(t *testing.T) {
	d := newDesk(t)
	known := d.knownClient()
	f := d.deploy("")
	target := action.Target{Function: &f}
	spec := client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *", ClientID: known.ID}
	_, err := action.CreateSchedule.Run(d.ctx, d.b, target, action.Values{Schedule: spec})
	require.ErrorContains(t, err, "both are needed")
	spec.ClientSecret = auth.NewSecret(known.Secret)
	_, err = action.CreateSchedule.Run(d.ctx, d.b, target, action.Values{Schedule: spec})
	require.NoError(t, err)
	plan, err := d.b.PlanRedeploy(d.ctx, f.ID, d.code(2), client.SpecChange{})
	require.NoError(t, err)
	assert.Empty(t, plan.RunAs, "it goes on running as that client")
	for version := 2; version < 4; version++ {
		f = d.redeploy(f, version)
		d.runsAs(known, f)
	}
	d.hides(known.Secret)
}

func TestWhatARedeployWouldDoIsToldThroughTheGuardToo(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("nightly")
	planner, err := client.As[client.RedeployPlanner](action.Guard(d.b, action.Marks{ReadOnly: "looking only"}), client.CanPlan)
	require.NoError(t, err)
	p, err := planner.PlanRedeploy(d.ctx, f.ID, d.code(2), client.SpecChange{})
	require.NoError(t, err)
	require.NotEmpty(t, p.Notes)
	assert.Contains(t, p.Notes[0], "Callers by external id nightly find nothing for about")
	assert.True(t, p.Gap)
	assert.Positive(t, p.GapLength, "the last build tells")
	_, err = planner.PlanRedeploy(d.ctx, "999999", d.code(2), client.SpecChange{})
	assert.ErrorIs(t, err, client.ErrNotFound)
}

func TestTheLimitOfDataIsThatOfTheCloud(t *testing.T) {
	for name, limit := range map[string]int64{"gcp": 9_000_000, "azure": 36_000, "aws": 240_000, "": 0} {
		b, err := cloud.New(cloud.Config{Client: &http.Client{}, Cloud: name, Dir: t.TempDir()})
		require.NoError(t, err)
		assert.Equal(t, limit, b.Describe().DataLimitBytes)
	}
}

func TestADeployThatNeverMadeAFunctionIsForgottenAfterADay(t *testing.T) {
	d := newDesk(t)
	store := kept.Open(filepath.Join(d.dir, "kept"), nil)
	for key, age := range map[string]time.Duration{"old": 25 * time.Hour, "new": time.Hour} {
		require.NoError(t, store.Update(key, func(l *kept.Lineage) error {
			l.Put(kept.Version{Number: 1, Status: client.FunctionQueued, Created: time.Now().Add(-age)})
			return nil
		}))
	}
	_, err := d.b.Functions(d.ctx)
	require.NoError(t, err)
	left, err := store.Lineages()
	require.NoError(t, err)
	require.Len(t, left, 1)
	assert.Equal(t, "new", left[0].Key)
}

func TestWhatTheToolkitLooksAtFitsTheNewCode(t *testing.T) {
	d := newDesk(t)
	secrets := map[string]client.Secret{"key": auth.NewSecret(canary)}
	f, err := d.b.Deploy(d.ctx, client.FunctionSpec{Name: "f", Secrets: secrets, Metadata: map[string]string{"cognite-toolkit-hash": "/=0", "team": "x"}}, d.code(1), nil)
	require.NoError(t, err)
	d.ready(f)
	after := d.redeploy(f, 2)
	code := d.code(2).Zip
	folder, err := zip.NewReader(bytes.NewReader(code), int64(len(code)))
	require.NoError(t, err)
	hash, err := drift.ToolkitOf(folder)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"cognite-toolkit-hash": hash.String(), "cdf-toolkit-secret-hash": drift.ToolkitSecrets(secrets), "team": "x"}, after.Metadata)
}
