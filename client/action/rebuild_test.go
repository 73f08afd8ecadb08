package action_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
)

func TestRebuildSaysWhyItCannotBeDone(t *testing.T) {
	ready := client.Function{ID: "7", Name: "hello", Version: 2, Status: client.FunctionReady, Environment: "e"}
	plain, busy, failed := ready, ready, ready
	plain.Environment, busy.DeployingVersion, failed.Status = "", 3, client.FunctionFailed
	cases := map[string]struct {
		f    *client.Function
		says string
	}{
		"no function":     {nil, "no function chosen"},
		"no requirements": {&plain, "hello has no requirements to install anew"},
		"deploying":       {&busy, "hello is already deploying v3"},
		"nothing serves":  {&failed, "hello has no version that serves: redeploy it"},
		"possible":        {&ready, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.says, action.Rebuild.Reason(full{bare{&fake{}}}, action.Target{Function: c.f}))
		})
	}
}

func TestRebuildTellsWhatServesMeanwhile(t *testing.T) {
	f := client.Function{ID: "7", Name: "hello", Version: 2, Environment: "e"}
	b := full{bare{&fake{rebuild: func(id string) (client.Function, error) {
		return client.Function{ID: id, Name: "hello", Version: 2, DeployingVersion: 3}, nil
	}}}}
	out, err := action.Rebuild.Run(t.Context(), b, action.Target{Function: &f}, action.Values{})
	require.NoError(t, err)
	assert.Equal(t, "hello v3 gets its packages anew, v2 serves until it is Ready", out.Sentence)
}
