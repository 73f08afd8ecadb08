package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/cmd/config"
	"fndeck/cmd/contexts"
)

// configured is the flag of a configuration with this text.
func configured(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return "--config=" + path
}

const (
	protected = "contexts: {local: {protected: true}}\n"
	readOnly  = "contexts: {local: {read_only: true}}\n"
)

// namedBackend is helloBackend under the name of the context.
type namedBackend struct{ *fakeBackend }

func (b namedBackend) Describe() client.Description {
	d := b.fakeBackend.Describe()
	d.Name = "local"
	return d
}

func TestAProtectedContextAsksOneStepMore(t *testing.T) {
	file := configured(t, protected)
	for name, c := range map[string]struct {
		args         []string
		wrong, right string
		asked        string
	}{
		"a call wants a yes":                    {[]string{"call", "hello", "--async"}, "local\n", "y\n", "invoke 1"},
		"a roll back wants the name":            {[]string{"rollback", "hello"}, "y\n", "hello\n", "rollback 1 v1"},
		"a deletion wants the name and context": {[]string{"fn", "rm", "hello"}, "hello\nlocale\n", "hello\nlocal\n", "delete 1"},
		"a schedule's too":                      {[]string{"schedule", "rm", "often"}, "often\n", "often\nlocal\n", "unschedule s1"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, answer := range []string{"\n", "n\n", c.wrong} {
				b := helloBackend()
				got := fndeck(t, namedBackend{b}, door{terminal: true, stdin: answer}, append(c.args, file)...)
				assert.Equal(t, 1, got.code, got.errs)
				assert.Contains(t, got.errs, "local is protected")
				assert.Contains(t, got.errs, "nothing was changed")
				assert.Empty(t, b.asked)
			}
			b := helloBackend()
			got := fndeck(t, namedBackend{b}, door{terminal: true, stdin: c.right}, append(c.args, file)...)
			assert.Equal(t, 0, got.code, got.errs)
			assert.Equal(t, []string{c.asked}, b.asked)
		})
	}
}

func TestYesAloneAnswersNothingInAProtectedContext(t *testing.T) {
	file := configured(t, protected)
	for _, c := range []struct {
		flags []string
		env   map[string]string
		code  int
	}{
		{nil, nil, 2},
		{[]string{"--yes"}, nil, 2},
		{[]string{"--context", "local"}, nil, 2},
		{[]string{"--yes"}, map[string]string{"FNDECK_CONTEXT": "local"}, 2},
		{[]string{"--yes", "--context", "local"}, nil, 0},
		{[]string{"--context=local"}, map[string]string{"FNDECK_YES": "true"}, 0},
		{[]string{"--yes", "--context", "prod"}, nil, 3},
	} {
		b := helloBackend()
		args := append([]string{"fn", "rm", "hello", file}, c.flags...)
		got := fndeck(t, namedBackend{b}, door{env: c.env}, args...)
		assert.Equal(t, c.code, got.code, "%q %q: %s", c.flags, c.env, got.errs)
		switch c.code {
		case 0:
			assert.Equal(t, []string{"delete 1"}, b.asked)
		case 2:
			assert.Contains(t, got.errs, "--yes --context local gives it")
			assert.Empty(t, b.asked)
		default:
			assert.Contains(t, got.errs, `no context "prod"`)
			assert.Empty(t, b.asked)
		}
	}
}

func TestAContextThatTheFileMarksReadOnlyIsNotChanged(t *testing.T) {
	file := configured(t, readOnly)
	for _, args := range [][]string{
		{"call", "hello"}, {"redeploy", "hello"}, {"rollback", "hello"}, {"fn", "rm", "hello"}, {"schedule", "rm", "often"},
	} {
		b := helloBackend()
		got := fndeck(t, b, door{}, append(args, "--yes", "--context=local", file)...)
		assert.Equal(t, 4, got.code, "%q: %s", args, got.errs)
		assert.Contains(t, got.errs, "local is read-only in the configuration")
		assert.Empty(t, b.asked)
	}
	assert.Equal(t, 0, fndeck(t, helloBackend(), door{}, "get", "functions", file).code)
	for _, args := range [][]string{{"doctor", "--repair"}, {"engine", "restore", "/nonexistent"}} {
		got := fndeck(t, nil, door{}, append(args, "--state-dir", t.TempDir(), file)...)
		assert.Equal(t, 4, got.code, "%q: %s", args, got.errs)
		assert.Contains(t, got.errs, "local is read-only in the configuration")
	}
}

func TestTheConsoleIsHandedWhatHasChangedAndTheBackendItsMarks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write := func(text string) {
		require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o600))
		require.NoError(t, os.Rename(path+".new", path))
	}
	write("mouse: false\n")
	a := &app{env: func(string) string { return "" }, flags: globals{config: path}}
	c, err := a.configuration()
	require.NoError(t, err)
	assert.False(t, a.appearance(c).Mouse)
	assert.True(t, a.appearance(c).Notify)
	assert.False(t, a.appearance(c).ASCII)
	guarded := action.Guard(namedBackend{helloBackend()}, a.marks(c.Contexts[0]))
	board := contexts.NewBoard(nil, c, a.marks)
	board.Keep("local", guarded)

	o, err := a.reload(board, false)
	require.NoError(t, err)
	assert.Nil(t, o, "nothing has changed")

	write("notify: false\nascii: true\nzone: Europe/Oslo\nkeys: {functions.redeploy: f5, list.nwe: x}\n" + protected)
	o, err = a.reload(board, false)
	require.NoError(t, err)
	assert.True(t, o.Mouse)
	assert.False(t, o.Notify)
	assert.True(t, o.ASCII)
	assert.Equal(t, "Europe/Oslo", o.Zone.String())
	assert.Equal(t, "f5", o.Keys.Key("functions.redeploy"))
	require.Len(t, o.Problems, 1)
	assert.ErrorContains(t, o.Problems[0], "config.yaml:4:")
	assert.True(t, guarded.Describe().Protected)

	write("contexts: {local: {protected: false}}\nzoen: UTC\n")
	_, err = a.reload(board, false)
	assert.ErrorContains(t, err, "config.yaml:2:1: ")
	assert.True(t, guarded.Describe().Protected, "a broken file lifts nothing")

	a.flags.readOnly, a.flags.ascii = true, true
	write(readOnly)
	o, err = a.reload(board, true)
	require.NoError(t, err)
	assert.True(t, o.ASCII, "the flag holds whatever the file says")
	assert.Equal(t, action.ReadOnlyFlag, guarded.Describe().Locked, "the flag holds whatever the file says")
}

func TestTheConsoleIsDrawnWithASCIIWhereAFlagOrItsVariableSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		args  []string
		value string
		ascii bool
	}{
		"neither":                      {nil, "", false},
		"the flag":                     {[]string{"--ascii"}, "", true},
		"the variable":                 {nil, "1", true},
		"the flag before the variable": {[]string{"--ascii=false"}, "1", false},
	} {
		a := &app{env: func(key string) string {
			if key == "FNDECK_ASCII" {
				return c.value
			}
			return ""
		}}
		root := a.root()
		root.RunE = func(*cobra.Command, []string) error { return nil }
		root.SetArgs(c.args)
		require.NoError(t, root.Execute(), name)
		assert.Equal(t, c.ascii, a.appearance(&config.Config{}).ASCII, name)
	}
}

func TestTheContextIsListedWithItsMarks(t *testing.T) {
	b := helloBackend()
	got := fndeck(t, b, door{}, "get", "contexts")
	assert.Regexp(t, `(?m)^NAME .* MODE .*\nlocal .* open`, got.out)
	got = fndeck(t, b, door{}, configured(t, protected), "get", "ctx", "-o", "json")
	assert.Contains(t, got.out, `"protected": true`)
	got = fndeck(t, b, door{}, configured(t, readOnly), "get", "contexts")
	assert.Contains(t, got.out, " read-only")
	got = fndeck(t, b, door{}, "get", "contexts", "moon")
	assert.Equal(t, 3, got.code)
	assert.Contains(t, got.errs, `no context "moon"`)
}

// ownHello is a backend for each context.
func ownHello(string) client.Backend { return helloBackend() }

func TestEveryListTakesSeveralContexts(t *testing.T) {
	file := configured(t, twoContexts)
	for _, line := range []string{"fn ls", "calls ls", "schedule ls", "deploys ls", "get functions", "get calls", "get schedules", "get deploys"} {
		got := fndeckEach(t.Context(), door{}, ownHello, append(strings.Fields(line), "--context", "local,prod", file)...)
		require.Equal(t, 0, got.code, line+": "+got.errs)
		assert.Regexp(t, `(?m) local `, got.out, line)
		assert.Regexp(t, `(?m) prod `, got.out, line)
	}
}

func TestLogsOfSeveralContextsAreInTheOrderOfTimeAndNameTheirContext(t *testing.T) {
	file := configured(t, twoContexts)
	for _, line := range []string{"logs hello", "logs --all", "logs --all -f", "logs hello -f"} {
		got := fndeckEach(t.Context(), door{}, ownHello, append(strings.Fields(line), "--context", "local,prod", file)...)
		require.Equal(t, 0, got.code, line+": "+got.errs)
		assert.Equal(t, 4, strings.Count(got.out, "\n"), line)
		assert.Contains(t, got.out, "local/hello  second", line)
		assert.Contains(t, got.out, "prod/hello  second", line)
	}
	got := fndeckEach(t.Context(), door{}, ownHello, "logs", "nosuch", "--context", "local,prod", file)
	assert.Equal(t, 3, got.code)
	assert.Contains(t, got.errs, `no function "nosuch"`)
	got = fndeckEach(t.Context(), door{}, ownHello, "logs", "hello", "--call", "prod:c7", "--context", "local,prod", file)
	require.Equal(t, 0, got.code, got.errs)
	assert.NotContains(t, got.out, "local/")
	got = fndeckEach(t.Context(), door{}, ownHello, "logs", "--call", "prod:c7", "--context", "local,prod", file)
	require.Equal(t, 0, got.code, got.errs)
	assert.NotContains(t, got.out, "local/")
	assert.Contains(t, got.out, "prod/hello  second")
}

// forgetful has no logs of functions.
type forgetful struct{ *fakeBackend }

func (forgetful) Logs(context.Context, client.LogQuery) ([]client.LogLine, error) {
	return nil, &client.Error{Code: client.CodeUnsupported, Message: "logs are kept per call only"}
}

func (forgetful) FollowLogs(context.Context, client.LogQuery, func([]client.LogLine) error) error {
	return &client.Error{Code: client.CodeUnavailable, Message: "the link is cut"}
}

func TestAContextWithoutLogsIsNamedAndTheOthersArePrinted(t *testing.T) {
	file := configured(t, twoContexts)
	for line, said := range map[string]string{"logs hello": "prod is left out: logs are kept per call only", "logs hello -f": "prod: the link is cut"} {
		got := fndeckEach(t.Context(), door{}, func(name string) client.Backend {
			if name == "prod" {
				return forgetful{helloBackend()}
			}
			return helloBackend()
		}, append(strings.Fields(line), "--context", "local,prod", file)...)
		assert.Contains(t, got.out, "local/hello  second", line)
		assert.NotContains(t, got.out, "prod", line)
		assert.Contains(t, got.errs, said, line)
	}
}

// twoContexts is a configuration with prod beside local.
const twoContexts = "contexts: {prod: {base_url: 'https://api.example', project: acme, auth: {flow: token, token: 'env:TOKEN'}}}\n"

// wayward answers with what of says for each read of its functions.
type wayward struct {
	*fakeBackend
	of func(ctx context.Context) error
}

func (b wayward) Functions(ctx context.Context) ([]client.Function, error) {
	if err := b.of(ctx); err != nil {
		return nil, err
	}
	return b.fakeBackend.Functions(ctx)
}

func TestAListSaysWhichContextItWaitsForAfterTwoSeconds(t *testing.T) {
	file := configured(t, twoContexts)
	synctest.Test(t, func(t *testing.T) {
		slow := wayward{helloBackend(), func(context.Context) error {
			<-time.After(40 * time.Second)
			return nil
		}}
		got := fndeckEach(t.Context(), door{now: time.Now}, func(name string) client.Backend {
			if name == "prod" {
				return slow
			}
			return helloBackend()
		}, "get", "functions", "--context", "local,prod", file)
		assert.Equal(t, 0, got.code, got.errs)
		assert.Equal(t, "  waiting for prod, which has not answered yet\n", got.errs)
		assert.Equal(t, 2, strings.Count(got.out, "hello"))
	})
	got := fndeck(t, helloBackend(), door{now: time.Now}, "get", "functions", "--context", "local,prod", file)
	assert.NotContains(t, got.errs, "waiting")
}

func TestAWatchTellsOnceThatAContextFailsAndThatItAnswersAgain(t *testing.T) {
	file := configured(t, twoContexts)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		reads := 0
		prod := wayward{helloBackend(), func(context.Context) error {
			switch reads++; {
			case reads == 2 || reads == 3:
				return &client.Error{Code: client.CodeUnavailable, Message: "the link is cut"}
			case reads > 5:
				cancel()
			}
			return nil
		}}
		got := fndeckEach(ctx, door{now: time.Now}, func(name string) client.Backend {
			if name == "prod" {
				return prod
			}
			return helloBackend()
		}, "get", "functions", "--watch", "-o", "name", "--context", "local,prod", file)
		assert.Equal(t, 1, strings.Count(got.errs, "prod fails, its rows are those read last: the link is cut"), got.errs)
		assert.Equal(t, 1, strings.Count(got.errs, "prod answers again"), got.errs)
		assert.NotContains(t, got.errs, "gone", "what was read last stays")
		assert.NotContains(t, got.errs, "local ")
	})
}

func TestContextsAreCompletedBehindACommaToo(t *testing.T) {
	file := configured(t, twoContexts)
	got := fndeck(t, helloBackend(), door{}, "__complete", file, "get", "functions", "--context", "")
	assert.Contains(t, got.out, "local\nprod\n")
	got = fndeck(t, helloBackend(), door{}, "__complete", file, "get", "functions", "--context", "prod,")
	assert.Contains(t, got.out, "prod,local\n")
	assert.NotContains(t, got.out, "prod,prod")
}

func TestListsOfSeveralContextsStandSideBySide(t *testing.T) {
	file := configured(t, twoContexts)
	for _, name := range []string{"local,prod", "all"} {
		got := fndeck(t, helloBackend(), door{}, "get", "functions", "--context", name, file)
		require.Equal(t, 0, got.code, got.errs)
		assert.Regexp(t, `NAME +CONTEXT +STATUS`, got.out)
		assert.Regexp(t, `hello +local `, got.out)
		assert.Regexp(t, `hello +prod `, got.out)
	}
	got := fndeck(t, helloBackend(), door{}, "get", "functions", "-o", "json", "--context", "local,prod", file)
	assert.Contains(t, got.out, `"id": "prod:1"`)
	assert.Contains(t, got.out, `"context": "prod"`)

	got = fndeck(t, helloBackend(), door{}, "get", "functions", "--context", "prod,prod", file)
	assert.Equal(t, 1, strings.Count(got.out, "hello"), "a context that is named twice is listed once")

	b := helloBackend()
	for _, name := range []string{"local,prod", "all"} {
		for _, line := range [][]string{{"call", "hello"}, {"fn", "rm", "hello"}, {"schedule", "runs", "often"}, {"deploys", "resume", "hello"}} {
			got = fndeck(t, b, door{}, append(line, "--context", name, file)...)
			assert.Equal(t, 2, got.code, line)
			assert.Contains(t, got.errs, "several contexts, "+name+", are for what only reads", line)
			assert.Contains(t, got.errs, "name one, such as local", line)
		}
		got = fndeck(t, b, door{}, "context", "use", name, file)
		assert.Equal(t, 2, got.code)
	}
	assert.Empty(t, b.asked)
	got = fndeck(t, b, door{}, "get", "functions", "--context", "local,prd", file)
	assert.Equal(t, 3, got.code)
	assert.Contains(t, got.errs, "prod")
}

func TestARemovedContextWantsItsNameTypedAsInTheConsole(t *testing.T) {
	for mark, typed := range map[string]string{"protected=false": "prod\n", "protected=true": "prod\nprod\n"} {
		file := configured(t, "")
		got := fndeck(t, nil, door{}, "context", "add", "prod", "base_url=https://api.example", "project=acme", "auth.flow=token", "auth.token=env:TOKEN", mark, file)
		require.Equal(t, 0, got.code, got.errs)
		got = fndeck(t, nil, door{terminal: true, stdin: "y\n"}, "context", "rm", "prod", file)
		assert.NotEqual(t, 0, got.code, mark)
		assert.Contains(t, got.errs, "type prod to confirm")
		got = fndeck(t, nil, door{terminal: true, stdin: typed}, "context", "rm", "prod", file)
		assert.Equal(t, 0, got.code, got.errs)
		got = fndeck(t, nil, door{}, "context", "ls", file)
		assert.NotContains(t, got.out, "prod")
	}
}

func TestAuthStatusEndsWithFourWhereNobodyIsSignedIn(t *testing.T) {
	const person = "contexts: {far: {base_url: 'https://api.example', project: acme, auth: {flow: device_code, issuer: 'https://login.example', client_id: app, scopes: api/.default}}}\n"
	file := configured(t, person)
	env := map[string]string{"HOME": t.TempDir()}
	got := fndeck(t, nil, door{env: env}, "auth", "status", "far", file)
	assert.Equal(t, 4, got.code, got.errs)
	assert.Contains(t, got.out, "not signed in", "what is known is printed all the same")
	assert.Equal(t, 1, strings.Count(got.errs, "nobody has signed in at login.example"), got.errs)
	assert.Contains(t, got.errs, "sign in: fndeck auth login far")

	got = fndeck(t, nil, door{env: env}, "auth", "status", "far", "-o", "json", file)
	assert.Equal(t, 4, got.code)
	assert.Contains(t, got.out, `"signIn": true`)
	assert.Contains(t, got.errs, `{"error":{"code":"unauthenticated"`)

	got = fndeck(t, nil, door{env: env}, "auth", "status", "local", file)
	assert.Equal(t, 0, got.code, "the engine of this machine needs nobody: %s", got.errs)
}
