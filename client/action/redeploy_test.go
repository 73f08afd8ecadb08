package action_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/pack"
)

const goodHandler = "def handle(client, data):\n    return data\n"

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

func packed(t *testing.T, dir string) client.Package {
	t.Helper()
	preview, err := pack.Scan(t.Context(), dir, pack.Options{})
	require.NoError(t, err)
	code, err := preview.Pack(t.Context())
	require.NoError(t, err)
	return code
}

// serving is a backend whose function v1 has the given code and which counts
// the redeploys that reach it.
func serving(sha string, sent *[]client.Package) full {
	return full{bare{&fake{
		versions: func(string) ([]client.Version, error) {
			return []client.Version{{Number: 2, Status: client.FunctionFailed, CodeSHA256: "x"}, {Number: 1, Serving: true, CodeSHA256: sha}}, nil
		},
		redeploy: func(id string, code client.Package, _ client.SpecChange) (client.Function, error) {
			*sent = append(*sent, code)
			return client.Function{ID: id, Name: "hello", Version: 1, DeployingVersion: 3, Status: client.FunctionReady}, nil
		},
	}}}
}

func TestRedeployPacksTheFolderOfTheLastDeploy(t *testing.T) {
	dir := folder(t, map[string]string{"handler.py": goodHandler})
	var sent []client.Package
	f := client.Function{ID: "7", Name: "hello", Folder: dir, Version: 1}
	out, err := action.Redeploy.Run(t.Context(), serving("other", &sent), action.Target{Function: &f}, action.Values{})
	require.NoError(t, err)
	require.Len(t, sent, 1)
	assert.Equal(t, packed(t, dir).SHA256, sent[0].SHA256)
	assert.Equal(t, "hello v3 is on its way, v1 serves until it is Ready", out.Sentence)
}

func TestRedeployTellsWhatItWentOnInSpiteOf(t *testing.T) {
	dir := folder(t, map[string]string{"handler.py": goodHandler, "requirements.txt": "numpy\n"})
	var sent []client.Package
	f := client.Function{ID: "7", Name: "hello", Folder: dir, Version: 1, ExtraIndexes: 1}
	out, err := action.Redeploy.Run(t.Context(), serving("other", &sent), action.Target{Function: &f}, action.Values{})
	require.NoError(t, err)
	require.Len(t, sent, 1)
	require.Len(t, out.Warnings, 1)
	assert.Contains(t, out.Warnings[0], "numpy is not pinned and 1 extra index is set")
}

func TestRedeployOfUnchangedCodeSendsNothingUnlessForced(t *testing.T) {
	dir := folder(t, map[string]string{"handler.py": goodHandler})
	f := client.Function{ID: "7", Name: "hello", Folder: dir, Version: 1}
	var sent []client.Package
	backend := serving(packed(t, dir).SHA256, &sent)

	_, err := action.Redeploy.Run(t.Context(), backend, action.Target{Function: &f}, action.Values{})
	require.ErrorIs(t, err, action.ErrUnchanged)
	assert.Equal(t, "hello was not redeployed: no changes since v1", err.Error())
	assert.Equal(t, client.CodeConflict, client.Explain(err).Code)
	assert.Empty(t, sent)

	_, err = action.Redeploy.Run(t.Context(), backend, action.Target{Function: &f}, action.Values{Force: true})
	require.NoError(t, err)
	assert.Len(t, sent, 1)
}

func TestRedeployOfUnchangedCodeWithNewSettingsIsSent(t *testing.T) {
	dir := folder(t, map[string]string{"handler.py": goodHandler})
	f := client.Function{ID: "7", Name: "hello", Folder: dir, Version: 1}
	var sent []client.Package
	values := action.Values{Change: client.SpecChange{EnvVars: map[string]string{"A": "1"}}}
	_, err := action.Redeploy.Run(t.Context(), serving(packed(t, dir).SHA256, &sent), action.Target{Function: &f}, values)
	require.NoError(t, err)
	assert.Len(t, sent, 1)
}

func TestOtherConflictsAreNotMistakenForUnchangedCode(t *testing.T) {
	assert.False(t, errors.Is(&client.Error{Code: client.CodeConflict}, action.ErrUnchanged))
}

func TestRedeployStopsOnFindings(t *testing.T) {
	cases := map[string]struct {
		files map[string]string
		says  string
	}{
		"no handler":       {map[string]string{"main.py": goodHandler}, "the deploy is blocked: "},
		"secret-like file": {map[string]string{"handler.py": goodHandler, "id_rsa": "-----BEGIN"}, "the deploy needs a yes: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var sent []client.Package
			f := client.Function{ID: "7", Name: "hello", Folder: folder(t, c.files)}
			_, err := action.Redeploy.Run(t.Context(), serving("", &sent), action.Target{Function: &f}, action.Values{})
			var findings *action.FindingsError
			require.ErrorAs(t, err, &findings)
			assert.Contains(t, err.Error(), c.says)
			assert.NotEmpty(t, findings.Preview.Findings)
			assert.Equal(t, client.CodeInvalid, client.Explain(err).Code)
			assert.NotEmpty(t, client.Explain(err).Hint)
			assert.Empty(t, sent)
		})
	}
}

func TestRedeployWithoutAKnownFolderSaysWhatToDo(t *testing.T) {
	var sent []client.Package
	_, err := action.Redeploy.Run(t.Context(), serving("", &sent), action.Target{Function: &client.Function{Name: "hello"}}, action.Values{})
	require.Error(t, err)
	assert.Equal(t, "redeploy hello: the folder it came from is not known", err.Error())
	assert.Equal(t, "name the folder to deploy from", client.Explain(err).Hint)
}

func TestRedeployOnABackendWithoutVersionsSendsTheCode(t *testing.T) {
	sent := 0
	b := full{bare{&fake{
		describe: client.Description{Missing: map[client.Capability]string{client.CanVersion: "this cloud keeps none"}},
		redeploy: func(string, client.Package, client.SpecChange) (client.Function, error) {
			sent++
			return client.Function{Name: "hello"}, nil
		},
	}}}
	_, err := action.Redeploy.Run(t.Context(), b, action.Target{Function: &client.Function{Name: "hello"}}, action.Values{Code: &client.Package{SHA256: "a"}})
	require.NoError(t, err)
	assert.Equal(t, 1, sent)
}

func TestRedeployWhileDeployingIsDisabledWithItsReason(t *testing.T) {
	reason := action.Redeploy.Reason(full{bare{&fake{}}}, action.Target{Function: &client.Function{Name: "hello", Version: 1, DeployingVersion: 2}})
	assert.Equal(t, "hello is already deploying v2", reason)
}

func TestEveryActionRefusesWithoutATargetAndWithoutTheCapability(t *testing.T) {
	for _, a := range action.All() {
		t.Run(a.ID, func(t *testing.T) {
			_, err := a.Run(context.Background(), full{bare{&fake{}}}, action.Target{}, action.Values{})
			require.Error(t, err)
			assert.Equal(t, client.CodeInvalid, client.Explain(err).Code)
			assert.NotEmpty(t, a.Label)
			assert.NotEmpty(t, a.Help)
			if a.Needs == "" {
				return
			}
			target := action.Target{Function: &client.Function{Name: "f"}, Schedule: &client.Schedule{Name: "s"}, Call: &client.Call{ID: "5", Status: client.CallRunning}, Deploy: &client.Deploy{ID: "d", Status: client.DeployInterrupted}}
			_, err = a.Run(context.Background(), bare{&fake{}}, target, action.Values{Spec: client.FunctionSpec{Name: "f"}, Code: &client.Package{}})
			assert.ErrorIs(t, err, client.ErrUnsupported)
		})
	}
}

// R19: the later of two writers is told what differs, in every context.
func TestWhatWasDecidedBeforeAnotherDeployIsRefusedWithTheDifference(t *testing.T) {
	var sent []client.Package
	b := serving("other", &sent)
	seen := client.Function{ID: "7", Name: "hello", Version: 1, DeployID: "d1", Runtime: "py311", EnvVars: map[string]string{"REGION": "eu"}}
	now := seen
	b.f.function = func(string) (client.Function, error) { return now, nil }
	b.f.settings = func(string, client.SpecChange) (client.Function, error) { return now, nil }
	owner := "me"
	redeploy := func() error {
		code := client.Package{Zip: []byte("zip"), SHA256: "new"}
		_, err := action.Redeploy.Run(t.Context(), b, action.Target{Function: &seen}, action.Values{Code: &code})
		return err
	}
	settings := func() error {
		_, err := action.ChangeSettings.Run(t.Context(), b, action.Target{Function: &seen}, action.Values{Change: client.SpecChange{Owner: &owner}})
		return err
	}
	for _, change := range []func() error{redeploy, settings} {
		now = seen
		require.NoError(t, change())
		sent = nil
		now.DeployID, now.Version, now.Runtime, now.EnvVars = "d2", 2, "py312", map[string]string{"REGION": "us"}
		err := change()
		require.ErrorIs(t, err, client.ErrConflict)
		assert.ErrorContains(t, err, "hello: it was deployed since it was read: v1 is v2 now; runtime py312, was py311; environment REGION")
		assert.Empty(t, sent)
		now = seen
		now.DeployID, now.DeployingVersion = "d2", 2
		assert.ErrorContains(t, change(), "v1 still serves, v2 is on its way")
	}
	seen.DeployID = ""
	require.NoError(t, redeploy(), "where deploys are not told, nothing can be compared")
}

func TestASmokeCallIsMadeOnlyWhereTheBackendMakesOneAndWithDataThatCanBeSent(t *testing.T) {
	var sent []client.Package
	b := serving("other", &sent)
	f := client.Function{ID: "7", Name: "hello", Version: 1}
	code := client.Package{Zip: []byte("zip"), SHA256: "new"}
	smoke := func(data string) error {
		_, err := action.Redeploy.Run(t.Context(), b, action.Target{Function: &f}, action.Values{Code: &code, Change: client.SpecChange{Smoke: []byte(data)}})
		return err
	}
	require.NoError(t, smoke(`{"a": 1}`))
	require.Len(t, sent, 1)
	require.ErrorContains(t, smoke(`{"a": `), "it ends too early")
	b.f.describe.Missing = map[client.Capability]string{client.CanSmokeTest: "it makes no smoke call"}
	require.ErrorIs(t, smoke(`{}`), client.ErrUnsupported)
	require.Len(t, sent, 1)
}
