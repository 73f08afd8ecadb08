package action_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
)

func TestARedeployThatLeavesAGapStopsAndSaysSoUntilThatIsAccepted(t *testing.T) {
	sent := 0
	f := &fake{
		describe: client.Description{Name: "prod", Protected: true},
		versions: func(string) ([]client.Version, error) {
			return []client.Version{{Number: 1, Status: client.FunctionReady}, {Number: 2, Serving: true}}, nil
		},
		plan: func(client.Package, int) (client.RedeployPlan, error) {
			return client.RedeployPlan{Gap: true, Notes: []string{"Callers by external id x find nothing for about 42s."}}, nil
		},
		redeploy: func(string, client.Package, client.SpecChange) (client.Function, error) {
			sent++
			return client.Function{Name: "hello", Version: 2, DeployingVersion: 3}, nil
		},
		rollback: func(string, int) (client.Function, error) {
			sent++
			return client.Function{Name: "hello", Version: 1}, nil
		},
	}
	b, target := planning{full{bare{f}}}, action.Target{Function: &client.Function{ID: "1", Name: "hello", Version: 2}}
	for _, a := range []action.Action{action.Redeploy, action.Rollback} {
		values := action.Values{Code: &client.Package{SHA256: "new"}}
		_, err := a.Run(t.Context(), b, target, values)
		var gap *action.GapError
		require.ErrorAs(t, err, &gap)
		assert.Zero(t, sent, "nothing is sent before the yes")
		assert.Equal(t, client.CodeInvalid, client.Explain(err).Code)
		check := gap.Check(b.Describe())
		assert.Contains(t, check.Question, "hello: Callers by external id x find nothing for about 42s.")
		assert.Equal(t, []string{"hello"}, check.Words, "in a protected context a yes is not enough")
		values.AcceptGap = true
		_, err = a.Run(t.Context(), b, target, values)
		require.NoError(t, err)
		assert.Equal(t, 1, sent)
		sent = 0
	}
	f.plan = func(client.Package, int) (client.RedeployPlan, error) { return client.RedeployPlan{}, nil }
	_, err := action.Redeploy.Run(t.Context(), b, target, action.Values{Code: &client.Package{SHA256: "new"}})
	require.NoError(t, err, "without a gap nothing is asked")
}

func TestSchedulesThatWouldRunAsSomebodyElseAreAskedAboutAndNotForbidden(t *testing.T) {
	var accepted []bool
	f := &fake{
		describe: client.Description{Name: "prod"},
		versions: func(string) ([]client.Version, error) { return nil, nil },
		plan: func(client.Package, int) (client.RedeployPlan, error) {
			return client.RedeployPlan{RunAs: []string{"nightly"}, Notes: []string{"Schedule nightly runs as whoever created it; from then on it runs as you, kari."}}, nil
		},
		redeploy: func(_ string, _ client.Package, change client.SpecChange) (client.Function, error) {
			accepted = append(accepted, change.RunAsMe)
			return client.Function{Name: "hello"}, nil
		},
	}
	b, target := planning{full{bare{f}}}, action.Target{Function: &client.Function{ID: "1", Name: "hello", Version: 2}}
	values := action.Values{Code: &client.Package{SHA256: "new"}}
	_, err := action.Redeploy.Run(t.Context(), b, target, values)
	var gap *action.GapError
	require.ErrorAs(t, err, &gap)
	assert.Contains(t, gap.Check(b.Describe()).Question, "from then on it runs as you, kari")
	_, err = action.Redeploy.Run(t.Context(), b, target, gap.Accept(values))
	require.NoError(t, err)
	gap.Plan.RunAs = nil
	_, err = action.Redeploy.Run(t.Context(), b, target, gap.Accept(values))
	require.NoError(t, err)
	assert.Equal(t, []bool{true, false}, accepted, "only what was asked is accepted")
}
