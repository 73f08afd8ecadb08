package forms

import (
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
)

// configured is a function with some of every setting.
func configured() client.Function {
	return client.Function{
		ID: "f1", Name: "ingest", Version: 3, Status: client.FunctionReady, FunctionPath: "handler.py", Runtime: "py312",
		Description: "reads", Owner: "kari", EnvVars: map[string]string{"REGION": "eu"}, Metadata: map[string]string{"team": "ops"},
		SecretNames: []string{"token", "unused"}, HasIndex: true,
	}
}

func openSettings(t *testing.T, fn client.Function) *formRun {
	t.Helper()
	d, _ := formDeps(t, &fakeBackend{description: client.Description{Runtimes: []string{"py312", "py311"}}})
	overlay, cmd := NewSettings(d, fn)
	return openForm(t, overlay, cmd)
}

func TestTheSettingsFormShowsWhatIsDeployedAndNoSecret(t *testing.T) {
	f := openSettings(t, configured())
	frame := f.frame(100, 40)
	for _, shown := range []string{"REGION=eu", "token", "unused", "kept: token, unused", "reads", "kari", "team=ops", "py312", "handler.py", "CPU, Memory, Index URL, Extra index"} {
		assert.Contains(t, frame, shown)
	}
	f.burst(strings.Repeat("<tab>", 7) + "<enter>")
	assert.Contains(t, f.frame(100, 40), "none takes it away")
	f.burst("<c-s>")
	require.NotNil(t, f.asked)
	assert.Equal(t, action.ChangeSettings.ID, f.asked.Action.ID)
	assert.Zero(t, f.asked.Values.Change, "nothing was changed")
}

func TestSecretsAreKeptSetAndDroppedByName(t *testing.T) {
	f := openSettings(t, configured())
	f.burst("<tab>").burst("<c-u>token\nNEW=hidden")
	frame := f.frame(100, 40)
	assert.NotContains(t, frame, "hidden")
	assert.Contains(t, frame, "kept: token")
	assert.Contains(t, frame, "set: NEW")
	assert.Contains(t, frame, "dropped: unused")
	f.burst("<c-s>")
	require.NotNil(t, f.asked)
	change := f.asked.Values.Change
	assert.Equal(t, []string{"token"}, change.KeepSecrets)
	assert.Equal(t, "hidden", change.Secrets["NEW"].Reveal())
	assert.Nil(t, change.EnvVars, "the rest stays")
	assert.Nil(t, change.Owner)
}

func TestASecretWithoutAValueIsKeptOnlyWhereThereIsOne(t *testing.T) {
	f := openSettings(t, configured())
	f.burst("<tab>").burst("<c-u>token\nnosuch<c-s>")
	assert.Nil(t, f.asked)
	assert.Contains(t, f.frame(100, 40), "line 2: it has no secret of that name")
	f.burst("=v\ntoken=twice<c-s>")
	assert.Nil(t, f.asked)
	assert.Contains(t, f.frame(100, 40), "the name token is there twice")
}

func TestEverySettingThatIsChangedIsSent(t *testing.T) {
	f := openSettings(t, configured())
	f.burst("<c-u>REGION=us\nA=1<tab><tab><c-u>writes<tab><c-u>ola<tab><c-u>team=dev<tab>py311<tab><c-u>main.py<tab><enter>2<tab>4.5<tab>none<c-s>")
	require.NotNil(t, f.asked)
	c := f.asked.Values.Change
	assert.Equal(t, map[string]string{"REGION": "us", "A": "1"}, c.EnvVars)
	assert.Equal(t, []string{"writes", "ola", "py311", "main.py"}, []string{*c.Description, *c.Owner, *c.Runtime, *c.FunctionPath})
	assert.Equal(t, map[string]string{"team": "dev"}, c.Metadata)
	assert.Equal(t, []float64{2, 4.5}, []float64{*c.CPU, *c.MemoryGB})
	assert.True(t, c.IndexURL.IsZero())
	assert.Nil(t, c.Secrets)
}

func TestWhatLinesCannotHoldStaysAsItIs(t *testing.T) {
	fn := configured()
	fn.EnvVars["CERT"] = "-----\nlines=of it\n"
	f := openSettings(t, fn)
	assert.Contains(t, f.frame(120, 40), "the environment has values of several lines and stays")
	f.burst("<c-u>token<c-s>")
	require.NotNil(t, f.asked)
	assert.Nil(t, f.asked.Values.Change.EnvVars)
	assert.Equal(t, []string{"token"}, f.asked.Values.Change.KeepSecrets)
}

func TestAnIndexWithAPasswordIsMaskedAndOnlyItsHostIsNamed(t *testing.T) {
	f := openSettings(t, configured())
	f.burst(strings.Repeat("<tab>", 7) + "<enter><tab><tab><tab>https://kari:hunter2@index.test")
	assert.NotContains(t, f.frame(120, 40), "hunter2")
	f.burst("/simple")
	assert.Contains(t, f.frame(120, 40), "at index.test with credentials")
	assert.NotContains(t, f.frame(120, 40), "kari:")
	f.burst("<c-s>")
	require.NotNil(t, f.asked, f.frame(100, 40))
	require.Len(t, f.asked.Values.Change.ExtraIndexURLs, 1)
	assert.Equal(t, "https://kari:hunter2@index.test/simple", f.asked.Values.Change.ExtraIndexURLs[0].Reveal())
}

func TestANewFunctionIsChosenNamedAndPlaced(t *testing.T) {
	d, _ := formDeps(t, &fakeBackend{description: client.Description{Runtimes: []string{"py312", "py311"}}})
	overlay, cmd := NewFunction(d, []client.Function{{ID: "1", Name: "taken"}})
	f := openForm(t, overlay, cmd)
	assert.Contains(t, f.frame(100, 30), "the smallest function")
	f.burst("sched<tab>taken<c-s>")
	assert.Nil(t, f.asked)
	assert.Contains(t, f.frame(100, 30), "there is one of this name")
	f.burst("/2")
	frame := f.frame(100, 30)
	assert.Contains(t, frame, "./taken-2", "the folder follows the name")
	assert.Contains(t, frame, "a job for a schedule")
	f.burst("<tab><c-u>" + t.TempDir() + "/deep/<tab>py311<tab><tab>!<c-s>")
	require.NotNil(t, f.asked)
	values := f.asked.Values
	assert.Equal(t, []string{"scheduled", "taken/2!", "py311", "deep"},
		[]string{values.Template, values.Spec.Name, values.Spec.Runtime, filepath.Base(values.Folder)}, "a folder that was typed follows no more")
	assert.True(t, filepath.IsAbs(values.Folder))
}

func TestTheHomeFolderHasItsSign(t *testing.T) {
	t.Setenv("HOME", "/home/kari")
	d, _ := formDeps(t, &fakeBackend{})
	overlay, cmd := NewFunction(d, nil)
	f := openForm(t, overlay, cmd)
	f.burst("<tab><tab><c-u>~/fn/a")
	assert.Contains(t, f.frame(100, 30), "/home/kari/fn/a")
}

func TestTheHelpOfEveryFieldIsReadToItsEndAtEightyColumns(t *testing.T) {
	fn := configured()
	d, _ := formDeps(t, &fakeBackend{description: client.Description{Runtimes: []string{"py312", "py311"}, DataLimitBytes: 9_000_000}})
	for name, open := range map[string]func() (ui.Overlay, tea.Cmd){
		"settings": func() (ui.Overlay, tea.Cmd) { return NewSettings(d, fn) },
		"new":      func() (ui.Overlay, tea.Cmd) { return NewFunction(d, nil) },
		"call":     func() (ui.Overlay, tea.Cmd) { return NewCall(d, fn, CallStart{}) },
		"schedule": func() (ui.Overlay, tea.Cmd) { return NewSchedule(d, &fn, []client.Function{fn}) },
		"promote":  func() (ui.Overlay, tea.Cmd) { return NewPromote(d, fn, []string{"prod"}) },
	} {
		overlay, cmd := open()
		assert.NotContains(t, openForm(t, overlay, cmd).frame(80, 40), "…", name)
	}
}
