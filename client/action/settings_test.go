package action_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
)

func TestSettingsAreDeployedWithTheCodeThatServes(t *testing.T) {
	var got client.SpecChange
	b := full{bare{&fake{settings: func(id string, change client.SpecChange) (client.Function, error) {
		got = change
		return client.Function{ID: id, Name: "hello", Version: 2, DeployingVersion: 3}, nil
	}}}}
	f := client.Function{ID: "7", Name: "hello", Version: 2, Status: client.FunctionReady}
	owner := "kari"
	out, err := action.ChangeSettings.Run(t.Context(), b, action.Target{Function: &f}, action.Values{Change: client.SpecChange{Owner: &owner}})
	require.NoError(t, err)
	assert.Equal(t, "hello v3 gets the settings, v2 serves until it is Ready", out.Sentence)
	assert.Equal(t, "kari", *got.Owner)

	_, err = action.ChangeSettings.Run(t.Context(), b, action.Target{Function: &f}, action.Values{})
	assert.EqualError(t, err, "settings of hello: nothing is different")

	failed, busy := f, f
	failed.Status, busy.DeployingVersion = client.FunctionFailed, 3
	assert.Equal(t, "hello has no version that serves: redeploy it", action.ChangeSettings.Reason(b, action.Target{Function: &failed}))
	assert.Equal(t, "hello is already deploying v3", action.ChangeSettings.Reason(b, action.Target{Function: &busy}))
}

func TestANewFunctionIsWrittenAndDeployed(t *testing.T) {
	var sent client.Package
	b := full{bare{&fake{deploy: func(spec client.FunctionSpec, code client.Package) (client.Function, error) {
		sent = code
		return client.Function{ID: "9", Name: spec.Name, Status: client.FunctionQueued}, nil
	}}}}
	folder := filepath.Join(t.TempDir(), "greeter")
	values := action.Values{Template: "hello", Folder: folder, Spec: client.FunctionSpec{Name: "greeter"}}
	out, err := action.New.Run(t.Context(), b, action.Target{}, values)
	require.NoError(t, err)
	assert.Equal(t, "greeter lies in "+folder+" and is being deployed", out.Sentence)
	assert.Equal(t, folder, sent.Folder, "a redeploy finds it again")
	assert.FileExists(t, filepath.Join(folder, "handler.py"))

	values.Folder = filepath.Join(t.TempDir(), "nb")
	values.Template = "notebook"
	_, err = action.New.Run(t.Context(), b, action.Target{}, values)
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(values.Folder, "function.ipynb"), sent.Folder)
}

func TestANewFunctionThatCannotBeMadeWritesNothing(t *testing.T) {
	b := full{bare{&fake{functions: []client.Function{{ID: "1", Name: "taken"}}, deploy: func(client.FunctionSpec, client.Package) (client.Function, error) {
		return client.Function{}, &client.Error{Code: client.CodeUnavailable, Message: "no answer"}
	}}}}
	folder := filepath.Join(t.TempDir(), "f")
	run := func(name, template, folder string) error {
		_, err := action.New.Run(t.Context(), b, action.Target{}, action.Values{Template: template, Folder: folder, Spec: client.FunctionSpec{Name: name}})
		return err
	}
	assert.ErrorIs(t, run("taken", "hello", folder), client.ErrConflict)
	assert.ErrorIs(t, run("free", "nosuch", folder), client.ErrNotFound)
	assert.ErrorContains(t, run("", "hello", folder), "no name")
	assert.ErrorContains(t, run("free", "hello", ""), "no folder chosen")
	_, err := os.Stat(folder)
	require.ErrorIs(t, err, os.ErrNotExist)

	assert.ErrorContains(t, run("free", "hello", folder), "free lies in "+folder+" and is not deployed: deploy free: no answer")
	assert.DirExists(t, folder)
}

func TestWhatIsDeployedAgainSaysHowLongThatUsuallyTakes(t *testing.T) {
	b := full{bare{&fake{rebuild: func(id string) (client.Function, error) {
		return client.Function{ID: id, Name: "hello", Version: 2, DeployingVersion: 3, UsualDeploy: 34_120 * time.Millisecond}, nil
	}}}}
	f := client.Function{ID: "7", Name: "hello", Version: 2, Environment: "e"}
	out, err := action.Rebuild.Run(t.Context(), b, action.Target{Function: &f}, action.Values{})
	require.NoError(t, err)
	assert.Equal(t, "hello v3 gets its packages anew, v2 serves until it is Ready; it usually takes 34.1s", out.Sentence)
}
