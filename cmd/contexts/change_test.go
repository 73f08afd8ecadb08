package contexts

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/cmd/config"
	"fndeck/ui"
	"fndeck/views/forms"
	"fndeck/views/standing"
)

// configured is a board whose configuration is a file, and what reads that anew.
func configured(t *testing.T, text string) (b *Board, reread func()) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	env := func(string) string { return "" }
	file := config.NewFile(path, true, env)
	read := func() *config.Config {
		c, _, err := file.Load()
		require.NoError(t, err)
		return c
	}
	desk := &Desk{StateDir: dir, KeyFile: filepath.Join(dir, "key"), Env: env, Clock: time.Now}
	b = NewBoard(desk, read(), func(x config.Context) action.Marks { return action.Marks{Protected: x.Protected} })
	b.Path = path
	t.Cleanup(b.Close)
	return b, func() { b.Follow(read()) }
}

// named is the context of a name as it stands.
func (b *Board) named(t *testing.T, name string) (found standing.Context) {
	t.Helper()
	all, err := b.All()
	require.NoError(t, err)
	for _, c := range all {
		if c.Name == name {
			found = c
		}
	}
	return found
}

var farSettings = []forms.Setting{{Key: "base_url", Value: "https://api.example"}, {Key: "project", Value: "acme"}, {Key: "auth.flow", Value: "token"}, {Key: "auth.token", Value: "env:TOKEN"}}

func TestAContextThatIsAddedIsThereOnceTheConfigurationIsReadAndCanBeRemoved(t *testing.T) {
	b, reread := configured(t, "")
	require.NoError(t, b.Add("prod", farSettings))
	reread()
	prod := b.named(t, "prod")
	assert.Equal(t, "https://api.example", prod.Endpoint)
	assert.Empty(t, prod.Fixed)
	assert.Equal(t, auth.FlowToken, prod.Status.Flow)

	again := b.Add("prod", farSettings)
	assert.EqualError(t, again, "context prod is there already")
	assert.Equal(t, client.CodeConflict, client.Explain(again).Code)

	require.NoError(t, config.SetCurrent(b.Path, "prod"))
	require.NoError(t, b.Remove("prod"))
	current, err := config.Current(b.Path)
	require.NoError(t, err)
	assert.Equal(t, config.LocalContext, current, "what is no more is not in use")
	reread()
	assert.Empty(t, b.named(t, "prod").Name)
	assert.ErrorIs(t, b.Remove("prod"), client.ErrNotFound)
}

func TestAContextThatCannotBeReadBackIsNotAdded(t *testing.T) {
	b, _ := configured(t, "")
	err := b.Add("prod", []forms.Setting{{Key: "base_url", Value: "https://api.example"}, {Key: "projet", Value: "acme"}})
	require.ErrorContains(t, err, `did you mean "project"?`)
	require.ErrorContains(t, b.Add("../prod", farSettings), "prod")
	assert.NoDirExists(t, config.ContextsDir(b.Path))

	b.Path = ""
	assert.EqualError(t, b.Add("prod", farSettings), "there is no place for a configuration")
}

func TestWhatStandsInTheConfigurationItselfIsNotRemovedFromHere(t *testing.T) {
	text := "contexts: {prod: {base_url: 'https://api.example', project: acme, auth: {flow: token, token: 'env:TOKEN'}}}\n"
	b, _ := configured(t, text)
	assert.Contains(t, b.named(t, "prod").Fixed, "prod stands in config.yaml")
	assert.Equal(t, "local is the engine of this machine and always there", b.named(t, config.LocalContext).Fixed)
	require.ErrorContains(t, b.Remove("prod"), "stands in config.yaml")
	require.ErrorContains(t, b.Remove(config.LocalContext), "the program itself")
	kept, err := os.ReadFile(b.Path)
	require.NoError(t, err)
	assert.Equal(t, text, string(kept))
}

func TestAContextSaysWhatItIsAndWhatTheIdentityLacks(t *testing.T) {
	answers := map[string]string{
		"/api/v1/projects/p/functions/status": `{"status":"requested"}`,
		"/api/v1/projects/p/functions/limits": `{"timeoutMinutes":9,"runtimes":["py312"]}`,
		"/api/v1/token/inspect":               `{"subject":"svc","projects":[{"projectUrlName":"p"}],"capabilities":[{"functionsAcl":{"actions":["READ"]}}]}`,
	}
	project := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		text, known := answers[r.URL.Path]
		if !known {
			w.WriteHeader(http.StatusForbidden)
			text = `{"error":{"code":403,"message":"not for you"}}`
		}
		_, _ = io.WriteString(w, text) // a client that goes is its own affair
	}))
	t.Cleanup(project.Close)
	far := config.Context{Name: "prod", Backend: config.BackendCognite, BaseURL: project.URL, Project: "p", Identity: auth.Identity{Flow: auth.FlowToken, Token: auth.TypedReference("a-token")}}
	b := newBoard(t, far)
	told := func() map[string]ui.Fact {
		facts := map[string]ui.Fact{}
		for _, f := range b.About(t.Context(), "prod") {
			facts[f.Label] = f
		}
		return facts
	}
	facts := told()
	assert.Contains(t, facts["Functions"].Value, "requested: the project has to be activated")
	assert.Contains(t, facts["Limits"].Value, "a call ends after 9m")
	assert.Equal(t, "svc", facts["Subject"].Value)
	assert.Contains(t, facts["Lacks"].Value, "functionsAcl:WRITE")

	delete(answers, "/api/v1/token/inspect")
	facts = told()
	assert.Contains(t, facts["Rights"].Value, "not for you", "what is not answered is said in its place")
	assert.Contains(t, facts["Limits"].Value, "9m", "and keeps nothing else from being told")

	unknown := b.About(t.Context(), "nosuch")
	require.Len(t, unknown, 1)
	assert.Contains(t, unknown[0].Value, "no context is called nosuch")
}
