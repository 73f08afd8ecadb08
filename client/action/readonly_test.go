package action_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
)

func TestReadOnlySendsNothingForAnyAction(t *testing.T) {
	// Every method that changes something is nil in the fake: reaching it panics.
	b := action.ReadOnly(full{bare{&fake{versions: func(string) ([]client.Version, error) { return nil, nil }}}})
	target := action.Target{Function: &hello, Schedule: &client.Schedule{Name: "s"}, Call: &client.Call{ID: "5", Status: client.CallRunning}}
	values := action.Values{
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
}

func TestReadOnlyReadsAndClaimsWhatTheBackendHas(t *testing.T) {
	inner := full{bare{&fake{
		versions: func(string) ([]client.Version, error) { return []client.Version{{Number: 1}}, nil },
	}}}
	b := action.ReadOnly(inner)
	versioner, err := client.As[client.Versioner](b, client.CanVersion)
	require.NoError(t, err)
	versions, err := versioner.Versions(t.Context(), "1")
	require.NoError(t, err)
	assert.Len(t, versions, 1)

	_, err = client.As[client.Pusher](b, client.CanPush)
	assert.ErrorIs(t, err, client.ErrUnsupported, "the fake has no pushes")
}
