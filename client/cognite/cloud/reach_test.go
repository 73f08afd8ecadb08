package cloud_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/cognite/cloud"
	"fndeck/client/drift"
	"fndeck/client/faultproxy"
)

// foreign deploys a function by other means than ours.
func (d *desk) foreign(name string, metadata map[string]string) client.Function {
	d.Helper()
	f, err := d.b.Backend.Deploy(d.ctx, client.FunctionSpec{
		Name: name, Metadata: metadata, Secrets: map[string]client.Secret{"key": auth.NewSecret(canary)},
	}, d.code(1), nil)
	require.NoError(d, err)
	return d.ready(f)
}

// downloads counts the requests for a link to code from now on.
func (d *desk) downloads() *int {
	n := new(int)
	d.proxy.Arm(func(_ int, q *http.Request) *faultproxy.Fault {
		if strings.HasSuffix(q.URL.Path, "/files/downloadlink") {
			*n++
		}
		return nil
	})
	return n
}

func TestTheCodeOfOurVersionsIsReadFromThisMachine(t *testing.T) {
	d := newDesk(t)
	f := d.redeploy(d.deploy(""), 2)
	downloads := d.downloads()
	for version := 1; version <= 2; version++ {
		code, err := d.b.Code(d.ctx, f.ID, version)
		require.NoError(t, err)
		assert.Equal(t, d.code(version).Zip, code)
	}
	_, err := d.b.Code(d.ctx, f.ID, 3)
	assert.ErrorIs(t, err, client.ErrNotFound)
	assert.Zero(t, *downloads)
}

func TestTheCodeOfOthersIsDownloadedOnlyWhereTheToolkitsHashDoesNotTell(t *testing.T) {
	d := newDesk(t)
	folder := t.TempDir()
	text := "def handle(data, secrets):\n    print('version', 1)\n    return [1, len(secrets['key'])]\n"
	handler := filepath.Join(folder, "handler.py")
	require.NoError(t, os.WriteFile(handler, []byte(text), 0o600))
	recorded, err := drift.ToolkitOf(os.DirFS(folder))
	require.NoError(t, err)
	managed := d.foreign("managed", map[string]string{drift.ToolkitHashKey: recorded.String()})
	downloads := d.downloads()
	difference, _, err := action.Differences(d.ctx, d.b, managed, folder)
	require.NoError(t, err)
	assert.Zero(t, difference.Count())
	assert.Zero(t, *downloads, "the hashes are equal")

	require.NoError(t, os.WriteFile(handler, []byte(text+"# more\n"), 0o600))
	difference, patch, err := action.Differences(d.ctx, d.b, managed, folder)
	require.NoError(t, err)
	assert.Equal(t, []string{"handler.py"}, difference.Changed)
	assert.Contains(t, patch, "+# more")
	assert.Positive(t, *downloads)
}

func TestARedeployOfAFunctionOfTheToolkitWritesItsKeysAnew(t *testing.T) {
	d := newDesk(t)
	f := d.foreign("managed", map[string]string{drift.ToolkitHashKey: "/=00000000", drift.ToolkitSecretKey: "old", "team": "ops"})
	secrets := map[string]client.Secret{"key": auth.NewSecret(canary)}
	after, err := d.b.Redeploy(d.ctx, f.ID, d.code(2), client.SpecChange{Secrets: secrets}, nil)
	require.NoError(t, err)
	after = d.ready(after)
	folder := t.TempDir()
	text := "def handle(data, secrets):\n    print('version', 2)\n    return [2, len(secrets['key'])]\n"
	require.NoError(t, os.WriteFile(filepath.Join(folder, "handler.py"), []byte(text), 0o600))
	now, err := drift.ToolkitOf(os.DirFS(folder))
	require.NoError(t, err)
	assert.Equal(t, map[string]string{drift.ToolkitHashKey: now.String(), drift.ToolkitSecretKey: drift.ToolkitSecrets(secrets), "team": "ops"}, after.Metadata)
}

func TestTheNewestCallsOfAllFunctionsAreOneList(t *testing.T) {
	d := newDesk(t)
	one, two := d.deploy(""), d.foreign("other", nil)
	first, second, third := d.call(one), d.call(two), d.call(one)
	page, err := d.b.Calls(d.ctx, client.CallQuery{Limit: 2})
	require.NoError(t, err)
	require.Len(t, page.Calls, 2)
	assert.Equal(t, []string{third.ID, second.ID}, []string{page.Calls[0].ID, page.Calls[1].ID})
	assert.Equal(t, []string{"f", "other"}, []string{page.Calls[0].FunctionName, page.Calls[1].FunctionName})
	assert.Empty(t, page.Next)
	page, err = d.b.Calls(d.ctx, client.CallQuery{})
	require.NoError(t, err)
	require.Len(t, page.Calls, 3)
	assert.Equal(t, first.ID, page.Calls[2].ID)
}

func TestTheNewestCallsAreThoseOfTheVersionsBeforeTooWhoeverServesNow(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	before := d.call(f)
	f = d.redeploy(f, 2)
	after := d.call(f)
	page, err := d.b.Calls(d.ctx, client.CallQuery{})
	require.NoError(t, err)
	require.Len(t, page.Calls, 2)
	assert.Equal(t, []string{after.ID, before.ID}, []string{page.Calls[0].ID, page.Calls[1].ID})
	assert.Equal(t, "f", page.Calls[1].FunctionName)
}

func TestCallsAndSchedulesSayTheNameOfTheirFunction(t *testing.T) {
	d := newDesk(t)
	own, foreign := d.deploy(""), d.foreign("other", nil)
	b := d.another() // it has listed no functions yet
	for name, f := range map[string]client.Function{"f": own, "other": foreign} {
		_, err := d.b.CreateSchedule(d.ctx, client.ScheduleSpec{FunctionID: f.ID, Name: name, Cron: "0 6 * * *"})
		require.NoError(t, err)
	}
	schedules, err := b.Schedules(d.ctx, "")
	require.NoError(t, err)
	require.Len(t, schedules, 2)
	for _, s := range schedules {
		assert.Equal(t, s.Name, s.FunctionName)
	}
	c := d.call(foreign)
	page, err := b.Calls(d.ctx, client.CallQuery{FunctionID: foreign.ID})
	require.NoError(t, err)
	require.Len(t, page.Calls, 1)
	assert.Equal(t, "other", page.Calls[0].FunctionName)
	c, err = b.Call(d.ctx, foreign.ID, c.ID)
	require.NoError(t, err)
	assert.Equal(t, "other", c.FunctionName)
}

func TestCallsAreArchivedWhenAskedAndOnlyOnce(t *testing.T) {
	d := newDesk(t)
	f := d.foreign("other", nil)
	d.call(f)
	d.call(f)
	out, err := action.ArchiveCalls.Run(d.ctx, d.b, action.Target{Function: &f}, action.Values{})
	require.NoError(t, err)
	assert.Equal(t, "2 calls of other newly kept on this machine", out.Sentence)
	out, err = action.ArchiveCalls.Run(d.ctx, d.b, action.Target{Function: &f}, action.Values{})
	require.NoError(t, err)
	assert.Contains(t, out.Sentence, "0 calls")
}

func TestAPlanSaysTheGapAndChangesNothing(t *testing.T) {
	d := newDesk(t)
	named := d.deploy("nightly")
	plan, err := d.b.PlanRedeploy(d.ctx, named.ID, d.code(2), client.SpecChange{})
	require.NoError(t, err)
	assert.True(t, plan.Gap)
	assert.Contains(t, plan.Notes[0], "Callers by external id nightly find nothing")
	_, err = action.Redeploy.Run(d.ctx, d.b, action.Target{Function: &named}, action.Values{Code: new(d.code(2))})
	var gap *action.GapError
	require.ErrorAs(t, err, &gap)
	versions, err := d.b.Versions(d.ctx, named.ID)
	require.NoError(t, err)
	assert.Len(t, versions, 1)
}

func TestAnIdentityThatOpensNoSessionsIsToldSoBeforeAnythingIsSent(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	const why = "an application with a certificate opens no sessions"
	b := consoleWith(t, func(c *cloud.Config) { c.NoSessions = why }, d.proxy.URL, d.engine.BearerFile, d.dir)
	sessions := 0
	d.proxy.Arm(func(_ int, q *http.Request) *faultproxy.Fault {
		if strings.Contains(q.URL.Path, "/sessions") || strings.HasSuffix(q.URL.Path, "/call") {
			sessions++
		}
		return nil
	})
	for _, a := range []action.Action{action.Invoke, action.CreateSchedule} {
		assert.Equal(t, why, a.Reason(b, action.Target{Function: &f}), "its key says so")
		assert.Equal(t, client.CodeForbidden, client.Explain(a.Refusal(b, action.Target{Function: &f})).Code)
	}
	_, err := b.Invoke(d.ctx, client.CallRequest{FunctionID: f.ID})
	require.ErrorContains(t, err, why)
	spec := client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *"}
	_, err = b.CreateSchedule(d.ctx, spec)
	require.ErrorContains(t, err, why)
	assert.Zero(t, sessions)

	_, err = b.PlanRedeploy(d.ctx, f.ID, d.code(2), client.SpecChange{})
	require.NoError(t, err, "without schedules a redeploy needs no session")
	_, err = d.b.CreateSchedule(d.ctx, spec)
	require.NoError(t, err)
	_, err = b.Redeploy(d.ctx, f.ID, d.code(2), client.SpecChange{}, nil)
	require.ErrorContains(t, err, "1 schedule of f must move: "+why)
	assert.Equal(t, client.CodeForbidden, client.Explain(err).Code)
}

func TestCPUAndMemoryAreWhatARedeployAskedForAndStay(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	cores, gb := 2.0, 3.5
	_, err := d.b.Redeploy(d.ctx, f.ID, d.code(2), client.SpecChange{CPU: &cores, MemoryGB: &gb}, nil)
	require.NoError(t, err)
	after := d.ready(f)
	assert.Equal(t, []float64{cores, gb}, []float64{after.CPU, after.MemoryGB})
	after = d.redeploy(f, 3)
	assert.Equal(t, []float64{cores, gb}, []float64{after.CPU, after.MemoryGB})
}

func TestAScheduleThatSomebodyElseCreatedMovesOnlyAfterAYes(t *testing.T) {
	d := newDesk(t)
	f := d.deploy("")
	_, err := d.b.Backend.CreateSchedule(d.ctx, client.ScheduleSpec{Name: "yearly", FunctionID: f.ID, Cron: "0 0 1 1 *"}) // by other means
	require.NoError(t, err)
	owner := "kari"
	values, target := action.Values{Change: client.SpecChange{Owner: &owner}}, action.Target{Function: &f}
	_, err = action.ChangeSettings.Run(d.ctx, d.b, target, values)
	var gap *action.GapError
	require.ErrorAs(t, err, &gap)
	assert.Equal(t, []string{"yearly"}, gap.Plan.RunAs)
	assert.Contains(t, gap.Error(), "Schedule yearly runs as whoever created it; from then on it runs as you")
	_, err = d.b.ChangeSettings(d.ctx, f.ID, values.Change)
	require.ErrorContains(t, err, "runs as whoever created it", "nothing moves without it")

	_, err = action.ChangeSettings.Run(d.ctx, d.b, target, gap.Accept(values))
	require.NoError(t, err)
	after := d.ready(f)
	assert.Equal(t, "kari", after.Owner)
	schedules, err := d.b.Schedules(d.ctx, f.ID)
	require.NoError(t, err)
	require.Len(t, schedules, 1)
	asked := consoleWith(t, func(c *cloud.Config) { c.RunAsMe = true }, d.proxy.URL, d.engine.BearerFile, d.dir)
	plan, err := asked.PlanRollback(d.ctx, f.ID, 1)
	require.NoError(t, err)
	assert.Empty(t, plan.RunAs, "a context may accept it for good")
}
