//go:build linux

package embedded_test

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/clienttest"
	"fndeck/client/pack"
)

func wordsWheel(version, word string) clienttest.Wheel {
	return clienttest.Wheel{Name: "words", Version: version, Files: map[string]string{"words.py": "WORD = '" + word + "'\n"}}
}

const saysWord = "def handle(data):\n    import words\n    return words.WORD\n"

// deployPath deploys what lies at a path and waits for it.
func (d *desk) deployPath(path string, spec client.FunctionSpec) client.Function {
	d.Helper()
	preview, err := pack.Scan(d.ctx, path, pack.Options{})
	require.NoError(d, err)
	code, err := preview.Pack(d.ctx)
	require.NoError(d, err)
	f, err := d.b.Deploy(d.ctx, spec, code, nil)
	require.NoError(d, err)
	f, err = action.AwaitReady(d.ctx, d.b, f.ID, nil)
	require.NoError(d, err)
	return f
}

// answered is the response of one call.
func (d *desk) answered(f client.Function) string {
	d.Helper()
	c, err := d.b.WaitCall(d.ctx, f.ID, d.invoke(f, `{}`).ID)
	require.NoError(d, err)
	r, err := d.b.Result(d.ctx, f.ID, c.ID)
	require.NoError(d, err)
	return string(r.Response)
}

func TestARebuildIsADeployThatCanBeRolledBack(t *testing.T) {
	index := clienttest.NewIndex(t, wordsWheel("1.0", "old"))
	d := newDesk(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "handler.py"), []byte(saysWord), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "requirements.txt"), []byte("words\n"), 0o600))
	f := d.deployPath(dir, client.FunctionSpec{Name: "words", IndexURL: auth.NewSecret(index.URL)})
	require.NotEmpty(t, f.Environment)
	index.Add(t, wordsWheel("2.0", "new"))

	out, err := action.Rebuild.Run(d.ctx, d.b, action.Target{Function: &f}, action.Values{})
	require.NoError(t, err)
	assert.Contains(t, out.Sentence, "words v2 gets its packages anew, v1 serves until it is Ready", "how long it usually takes may follow")
	rebuilt, err := action.AwaitReady(d.ctx, d.b, f.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, 2, rebuilt.Version)
	assert.NotEqual(t, f.Environment, rebuilt.Environment)
	assert.Equal(t, dir, rebuilt.Folder)
	assert.Equal(t, `"new"`, d.answered(f))
	deploys, err := d.b.Deploys(d.ctx, f.ID, 1)
	require.NoError(t, err)
	assert.Equal(t, "rebuild", deploys[0].Kind)

	_, err = action.Redeploy.Run(d.ctx, d.b, action.Target{Function: &rebuilt}, action.Values{})
	assert.ErrorIs(t, err, action.ErrUnchanged, "a rebuild leaves the code as it is")
	_, err = action.Rollback.Run(d.ctx, d.b, action.Target{Function: &rebuilt}, action.Values{})
	require.NoError(t, err)
	assert.Equal(t, `"old"`, d.answered(f))
	deploys, err = d.b.Deploys(d.ctx, "", 10)
	require.NoError(t, err)
	me, err := user.Current()
	require.NoError(t, err)
	var kinds []string
	for _, done := range deploys {
		kinds = append(kinds, done.Kind)
		assert.Equal(t, me.Username, done.By, "who began the %s", done.Kind)
	}
	assert.Equal(t, []string{"rollback", "rebuild", "deploy"}, kinds)
}

func TestANotebookIsDeployedAgainFromItsPath(t *testing.T) {
	index := clienttest.NewIndex(t, clienttest.Wheel{Name: "fndeck-greeting", Version: "1.0.0", Files: map[string]string{
		"fndeck_greeting.py": "def greet(name): return f'Good day, {name}.'\n",
	}})
	text, err := os.ReadFile("../../testdata/functions/forecast.ipynb")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "forecast.ipynb")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	d := newDesk(t)
	f := d.deployPath(path, client.FunctionSpec{Name: "forecast", IndexURL: auth.NewSecret(index.URL)})
	assert.Equal(t, path, f.Folder)
	_, err = action.Redeploy.Run(d.ctx, d.b, action.Target{Function: &f}, action.Values{})
	require.ErrorIs(t, err, action.ErrUnchanged)

	// An output that changed is no change of the function.
	changed := strings.Replace(string(text), "Python 3.12.1", "Python 3.13.0", 1)
	require.NoError(t, os.WriteFile(path, []byte(changed), 0o600))
	_, err = action.Redeploy.Run(d.ctx, d.b, action.Target{Function: &f}, action.Values{})
	require.ErrorIs(t, err, action.ErrUnchanged)

	changed = strings.Replace(changed, `\"mean\": statistics.mean(hours)`, `\"mean\": 42`, 1)
	require.NoError(t, os.WriteFile(path, []byte(changed), 0o600))
	_, err = action.Redeploy.Run(d.ctx, d.b, action.Target{Function: &f}, action.Values{})
	require.NoError(t, err)
	after, err := action.AwaitReady(d.ctx, d.b, f.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, 2, after.Version)
	assert.Contains(t, d.answered(f), `"mean":42`)

	// What is found in the way names the cell.
	changed = strings.Replace(changed, `\"mean\": 42`, `\"mean\": sample`, 1)
	require.NoError(t, os.WriteFile(path, []byte(changed), 0o600))
	_, err = action.Redeploy.Run(d.ctx, d.b, action.Target{Function: &after}, action.Values{})
	assert.ErrorContains(t, err, "forecast.ipynb cell 3:14: handle uses sample, which is defined outside it (cell 2 line 3)")
}
