package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func TestCallPrintsTheResultOnStdoutAndTheLogOnStderr(t *testing.T) {
	b := helloBackend()
	b.ends = client.Call{ID: "c1", Status: client.CallCompleted}
	b.result = client.Result{Response: json.RawMessage(`{"n":9007199254740993,"big":1e400}`)}
	got := fndeck(t, b, door{}, "call", "ext-hello", "-d", `{"n": -0}`)
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, "{\"n\":9007199254740993,\"big\":1e400}\n", got.out)
	assert.Contains(t, got.errs, "  second")
	assert.Equal(t, `{"n": -0}`, b.data)
}

func TestCallDataComesFromTheFlagAFileOrStdin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"from":"file"}`), 0o600))
	for flag, want := range map[string]string{"@" + file: `{"from":"file"}`, "-": `{"from":"stdin"}`, `{"from":"flag"}`: `{"from":"flag"}`} {
		b := helloBackend()
		got := fndeck(t, b, door{stdin: `{"from":"stdin"}`}, "call", "hello", "--async", "-d", flag)
		require.Equal(t, 0, got.code, got.errs)
		assert.Equal(t, want, b.data)
		assert.Equal(t, "c1\n", got.out, "the id is all that an accepted call prints")
	}
}

func TestCallRefusesBadDataWithoutSendingIt(t *testing.T) {
	for _, data := range []string{"", "[]", "{'a': 1}", "{} x", `{"a": NaN}`} {
		b := helloBackend()
		got := fndeck(t, b, door{}, "call", "hello", "-d", data)
		assert.Equal(t, 2, got.code, got.errs)
		assert.Empty(t, b.asked)
	}
}

func TestAFailedCallExitsWithEightAndATimeoutWithSeven(t *testing.T) {
	for status, code := range map[client.CallStatus]int{client.CallFailed: 8, client.CallTimeout: 7, "Cancelled": 8} {
		b := helloBackend()
		b.ends = client.Call{ID: "c1", Status: status, Error: &client.Failure{Message: "KeyError: 'name'", Trace: "Traceback\n  line 3"}}
		got := fndeck(t, b, door{}, "call", "hello")
		assert.Equal(t, code, got.code)
		assert.Contains(t, got.errs, "KeyError: 'name'")
		assert.Contains(t, got.errs, "    line 3")
		assert.Empty(t, got.out)
	}
}

func TestATracebackThatTheLogShowedIsNotPrintedAgain(t *testing.T) {
	const trace = "Traceback (most recent call last):\n  File \"handler.py\", line 3\nKeyError: 'name'"
	for logged, times := range map[bool]int{true: 1, false: 1} {
		b := helloBackend()
		b.ends = client.Call{ID: "c1", Status: client.CallFailed, Error: &client.Failure{Message: "KeyError: 'name'", Trace: trace}}
		if logged {
			for _, line := range strings.Split(trace, "\n") {
				b.lines = append(b.lines, client.LogLine{Text: line})
			}
		}
		got := fndeck(t, b, door{}, "call", "hello")
		assert.Equal(t, 8, got.code)
		assert.Equal(t, times, strings.Count(got.errs, "Traceback"), got.errs)
		assert.Contains(t, got.errs, "fndeck: call c1: Failed: KeyError: 'name'")

		got = fndeck(t, b, door{}, "call", "hello", "-o", "yaml")
		assert.Contains(t, got.out, "Traceback", "an answer for machines is whole")
	}
}

func TestASecondScheduleOfOneNameIsRefused(t *testing.T) {
	b := helloBackend()
	got := fndeck(t, b, door{}, "schedule", "create", "hello", "--name", "often", "--cron", "0 6 * * *", "--yes")
	assert.Equal(t, 5, got.code, got.errs)
	assert.Contains(t, got.errs, "hello has a schedule often already: */5 * * * *")
	assert.Contains(t, got.errs, "--name")
	assert.Empty(t, b.asked)
}

func TestManyCallsPrintTheirFigures(t *testing.T) {
	b := helloBackend()
	b.ends = client.Call{ID: "c1", Status: client.CallCompleted, Duration: 20 * time.Millisecond}
	got := fndeck(t, b, door{}, "call", "hello", "--times", "5", "-d", `{"n": -0}`)
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, []string{"invoke 1", "invoke 1", "invoke 1", "invoke 1", "invoke 1"}, b.asked)
	assert.Equal(t, `{"n": -0}`, b.data)
	assert.Regexp(t, `5 +0 +\S+ +20ms +20ms +20ms +20ms +20ms`, got.out)
	assert.Contains(t, got.out, "to 20ms  ####")
	assert.Contains(t, got.errs, "5 of 5 calls ended, 0 failed, p50 20ms, p99 20ms")

	b = helloBackend()
	b.ends = client.Call{ID: "c1", Status: client.CallFailed, Duration: 20 * time.Millisecond, Error: &client.Failure{Message: "KeyError: 'name'"}}
	got = fndeck(t, b, door{}, "call", "hello", "--times", "2", "-o", "json")
	assert.Equal(t, 8, got.code)
	assert.Contains(t, got.errs, "2 of 2 calls failed, the first with: KeyError: 'name'")
	var figures struct{ Ended, Failed, P99Ns int }
	require.NoError(t, json.Unmarshal([]byte(got.out), &figures))
	assert.Equal(t, struct{ Ended, Failed, P99Ns int }{2, 2, 20_000_000}, figures)
}

func TestManyCallsThatMakeNoSenseAreNotMade(t *testing.T) {
	for _, args := range [][]string{{"--times", "0"}, {"--times", "10001"}, {"--times", "2", "--async"}, {"--parallel", "2"}, {"--times", "2", "--parallel", "51"}, {"--times", "2", "-d", "[]"}} {
		b := helloBackend()
		got := fndeck(t, b, door{}, append([]string{"call", "hello"}, args...)...)
		assert.Equal(t, 2, got.code, "%v: %s", args, got.errs)
		assert.Empty(t, b.asked)
	}
}

func TestACallThatOutlastsTheTimeoutGoesOn(t *testing.T) {
	got := fndeck(t, helloBackend(), door{}, "call", "hello", "--timeout", "1ms")
	assert.Equal(t, 7, got.code)
	assert.Contains(t, got.errs, "call c1 still runs after 1ms")
	assert.Contains(t, got.errs, "fndeck logs --call c1 -f")
}

func TestNamesAreNamesExternalIdsOrIds(t *testing.T) {
	for _, name := range []string{"hello", "ext-hello", "1"} {
		got := fndeck(t, helloBackend(), door{}, "get", "functions", name, "-o", "json")
		require.Equal(t, 0, got.code, got.errs)
		var f client.Function
		require.NoError(t, json.Unmarshal([]byte(got.out), &f))
		assert.Equal(t, "1", f.ID)
	}
	got := fndeck(t, helloBackend(), door{}, "get", "functions", "helo")
	assert.Equal(t, 3, got.code)
	assert.Contains(t, got.errs, "did you mean hello?")

	b := helloBackend()
	b.functions = append(b.functions, client.Function{ID: "3", Name: "hello", Created: noon})
	got = fndeck(t, b, door{}, "call", "hello")
	assert.Equal(t, 5, got.code)
	assert.Contains(t, got.errs, "id 1")
	assert.Contains(t, got.errs, "id 3")
	assert.Empty(t, b.asked)
}

func TestDeletingWantsTheNameTypedOrYes(t *testing.T) {
	cases := []struct {
		door door
		args []string
		code int
		done []string
	}{
		{door{}, nil, 2, nil},
		{door{terminal: true, stdin: "hello\n"}, nil, 0, []string{"delete 1"}},
		{door{terminal: true, stdin: "yes\n"}, nil, 1, nil},
		{door{}, []string{"--yes"}, 0, []string{"delete 1"}},
	}
	for _, c := range cases {
		b := helloBackend()
		b.calls = append(b.calls, client.Call{ID: "c8", FunctionID: "1", Status: client.CallRunning})
		got := fndeck(t, b, c.door, append([]string{"fn", "rm", "hello"}, c.args...)...)
		assert.Equal(t, c.code, got.code, got.errs)
		assert.Equal(t, c.done, b.asked)
		if len(c.args) == 0 {
			assert.Contains(t, got.errs, "delete hello: its 2 versions, its calls and logs, and schedule often go too; 1 call is running and is ended")
		}
	}
}

func TestAListActionReportsEachItemAndExitsWithTheWorst(t *testing.T) {
	b := helloBackend()
	got := fndeck(t, b, door{}, "fn", "rm", "nosuch", "hello", "--yes")
	assert.Equal(t, 3, got.code)
	assert.Contains(t, got.errs, "nosuch: no function")
	assert.Contains(t, got.errs, "deleted hello")
	assert.Equal(t, []string{"delete 1"}, b.asked)
}

func TestRollbackAsksAndGoesBack(t *testing.T) {
	b := helloBackend()
	got := fndeck(t, b, door{terminal: true, stdin: "y\n"}, "rollback", "hello", "v1")
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, []string{"rollback 1 v1"}, b.asked)
	assert.Contains(t, got.errs, "hello v1 serves again")
}

func TestRollbackNamesTheVersionThatWillServe(t *testing.T) {
	b := helloBackend()
	got := fndeck(t, b, door{terminal: true, stdin: "n\n"}, "rollback", "hello")
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.errs, "roll back hello from v2: v1 answers calls and schedules")
	assert.Empty(t, b.asked)
	got = fndeck(t, b, door{}, "rollback", "hello", "--yes")
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, []string{"rollback 1 v1"}, b.asked)
}

func TestACallIsFoundByItsIDAlone(t *testing.T) {
	got := fndeck(t, helloBackend(), door{}, "get", "calls", "c7", "-o", "json")
	require.Equal(t, 0, got.code, got.errs)
	assert.Contains(t, got.out, `"id": "c7"`)
	got = fndeck(t, helloBackend(), door{}, "get", "calls", "nosuch")
	assert.Equal(t, 3, got.code)
	assert.Contains(t, got.errs, "no call nosuch")
}

func TestReadOnlyRefusesEveryChange(t *testing.T) {
	dir := source(t, "x", map[string]string{"handler.py": handler})
	for _, args := range [][]string{
		{"deploy", dir},
		{"redeploy", "hello", dir},
		{"rollback", "hello"},
		{"call", "hello"},
		{"fn", "rm", "hello"},
		{"schedule", "create", "hello", "--cron", "0 6 * * *"},
		{"schedule", "rm", "often"},
	} {
		b := helloBackend()
		got := fndeck(t, b, door{}, append(args, "--read-only", "--yes")...)
		assert.Equal(t, 4, got.code, "%q: %s", args, got.errs)
		assert.Contains(t, got.errs, "read-only")
		assert.Empty(t, b.asked)
	}
}

func TestLogsArePickedAndShaped(t *testing.T) {
	b := helloBackend()
	b.lines = []client.LogLine{
		{Position: 1, Time: noon, Text: "one", FunctionName: "hello", Stream: "stdout"},
		{Position: 2, Time: noon, Text: "two", FunctionName: "hello", Stream: "stdout"},
	}
	assert.Equal(t, "two\n", fndeck(t, b, door{}, "logs", "hello", "--grep", "^t", "-o", "raw").out)
	assert.Equal(t, "one\ntwo\n", fndeck(t, b, door{}, "logs", "hello", "-f", "-o", "raw").out)
	pretty := fndeck(t, b, door{}, "logs", "--all").out
	assert.Contains(t, pretty, "2026-03-01T12:00:00.000Z  hello  one\n")
	lines := strings.Split(strings.TrimSpace(fndeck(t, b, door{}, "logs", "hello", "-o", "json").out), "\n")
	require.Len(t, lines, 2)
	var line client.LogLine
	require.NoError(t, json.Unmarshal([]byte(lines[1]), &line))
	assert.Equal(t, b.lines[1], line)
}

func TestSinceIsADurationOrATime(t *testing.T) {
	a := &app{now: func() time.Time { return noon }}
	since, err := a.sinceTime("fndeck logs", "5m")
	require.NoError(t, err)
	assert.Equal(t, noon.Add(-5*time.Minute), since)
	since, err = a.sinceTime("fndeck logs", "2026-03-01T11:00:00+01:00")
	require.NoError(t, err)
	assert.True(t, since.Equal(noon.Add(-2*time.Hour)))
}

func TestScheduleCreateChecksAndNamesIt(t *testing.T) {
	b := helloBackend()
	got := fndeck(t, b, door{}, "schedule", "create", "hello", "--cron", "*/5 * * * *", "-d", `{"a":1}`)
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, []string{`schedule 1 */5 * * * * {"a":1}`}, b.asked)
	assert.Contains(t, got.errs, "every 5 minutes")

	for _, bad := range []string{"0 25 * * *", "0 0 31 2 *", "@daily", "* * * *"} {
		got = fndeck(t, helloBackend(), door{}, "schedule", "create", "hello", "--cron", bad)
		assert.Equal(t, 2, got.code, got.errs)
	}
}

func TestScheduleNextShowsUTCAndTheZone(t *testing.T) {
	got := fndeck(t, nil, door{}, "schedule", "next", "30 14 * * *", "-n", "2", "--tz", "Europe/Oslo", "-o", "json")
	require.Equal(t, 0, got.code, got.errs)
	var runs []nextObject
	require.NoError(t, json.Unmarshal([]byte(got.out), &runs))
	assert.Equal(t, []nextObject{
		{"2026-03-01T14:30:00Z", "2026-03-01T15:30:00+01:00"},
		{"2026-03-02T14:30:00Z", "2026-03-02T15:30:00+01:00"},
	}, runs)

	got = fndeck(t, helloBackend(), door{}, "schedule", "next", "often", "-n", "1", "-o", "name", "--tz", "UTC")
	assert.Equal(t, "2026-03-01T13:05:00Z\n", got.out)

	assert.Equal(t, 2, fndeck(t, nil, door{}, "schedule", "next", "0 6 * * *", "--tz", "Nowhere/Town").code)
	assert.Equal(t, 2, fndeck(t, nil, door{}, "schedule", "next", "0 6 * * *", "-n", "0").code)
}

func TestListsInEveryFormat(t *testing.T) {
	b := helloBackend()
	table := fndeck(t, b, door{}, "get", "functions").out
	assert.True(t, strings.HasPrefix(table, "NAME"))
	assert.False(t, strings.HasPrefix(fndeck(t, b, door{}, "get", "functions", "--no-headers").out, "NAME"))
	assert.Contains(t, fndeck(t, b, door{}, "fn", "ls", "-o", "wide").out, "ext-hello")
	assert.Equal(t, "v2\nv1\n", fndeck(t, b, door{}, "get", "versions", "--function", "hello", "-o", "name").out)
	assert.Contains(t, fndeck(t, b, door{}, "get", "versions", "v2", "--function", "hello", "-o", "yaml").out, "number: 2\n")
	assert.Equal(t, "s1\n", fndeck(t, b, door{}, "schedule", "ls", "-o", "name").out)

	empty := fndeck(t, &fakeBackend{}, door{}, "get", "functions")
	assert.Equal(t, 0, empty.code)
	assert.Empty(t, empty.out)
	assert.Contains(t, empty.errs, "no functions")
	assert.Equal(t, "[]\n", fndeck(t, &fakeBackend{}, door{}, "get", "functions", "-o", "json").out)
}

func TestCompletionOffersLiveNamesThatAreSafeToType(t *testing.T) {
	got := fndeck(t, helloBackend(), door{}, "__complete", "call", "")
	assert.Contains(t, got.out, "hello\n")
	assert.NotContains(t, got.out, "evil")
	assert.NotContains(t, got.out, "\x1b")

	assert.Contains(t, fndeck(t, helloBackend(), door{}, "__complete", "get", "").out, "versions\n")
	assert.Contains(t, fndeck(t, helloBackend(), door{}, "__complete", "get", "schedules", "").out, "often\n")
	assert.Contains(t, fndeck(t, helloBackend(), door{}, "__complete", "get", "calls", "--function", "").out, "hello\n")
	assert.Contains(t, fndeck(t, helloBackend(), door{}, "__complete", "get", "calls", "-o", "").out, "jsonl\n")

	got = fndeck(t, nil, door{}, "__complete", "call", "")
	assert.Equal(t, 0, got.code, "no engine is no error to a shell")
}

func TestBashCompletesWithoutThePackageBashCompletion(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is missing")
	}
	script := fndeck(t, nil, door{}, "completion", "bash").out
	for typed, asked := range map[string]string{
		"fndeck cal":                   "__complete cal",
		"fndeck call ":                 "__complete call ''",
		"fndeck logs --context=prod:h": "__complete logs --context=prod:h",
	} {
		cmd := exec.Command(bash, "--norc", "--noprofile", "-c", script+`
exec 3>&1
fndeck() { printf '%q ' "$@" >&3; }
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9
__start_fndeck`, "bash", typed)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Contains(t, string(out), asked)
		assert.NotContains(t, string(out), "not found")
	}
}

func TestCompletionScriptsAndTheManualArePrinted(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		got := fndeck(t, nil, door{}, "completion", shell)
		require.Equal(t, 0, got.code)
		assert.Contains(t, got.out, "fndeck")
	}
	page := fndeck(t, nil, door{}, "man").out
	every(testTree(), func(cmd *cobra.Command) {
		if cmd.IsAvailableCommand() && cmd.HasParent() && cmd.Name() != "help" {
			assert.Contains(t, page, escapeRoff(cmd.UseLine()))
		}
	})
	for _, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, ".") {
			assert.Regexp(t, `^\.(TH|SH|SS|PP|TP|B|nf|fi)( |$)`, line)
		}
	}
}

func TestJSONModeKeepsStderrForTheErrorObject(t *testing.T) {
	b := helloBackend()
	b.ends = client.Call{ID: "c1", Status: client.CallCompleted}
	b.result = client.Result{Response: json.RawMessage(`{"a":1}`)}
	got := fndeck(t, b, door{}, "call", "hello", "-o", "json")
	assert.Equal(t, 0, got.code)
	assert.Empty(t, got.errs)
	var object struct {
		Status   string
		Response json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(got.out), &object))
	assert.Equal(t, "Completed", object.Status)

	b.ends.Status = client.CallFailed
	got = fndeck(t, b, door{}, "call", "hello", "-o", "json")
	assert.Equal(t, 8, got.code)
	assert.True(t, json.Valid([]byte(got.errs)), got.errs)
}

func TestAResultThatIsNoJSONIsShownAsText(t *testing.T) {
	b := helloBackend()
	b.ends = client.Call{ID: "c1", Status: client.CallCompleted}
	b.result = client.Result{Response: json.RawMessage("plain \x1b[2J text")}
	got := fndeck(t, b, door{}, "call", "hello")
	assert.Equal(t, 0, got.code)
	assert.Equal(t, "plain ␛[2J text\n", got.out)
	got = fndeck(t, b, door{}, "call", "hello", "-o", "jsonl")
	assert.Contains(t, got.out, `"response":"plain \u001b[2J text"`)
}

// changing is a backend whose list of functions is another one at each reading,
// and which ends the watching after the last.
type changing struct {
	*fakeBackend
	lists [][]client.Function
	end   context.CancelFunc
}

func (b *changing) Functions(context.Context) ([]client.Function, error) {
	now := b.lists[0]
	if len(b.lists) == 1 {
		b.end()
	} else {
		b.lists = b.lists[1:]
	}
	return now, nil
}

func TestWatchPrintsWhatIsNewChangedOrGone(t *testing.T) {
	one := client.Function{ID: "1", Name: "one", Status: client.FunctionDeploying}
	ready := one
	ready.Status = client.FunctionReady
	two := client.Function{ID: "2", Name: "two", Status: client.FunctionReady}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := &changing{&fakeBackend{}, [][]client.Function{{one}, {one}, {ready, two}, {two}}, cancel}
		got := fndeckContext(ctx, b, door{}, "get", "functions", "--watch", "-o", "name")
		assert.Equal(t, "one\none\ntwo\n", got.out)
		assert.Contains(t, got.errs, "gone: 1")

		ctx, cancel = context.WithCancel(t.Context())
		b = &changing{&fakeBackend{}, [][]client.Function{{one}, {}}, cancel}
		got = fndeckContext(ctx, b, door{}, "get", "functions", "--watch", "-o", "jsonl")
		assert.Contains(t, got.out, "{\"gone\":\"1\"}\n")

		ctx, cancel = context.WithCancel(t.Context())
		b = &changing{&fakeBackend{}, [][]client.Function{{}, {one}, {ready}}, cancel}
		got = fndeckContext(ctx, b, door{}, "get", "functions", "--watch")
		assert.Equal(t, 1, strings.Count(got.out, "NAME"), got.out)
		assert.Equal(t, 3, strings.Count(got.out, "\n"), got.out)
	})
}

func TestRollbackChecksBeforeItAsks(t *testing.T) {
	deploying := client.Function{ID: "1", Name: "hello", Status: client.FunctionReady, Version: 2, DeployingVersion: 3}
	cases := map[string]struct {
		args     []string
		versions []client.Version
		function *client.Function
		code     int
		says     string
	}{
		"no earlier version": {nil, []client.Version{{Number: 2, Serving: true, Status: client.FunctionReady}}, nil, 5, "no earlier version"},
		"only a later one":   {nil, []client.Version{{Number: 4, Status: client.FunctionFailed}, {Number: 3, Status: client.FunctionReady}, {Number: 2, Serving: true, Status: client.FunctionReady}}, nil, 5, "v3 is later and can serve again: name it"},
		"unknown version":    {[]string{"v9"}, nil, nil, 3, "no version 9"},
		"serves already":     {[]string{"2"}, nil, nil, 5, "v2 serves already"},
		"never ready":        {[]string{"3"}, []client.Version{{Number: 3, Status: client.FunctionFailed}, {Number: 2, Serving: true, Status: client.FunctionReady}}, nil, 5, "v3 is Failed"},
		"being deployed":     {[]string{"1"}, nil, &deploying, 5, "already deploying v3"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := helloBackend()
			if c.versions != nil {
				b.versions = c.versions
			}
			if c.function != nil {
				b.functions = []client.Function{*c.function}
			}
			got := fndeck(t, b, door{terminal: true, stdin: "y\n"}, append([]string{"rollback", "hello"}, c.args...)...)
			assert.Equal(t, c.code, got.code, got.errs)
			assert.Contains(t, got.errs, c.says)
			assert.NotContains(t, got.errs, "[y/N]", "nothing is asked that cannot be done")
			assert.Empty(t, b.asked)
		})
	}
}
