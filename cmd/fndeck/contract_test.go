package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// every walks the command tree.
func every(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, sub := range cmd.Commands() {
		every(sub, visit)
	}
}

func testTree() *cobra.Command {
	a := &app{env: func(string) string { return "" }, out: io.Discard, errs: io.Discard}
	return a.root()
}

func TestEveryCommandHasAnExampleAndHelp(t *testing.T) {
	every(testTree(), func(cmd *cobra.Command) {
		assert.NotEmpty(t, cmd.Short, cmd.CommandPath())
		assert.NotEmpty(t, cmd.Example, cmd.CommandPath())
		for _, line := range strings.Split(cmd.Example, "\n") {
			assert.True(t, strings.HasPrefix(line, "  "), "%s: example %q is not indented", cmd.CommandPath(), line)
		}
	})
}

func TestEveryExampleNamesFlagsThatExist(t *testing.T) {
	root := testTree()
	every(root, func(cmd *cobra.Command) {
		for _, line := range strings.Split(cmd.Example, "\n") {
			for _, part := range strings.FieldsFunc(line, func(r rune) bool { return r == '|' || r == ';' }) {
				// Two blanks begin the words that explain a command.
				part, _, _ = strings.Cut(strings.TrimSpace(part), "  ")
				words := strings.Fields(part)
				if len(words) < 2 || words[0] != "fndeck" {
					continue
				}
				found, _, err := root.Find(words[1:])
				require.NoError(t, err, part)
				assert.NotSame(t, root, found, "%q names no command", part)
				for _, word := range words[1:] {
					if name, ok := strings.CutPrefix(word, "--"); ok && name != "" {
						name, _, _ = strings.Cut(name, "=")
						// Asking for them merges the flags of the parents.
						found.InheritedFlags()
						assert.NotNil(t, found.Flag(name), "%q has no flag --%s", part, name)
					}
				}
			}
		}
	})
}

func TestHelpOfEveryCommandGoesToStdout(t *testing.T) {
	every(testTree(), func(cmd *cobra.Command) {
		args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
		got := fndeck(t, nil, door{}, args...)
		assert.Equal(t, 0, got.code, args)
		assert.Contains(t, got.out, "Usage:", args)
		assert.Empty(t, got.errs, args)
	})
}

func TestExitCodesOfEveryClassOfError(t *testing.T) {
	cases := map[client.Code]int{
		client.CodeInvalid: 2, client.CodeNotFound: 3, client.CodeConflict: 5, client.CodeUnauthenticated: 4,
		client.CodeForbidden: 4, client.CodeThrottled: 9, client.CodeLimit: 9, client.CodeUnsupported: 1,
		client.CodeUnavailable: 6, client.CodeUnexpected: 6, client.CodeUnknownOutcome: 6, client.CodeTimeout: 7,
		client.CodeFunctionFailed: 8, client.CodeFailed: 1, "a word of tomorrow": 1,
	}
	for code, exit := range cases {
		a := &app{errs: io.Discard}
		assert.Equal(t, exit, a.exitCode(t.Context(), fmt.Errorf("call x: %w", &client.Error{Code: code})), code)
	}
	a := &app{errs: io.Discard}
	assert.Equal(t, 7, a.exitCode(t.Context(), context.DeadlineExceeded))
}

func TestASignalIsTheExitCodeWhateverTheErrorSays(t *testing.T) {
	for signal, exit := range map[syscall.Signal]int{syscall.SIGHUP: 129, syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(signalled{signal})
		got := fndeckContext(ctx, helloBackend(), door{}, "version")
		assert.Equal(t, exit, got.code)
		assert.Empty(t, got.errs)
	}
}

// brokenPipe is a stdout whose reader has gone.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestAClosedPipeEndsWithoutAWord(t *testing.T) {
	var errs strings.Builder
	a := &app{out: brokenPipe{}, errs: &errs, env: func(string) string { return "" }}
	assert.Equal(t, 141, a.run(t.Context(), []string{"version"}))
	assert.Empty(t, errs.String())
}

func TestWrongUsageExitsWithTwoAndSaysHow(t *testing.T) {
	cases := map[string]struct {
		args []string
		says string
	}{
		"unknown command":    {[]string{"depoy"}, "did you mean deploy"},
		"unknown subcommand": {[]string{"schedule", "crate"}, "did you mean create"},
		"bare group":         {[]string{"schedule"}, "create"},
		"unknown flag":       {[]string{"version", "--nosuch"}, "--nosuch"},
		"missing argument":   {[]string{"deploy"}, "deploy DIR|ZIP"},
		"too many":           {[]string{"call", "a", "b"}, `"b"`},
		"unknown format":     {[]string{"get", "functions", "-o", "xml"}, "table, wide"},
		"unknown kind":       {[]string{"get", "function s"}, "did you mean functions"},
		"unknown colour":     {[]string{"version", "--color", "blue"}, "auto, always, never"},
		"wait and async":     {[]string{"call", "hello", "--wait", "--async"}, "async"},
		"logs of nothing":    {[]string{"logs"}, "--all"},
		"bad pattern":        {[]string{"logs", "--all", "--grep", "("}, "--grep"},
		"bad since":          {[]string{"logs", "--all", "--since", "soon"}, "5m"},
		"version":            {[]string{"rollback", "hello", "old"}, "v3"},
		"versions of what":   {[]string{"get", "versions"}, "--function"},
		"no cron":            {[]string{"schedule", "create", "hello"}, "--cron"},
		"unknown shell":      {[]string{"completion", "tcsh"}, "powershell"},
		"unknown topic":      {[]string{"help", "nosuch"}, "nosuch"},
		"help of nothing":    {[]string{"nosuch", "--help"}, `no command "nosuch"`},
		"help in a group":    {[]string{"schedule", "crate", "--help"}, "did you mean create"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := fndeck(t, helloBackend(), door{}, c.args...)
			assert.Equal(t, 2, got.code, got.errs)
			assert.Contains(t, got.errs, c.says)
			assert.Empty(t, got.out)
		})
	}
}

func TestJSONErrorsAreOneObjectOnStderr(t *testing.T) {
	for _, args := range [][]string{
		{"get", "functions", "nosuch", "-o", "json"},
		{"get", "functions", "nosuch", "-ojson"},
		{"get", "functions", "nosuch", "--output=json"},
		{"--output", "json", "deploy"},
		{"call", "nosuch", "-o", "json", "--nosuchflag"},
	} {
		got := fndeck(t, helloBackend(), door{}, args...)
		assert.Empty(t, got.out)
		var object struct {
			Error struct{ Code, Message, Hint string }
		}
		require.NoError(t, json.Unmarshal([]byte(got.errs), &object), got.errs)
		assert.NotEmpty(t, object.Error.Code)
		assert.NotEmpty(t, object.Error.Message)
		assert.Equal(t, 1, strings.Count(got.errs, "\n"), "one line: %s", got.errs)
	}
}

func TestEveryFlagHasItsEnvironmentVariable(t *testing.T) {
	got := fndeck(t, helloBackend(), door{env: map[string]string{"FNDECK_OUTPUT": "name"}}, "get", "calls")
	assert.Equal(t, "c7\n", got.out)
	got = fndeck(t, helloBackend(), door{env: map[string]string{"FNDECK_OUTPUT": "name"}}, "get", "calls", "-o", "jsonl")
	assert.Contains(t, got.out, `"id":"c7"`, "the flag wins")
	got = fndeck(t, helloBackend(), door{env: map[string]string{"FNDECK_TAIL": "many"}}, "logs", "hello")
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "FNDECK_TAIL")
}

func TestNothingHostileReachesATerminal(t *testing.T) {
	commands := [][]string{
		{"get", "functions"},
		{"get", "functions", "-o", "wide"},
		{"get", "functions", "-o", "json"},
		{"get", "functions", "-o", "jsonl"},
		{"get", "functions", "-o", "yaml"},
		{"get", "functions", "-o", "name"},
		{"get", "calls"},
		{"get", "calls", "c7", "-o", "yaml"},
		{"get", "deploys", "-o", "wide"},
		{"logs", "hello"},
		{"logs", "hello", "-f", "-o", "json"},
		{"logs", "hello", "-o", "raw"},
		{"call", "hello"},
		{"call", hostile},
		{"fn", "get", hostile + "x"},
		{"fn", "rm", hostile, "--yes"},
		{"redeploy", hostile},
	}
	for _, args := range commands {
		b := helloBackend()
		b.ends = client.Call{ID: "c1", Status: client.CallFailed, Error: &client.Failure{Message: hostile, Trace: hostile}}
		b.result = client.Result{Response: json.RawMessage(`"` + hostile + `"`)}
		got := fndeck(t, b, door{terminal: true, env: map[string]string{"NO_COLOR": "1"}}, args...)
		for _, r := range got.out + got.errs {
			if r != '\n' && (r < ' ' || (r >= 0x7f && r <= 0x9f) || r == 0x202e) {
				t.Errorf("%q let %U through: %q", args, r, got.out+got.errs)
				break
			}
		}
	}
}

func TestColoursAreForTerminalsThatWantThem(t *testing.T) {
	const escape = "\x1b["
	cases := []struct {
		terminal bool
		env      map[string]string
		args     []string
		colored  bool
	}{
		{true, nil, nil, true},
		{false, nil, nil, false},
		{true, map[string]string{"NO_COLOR": "1"}, nil, false},
		{true, map[string]string{"CLICOLOR": "0"}, nil, false},
		{true, map[string]string{"TERM": "dumb"}, nil, false},
		{false, map[string]string{"CLICOLOR_FORCE": "1"}, nil, true},
		{false, map[string]string{"NO_COLOR": "1"}, []string{"--color", "always"}, true},
		{true, nil, []string{"--color", "never"}, false},
	}
	for _, c := range cases {
		got := fndeck(t, helloBackend(), door{terminal: c.terminal, env: c.env}, append([]string{"get", "functions"}, c.args...)...)
		assert.Equal(t, c.colored, strings.Contains(got.out, escape), "%+v", c)
	}
}

func TestBareCommandIsTheConsole(t *testing.T) {
	got := fndeck(t, nil, door{})
	assert.Contains(t, got.errs, "the console was started")
}

func TestVerboseShowsTheCauses(t *testing.T) {
	var errs strings.Builder
	a := &app{errs: &errs, flags: globals{verbose: true}}
	a.exitCode(t.Context(), &client.Error{Code: client.CodeUnavailable, Message: "list functions", RequestID: "r-1", TraceID: "t-1", Status: 502, Err: errors.New("connection refused")})
	assert.Contains(t, errs.String(), "because: connection refused")
	assert.Contains(t, errs.String(), "request id r-1, status 502")
	assert.Contains(t, errs.String(), "trace id t-1")
}

func TestTheVersionIsAFlagToo(t *testing.T) {
	command := fndeck(t, nil, door{}, "version")
	flag := fndeck(t, nil, door{env: map[string]string{"FNDECK_VERSION": "1.2"}}, "--version")
	assert.Equal(t, 0, flag.code, flag.errs)
	assert.Equal(t, command.out, flag.out)
	assert.Contains(t, flag.out, "fndeck ")
	got := fndeck(t, helloBackend(), door{env: map[string]string{"FNDECK_VERSION": "1.2"}}, "get", "functions")
	assert.Equal(t, 0, got.code, "a variable of that name is no flag: %s", got.errs)
}
