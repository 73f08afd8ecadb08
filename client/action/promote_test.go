package action_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/drift"
)

func TestPromoteMakesAFunctionInTheOtherContextWithTheSameSettings(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "handler.py"), []byte("def handle(data):\n    return 1\n"), 0o600))
	here := client.Function{
		ID: "7", Name: "hello", ExternalID: "x", Folder: folder, FunctionPath: "handler.py", SecretNames: []string{"key"},
		EnvVars: map[string]string{"REGION": "eu", "A": "1"}, Metadata: map[string]string{drift.ToolkitHashKey: "/=00000000", "team": "ops"},
	}
	var made client.FunctionSpec
	f := &fake{deploy: func(spec client.FunctionSpec, code client.Package) (client.Function, error) {
		made = spec
		assert.NotEmpty(t, code.Zip)
		return client.Function{Name: spec.Name, Status: client.FunctionQueued}, nil
	}}
	b, target := full{bare{f}}, action.Target{Function: &here}
	_, err := action.Promote.Run(t.Context(), b, target, action.Values{})
	require.ErrorContains(t, err, "nobody can read the values of its secrets key")
	assert.Empty(t, made.Name)

	given := client.FunctionSpec{Secrets: map[string]client.Secret{"key": auth.NewSecret("v")}, EnvVars: map[string]string{"REGION": "us"}}
	_, err = action.Promote.Run(t.Context(), b, target, action.Values{Spec: given})
	require.NoError(t, err)
	assert.Equal(t, "x", made.ExternalID)
	assert.Equal(t, map[string]string{"REGION": "us", "A": "1"}, made.EnvVars)
	assert.Equal(t, map[string]string{"team": "ops"}, made.Metadata, "what the toolkit left belongs to where it was")
	assert.Contains(t, here.Metadata, drift.ToolkitHashKey)
}

func TestPromoteRedeploysTheFunctionOfThatExternalIDAndNotOneOfTheName(t *testing.T) {
	there := client.Function{ID: "9", Name: "other", ExternalID: "x", Version: 1}
	redeployed := ""
	f := &fake{
		functions: []client.Function{{ID: "8", Name: "hello"}, there},
		versions:  func(string) ([]client.Version, error) { return nil, nil },
		redeploy: func(id string, _ client.Package, _ client.SpecChange) (client.Function, error) {
			redeployed = id
			return there, nil
		},
	}
	target := action.Target{Function: &client.Function{Name: "hello", ExternalID: "x", Folder: "/src"}}
	_, err := action.Promote.Run(t.Context(), full{bare{f}}, target, action.Values{Code: &client.Package{}})
	require.NoError(t, err)
	assert.Equal(t, "9", redeployed)

	var changed client.SpecChange
	f.redeploy = func(_ string, _ client.Package, change client.SpecChange) (client.Function, error) {
		changed = change
		return there, nil
	}
	target.Function.SecretNames, f.functions[1].SecretNames = []string{"key", "token"}, []string{"key", "theirs"}
	_, err = action.Promote.Run(t.Context(), full{bare{f}}, target, action.Values{Code: &client.Package{}})
	require.ErrorContains(t, err, "nobody can read the values of its secrets token", "it would run there without one that it needs")
	given := client.FunctionSpec{Secrets: map[string]client.Secret{"token": auth.NewSecret("v")}}
	_, err = action.Promote.Run(t.Context(), full{bare{f}}, target, action.Values{Code: &client.Package{}, Spec: given})
	require.NoError(t, err)
	assert.Equal(t, []string{"key", "theirs"}, changed.KeepSecrets, "a value that is given takes no other away")
	assert.Contains(t, changed.Secrets, "token")

	f.functions = []client.Function{{ID: "1", Name: "hello"}, {ID: "2", Name: "hello"}}
	_, err = action.Promote.Run(t.Context(), full{bare{f}}, target, action.Values{Code: &client.Package{}})
	assert.ErrorIs(t, err, client.ErrConflict)
}

func TestPromoteAsksUnderTheMarksOfWhereItGoes(t *testing.T) {
	target := action.Target{Function: &client.Function{Name: "hello", Folder: "/src/hello"}}
	b := action.Guard(full{bare{&fake{describe: client.Description{Name: "prod"}}}}, action.Marks{Protected: true})
	check, asks := action.Promote.Check(b, target, action.Values{To: "prod"})
	require.True(t, asks)
	assert.Equal(t, []string{"hello"}, check.Words)
	assert.Contains(t, check.Question, "promote hello to prod: /src/hello is deployed there")
	assert.Equal(t, "the folder that hello came from is not known", action.Promote.Reason(b, action.Target{Function: &client.Function{Name: "hello"}}))
}
