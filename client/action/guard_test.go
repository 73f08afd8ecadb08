package action_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
)

func TestReadOnlySendsNothingForAnyAction(t *testing.T) {
	// Every method that changes something is nil in the fake: reaching it panics.
	b := readOnly(full{bare{&fake{versions: func(string) ([]client.Version, error) { return nil, nil }}}})
	target := action.Target{Function: &hello, Schedule: &client.Schedule{Name: "s"}, Call: &client.Call{ID: "5", Status: client.CallRunning}, Deploy: &client.Deploy{ID: "d", Status: client.DeployInterrupted}}
	owner, folder := "kari", filepath.Join(t.TempDir(), "new")
	values := action.Values{
		Template: "hello", Folder: folder, Change: client.SpecChange{Owner: &owner},
		Spec: client.FunctionSpec{Name: "hello"}, Code: &client.Package{},
		Schedule: client.ScheduleSpec{Name: "s", Cron: "0 6 * * *"},
	}
	for _, a := range action.All() {
		t.Run(a.ID, func(t *testing.T) {
			_, err := a.Run(t.Context(), b, target, values)
			require.Error(t, err)
			assert.Equal(t, client.CodeForbidden, client.Explain(err).Code)
		})
	}
	assert.NoDirExists(t, folder)
}

func TestReadOnlyReadsAndClaimsWhatTheBackendHas(t *testing.T) {
	inner := full{bare{&fake{
		versions: func(string) ([]client.Version, error) { return []client.Version{{Number: 1}}, nil },
	}}}
	b := readOnly(inner)
	versioner, err := client.As[client.Versioner](b, client.CanVersion)
	require.NoError(t, err)
	versions, err := versioner.Versions(t.Context(), "1")
	require.NoError(t, err)
	assert.Len(t, versions, 1)

	_, err = client.As[client.Pusher](b, client.CanPush)
	assert.ErrorIs(t, err, client.ErrUnsupported, "the fake has no pushes")
}

func readOnly(b client.Backend) client.Backend {
	return action.Guard(b, action.Marks{ReadOnly: action.ReadOnlyConfigured("local")})
}

func TestProtectionAsksOneStepMore(t *testing.T) {
	target := action.Target{
		Function: &hello, Schedule: &client.Schedule{Name: "nightly"}, Call: &client.Call{ID: "5", Status: client.CallRunning},
	}
	function, call := action.Target{Function: &hello}, action.Target{Call: target.Call}
	for name, c := range map[string]struct {
		do         action.Action
		to         action.Target
		open, shut []string
		// asks is false where nothing is asked in an open context.
		asks bool
	}{
		"nothing becomes a yes":                   {action.Redeploy, function, nil, nil, false},
		"a yes becomes the name":                  {action.Rollback, function, nil, []string{"hello"}, true},
		"of a call that is its id":                {action.CancelCall, call, nil, []string{"5"}, true},
		"the name becomes that and the context's": {action.DeleteFunction, function, []string{"hello"}, []string{"hello", "local"}, true},
		"of a schedule too":                       {action.DeleteSchedule, target, []string{"nightly"}, []string{"nightly", "local"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := action.Guard(bare{&fake{describe: client.Description{Name: "local"}}}, action.Marks{})
			check, asks := c.do.Check(g, c.to, action.Values{})
			assert.Equal(t, c.asks, asks)
			assert.Equal(t, c.open, check.Words)
			assert.Empty(t, check.Context)

			g.Mark(action.Marks{Protected: true})
			check, asks = c.do.Check(g, c.to, action.Values{})
			assert.True(t, asks)
			assert.Equal(t, c.shut, check.Words)
			assert.Equal(t, "local", check.Context)
			assert.Contains(t, check.Question, "; local is protected")
		})
	}
}

func TestManyAtOnceAreAskedByTheirNumber(t *testing.T) {
	g := action.Guard(bare{&fake{describe: client.Description{Name: "local"}}}, action.Marks{})
	assert.Empty(t, action.Redeploy.CheckMany(g, "a, b", 2).Words, "a yes")
	assert.Equal(t, []string{"2"}, action.DeleteFunction.CheckMany(g, "a, b", 2).Words)
	g.Mark(action.Marks{Protected: true})
	assert.Equal(t, []string{"2"}, action.Redeploy.CheckMany(g, "a, b", 2).Words)
	assert.Equal(t, []string{"2", "local"}, action.DeleteFunction.CheckMany(g, "a, b", 2).Words)
	assert.Equal(t, []string{"local"}, action.CheckContext(g.Describe(), action.Ask, "stop the engine").Words)
}

func TestALockOfTheOperatorExplainsItselfBeforeAnythingElse(t *testing.T) {
	g := action.Guard(full{bare{&fake{describe: client.Description{Name: "local", ReadOnly: "read-only: the disk is"}}}}, action.Marks{})
	target := action.Target{Function: &hello}
	assert.Empty(t, action.Redeploy.Reason(g, target), "what the engine refuses it refuses itself")

	g.Mark(action.Marks{ReadOnly: action.ReadOnlyConfigured("local")})
	assert.Equal(t, "local is read-only in the configuration", action.Redeploy.Reason(g, action.Target{}))
	err := action.Redeploy.Refusal(g, target)
	assert.EqualError(t, err, "redeploy: local is read-only in the configuration")
	assert.Equal(t, client.CodeForbidden, client.Explain(err).Code)
	assert.Equal(t, "read-only: the disk is", g.Describe().ReadOnly, "the two reasons stay apart")
}

func TestAGuardPassesOnWhatIsAllowed(t *testing.T) {
	removed := ""
	g := action.Guard(full{bare{&fake{remove: func(id string) error { removed = id; return nil }}}}, action.Marks{Protected: true})
	_, err := action.DeleteFunction.Run(t.Context(), g, action.Target{Function: &hello}, action.Values{})
	require.NoError(t, err)
	assert.Equal(t, hello.ID, removed)
	assert.Nil(t, g.Trace(), "the fake keeps no requests")
	lost, _ := g.Lost()
	assert.Empty(t, lost)
}
