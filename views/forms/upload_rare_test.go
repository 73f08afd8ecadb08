package forms

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/pack"
	"fndeck/ui"
)

func bounded() client.Description {
	return client.Description{
		Runtimes: []string{"none1", "none2"}, CPUCores: client.Range{Min: 1, Max: 3, Default: 1}, MemoryGB: client.Range{Min: 1.5, Max: 5, Default: 1.5},
		CheckSpec: func(s client.FunctionSpec) error {
			switch {
			case len(s.Owner) > 4:
				return client.Invalidf("the owner has %d characters, allowed are 4", len(s.Owner))
			case s.CPU > 3:
				return client.Invalidf("%g CPU cores are asked for, the project offers 1 to 3", s.CPU)
			case len(s.EnvVars) > 1:
				return client.Invalidf("there are %d environment variables, allowed is 1", len(s.EnvVars))
			}
			return nil
		},
	}
}

// openRare opens the settings of an upload with the fold open, on its first field.
func openRare(t *testing.T, functions ...client.Function) *formRun {
	t.Helper()
	d, _ := formDeps(t, &fakeBackend{description: bounded(), functions: functions})
	overlay, cmd := NewUpload(d, nil, uploadFolder(t, nil), functions)
	return openForm(t, overlay, cmd).burst("<enter><tab><tab><tab><tab><tab><enter>")
}

func TestANewFunctionIsGivenEverySettingThatTheCommandLineGivesIt(t *testing.T) {
	f := openRare(t)
	f.burst("reads tags<tab>kari<tab>team=ops<tab>ingest<tab>2<tab>4.5<tab>https://index.test/simple<tab>https://a.test/x<enter>https://b.test/y<c-s>")
	assert.Nil(t, f.asked, "extra indexes are looked at first")
	require.Contains(t, f.frame(100, 30), "[ Cancel ]", "and want a yes, as numpy could come from any of them")

	f = openRare(t)
	f.burst("reads tags<tab>kari<tab>team=ops<tab>ingest<tab>2<tab>4.5<tab>https://index.test/simple<c-s>")
	require.NotNil(t, f.asked, f.frame(100, 40))
	spec := f.asked.Values.Spec
	assert.Equal(t, "ingest-pi", spec.Name)
	assert.Equal(t, []string{"reads tags", "kari", "ingest"}, []string{spec.Description, spec.Owner, spec.ExternalID})
	assert.Equal(t, map[string]string{"team": "ops"}, spec.Metadata)
	assert.Equal(t, []float64{2, 4.5}, []float64{spec.CPU, spec.MemoryGB})
	assert.Equal(t, "https://index.test/simple", spec.IndexURL.Reveal())
}

func TestWhatFewFunctionsNeedIsFoldedAwayAndNotForgotten(t *testing.T) {
	f := openRare(t)
	f.burst("reads tags<up>")
	assert.Contains(t, f.frame(80, 24), "reads tags")
	f.burst("<space>")
	frame := f.frame(80, 24)
	assert.Contains(t, frame, "set: Description")
	assert.NotContains(t, frame, "reads tags")
	f.burst("<tab>")
	assert.Contains(t, f.frame(80, 24), "› Name", "what is folded takes no focus")
	f.burst("<c-s>")
	require.NotNil(t, f.asked)
	assert.Equal(t, "reads tags", f.asked.Values.Spec.Description)
}

func TestALimitOfTheBackendIsSaidUnderTheFieldWithBothNumbers(t *testing.T) {
	for _, size := range []struct{ width, height int }{{80, 24}, {40, 10}} {
		f := openRare(t)
		f.burst("<tab>kari n<c-s>")
		assert.Nil(t, f.asked)
		frame := strings.Join(strings.Fields(f.frame(size.width, size.height)), " ")
		assert.Contains(t, frame, "the owner has 6 characters, allowed are 4")
		f.burst("<up><space>")
		assert.Contains(t, f.frame(size.width, 40), "kari n", "what is wrong is not folded away")
	}
	f := openRare(t)
	f.burst("<tab><tab><tab><tab>")
	assert.Contains(t, f.frame(80, 40), "1 to 3 cores; empty is 1")
	f.burst("8")
	assert.Contains(t, f.frame(80, 40), "8 CPU cores are asked for, the project offers 1 to 3")
	f.burst("<c-u>many")
	assert.Contains(t, f.frame(80, 40), "a number above 0 is expected")
	f = openRare(t).burst("<up><up>A=1<enter>B=2")
	assert.Contains(t, f.frame(80, 40), "there are 2 environment variables, allowed is 1")
}

func TestAnExternalIDIsNotDroppedWithoutAWordWhereTheNameExists(t *testing.T) {
	f := openRare(t, client.Function{ID: "7", Name: "ingest-pi", Version: 3, Status: client.FunctionReady})
	f.burst("<tab><tab><tab>ingest<c-s>")
	assert.Nil(t, f.asked)
	assert.Contains(t, f.frame(80, 40), "an external id is set by the first deploy only")
}

func TestARedeployOfAnExistingNameLeavesWhatItsFormDidNotShow(t *testing.T) {
	f := openRare(t, client.Function{
		ID: "7", Name: "ingest-pi", Version: 3, Status: client.FunctionReady, FunctionPath: "handler.py", Runtime: "none1", Owner: "ola", Description: "reads", CPU: 2,
		Metadata: map[string]string{"team": "ops"},
	})
	f.burst("<tab>kari<c-s>")
	require.NotNil(t, f.asked, f.frame(100, 40))
	owner := "kari"
	assert.Equal(t, client.SpecChange{Owner: &owner}, f.asked.Values.Change)
}

func TestTheSizeOfAFunctionIsNotAskedForWhereItCannotChange(t *testing.T) {
	d, _ := formDeps(t, &fakeBackend{description: client.Description{Missing: map[client.Capability]string{client.CanResize: "the size stays as it is"}}})
	fn := configured()
	for name, open := range map[string]func() ui.Overlay{
		"settings": func() ui.Overlay { overlay, _ := NewSettings(d, fn); return overlay },
	} {
		f := openForm(t, open(), nil).burst(strings.Repeat("<tab>", 6) + "<enter>")
		frame := f.frame(100, 40)
		assert.NotContains(t, frame, "CPU", name)
		assert.Contains(t, frame, "the size stays as it is", name)
	}
}

func openStored(t *testing.T, description client.Description) *formRun {
	t.Helper()
	zip, err := pack.FromFiles(map[string][]byte{"handler.py": []byte("def handle(client, data):\n    return data\n")})
	require.NoError(t, err)
	d, _ := formDeps(t, &fakeBackend{description: description, stored: zip})
	overlay, cmd := NewUpload(d, nil, "", nil)
	return openForm(t, overlay, cmd)
}

func TestAFileThatTheProjectHasIsDeployedUnderANameOfItsOwn(t *testing.T) {
	f := openStored(t, bounded())
	assert.Contains(t, f.frame(80, 24), "file:ID of the project")
	f.burst("file:x<enter>")
	assert.Contains(t, f.frame(80, 24), "the id of a file is a number")
	f.burst("<c-u>file:1001<enter>")
	frame := f.frame(80, 24)
	for _, shown := range []string{"file:1001", "handler.py:1 handle(client, data)", "nothing in the way"} {
		assert.Contains(t, frame, shown)
	}
	f.burst("<enter><c-s>")
	assert.Nil(t, f.asked)
	assert.Contains(t, f.frame(80, 24), "the function needs a name")
	f.burst("nightly<c-s>")
	require.NotNil(t, f.asked, f.frame(80, 24))
	assert.Equal(t, "nightly", f.asked.Values.Spec.Name)
	assert.Equal(t, []string{"handler.py"}, zipNames(t, f.asked.Values.Code.Zip))
	assert.Empty(t, f.asked.Values.Code.Folder, "there is no folder to redeploy from")
}

func TestAFileThatIsNotThereOrCannotBeReadIsSaid(t *testing.T) {
	f := openStored(t, bounded()).burst("file:7<enter>")
	assert.Contains(t, f.frame(80, 24), "there is no file 7")
	f = openStored(t, client.Description{Missing: map[client.Capability]string{client.CanReadFiles: "no files here"}})
	assert.NotContains(t, f.frame(80, 24), "file:ID")
	f.burst("file:7<enter>")
	assert.Contains(t, f.frame(80, 24), "no files here")
}

func TestAPathThatWasTypedIsNotThrownAwayUnasked(t *testing.T) {
	f, clock := openUpload(t, nil, "")
	f.burst("/srv/fn<esc>")
	assert.False(t, f.closed)
	assert.Contains(t, f.frame(80, 24), "Throw away")
	clock.Advance(time.Second)
	f.burst("n")
	assert.Contains(t, f.frame(80, 24), "/srv/fn", "it is still there")
	f.burst("<esc>")
	clock.Advance(time.Second)
	f.burst("y")
	assert.True(t, f.closed)

	f, _ = openUpload(t, nil, "")
	f.burst("<esc>")
	assert.True(t, f.closed, "nothing was typed")
}

func FuzzTheNoteOfAnIndexRepeatsNoCredentials(f *testing.F) {
	f.Add("u", "hunter2")
	f.Add("", "1234")
	f.Fuzz(func(t *testing.T, user, password string) {
		if len(password) < 8 || strings.ContainsAny(user+password, "/\n@?#") {
			return
		}
		whole := "https://" + user + ":" + password + "@index.test/simple"
		for n := range len(whole) {
			assert.NotContains(t, fmt.Sprint(indexCheck(whole[:n], 1)), password)
		}
	})
}

func TestAScheduleSaysWhomItRunsAsAndTakesAClientByReference(t *testing.T) {
	t.Setenv("ROBOT", "s3cret")
	fn := ingest()
	open := func(d client.Description) *formRun {
		deps, _ := formDeps(t, &fakeBackend{description: d})
		overlay, cmd := NewSchedule(deps, &fn, []client.Function{fn})
		return openForm(t, overlay, cmd)
	}
	policies := map[client.Capability]string{client.CanSetPolicies: "none here"}
	remote := client.Description{RunsAs: "you, as this context is signed in", Missing: policies}
	assert.NotContains(t, open(client.Description{Missing: policies}).frame(80, 40), "Runs as", "where it is of no matter")
	f := open(remote)
	assert.Contains(t, f.frame(80, 40), "you, as this context is signed in")
	assert.NotContains(t, f.frame(80, 40), "Client id")
	f.burst("daily<tab><tab>0 6 * * *<c-s>")
	require.NotNil(t, f.asked, f.frame(80, 40))
	assert.Empty(t, f.asked.Values.Schedule.ClientID)

	f = open(remote).burst("daily<tab><tab>0 6 * * *<tab><tab><space><tab>robot<tab>hunter2<c-s>")
	assert.Nil(t, f.asked)
	assert.Contains(t, f.frame(80, 40), "write env:NAME, file:/path or cmd:program")
	f.burst("<c-u>env:NOSUCH<c-s>")
	assert.Nil(t, f.asked)
	assert.Contains(t, f.frame(80, 40), "not done: client secret:")
	f.burst("<c-u>env:ROBOT<c-s>")
	require.NotNil(t, f.asked, f.frame(80, 40))
	assert.Equal(t, "robot", f.asked.Values.Schedule.ClientID)
	assert.Equal(t, "s3cret", f.asked.Values.Schedule.ClientSecret.Reveal())
}
