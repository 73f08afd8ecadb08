package main

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"fndeck/client"
)

// busyBackend has n calls.
func busyBackend(n int) *fakeBackend {
	b := helloBackend()
	b.calls = nil
	for i := range n {
		b.calls = append(b.calls, client.Call{ID: strconv.Itoa(n - i), FunctionID: "1", FunctionName: "hello", Status: client.CallCompleted, Started: noon})
	}
	return b
}

func TestAListOfCallsSaysWhenThereAreMore(t *testing.T) {
	const held = 2500
	cases := []struct {
		args  []string
		calls int
		rows  int
		pages []int
		says  string
	}{
		{nil, held, 100, []int{101}, "100 shown, more: --limit or --all\n"},
		{nil, 100, 100, []int{101}, ""},
		{[]string{"--limit", "3"}, held, 3, []int{4}, "3 shown, more: --limit or --all\n"},
		{[]string{"--limit", "1000"}, held, 1000, []int{1000, 1}, "1000 shown, more: --limit or --all\n"},
		{[]string{"--limit", "2500"}, held, held, []int{1000, 1000, 501}, ""},
		{[]string{"--all"}, held, held, []int{1000, 1000, 1000}, ""},
	}
	for _, c := range cases {
		b := busyBackend(c.calls)
		got := fndeck(t, b, door{}, append([]string{"get", "calls", "-o", "name"}, c.args...)...)
		assert.Equal(t, 0, got.code, got.errs)
		assert.Equal(t, c.rows, strings.Count(got.out, "\n"), c.args)
		assert.Equal(t, c.says, got.errs, c.args)
		assert.Equal(t, c.pages, b.pages, c.args)
	}
	got := fndeck(t, busyBackend(held), door{}, "get", "calls", "-o", "jsonl")
	assert.Equal(t, 100, strings.Count(got.out, "\n"))
	assert.Empty(t, got.errs, "stderr is kept for an error object")

	got = fndeck(t, busyBackend(held), door{}, "get", "calls", "--limit", "3", "--all")
	assert.Equal(t, 2, got.code, got.errs)
	got = fndeck(t, busyBackend(held), door{}, "get", "calls", "--limit", "0")
	assert.Equal(t, 2, got.code, got.errs)
	got = fndeck(t, helloBackend(), door{}, "get", "functions", "--limit", "1", "-o", "name")
	assert.Equal(t, "hello\n", got.out, "every list can be cut")
	assert.Contains(t, got.errs, "1 shown, more")
}

// circlingBackend has calls whose pages lead back to the first.
type circlingBackend struct{ *fakeBackend }

func (b circlingBackend) Calls(ctx context.Context, q client.CallQuery) (client.CallPage, error) {
	q.Cursor = ""
	page, err := b.fakeBackend.Calls(ctx, q)
	page.Next = "0"
	return page, err
}

func TestCallsWhosePagesLeadInACircleAreListedOnceWithANote(t *testing.T) {
	got := fndeck(t, circlingBackend{busyBackend(3)}, door{}, "get", "calls", "-o", "name")
	assert.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, "3\n2\n1\n", got.out)
	assert.Contains(t, got.errs, "the list has no end")
	assert.Contains(t, got.errs, "what came before it is listed")
}

func TestCancellingACallAsksAndRefusesOneThatHasEnded(t *testing.T) {
	cases := []struct {
		door door
		args []string
		code int
		says string
		done []string
	}{
		{door{}, []string{"c8"}, 2, "cancel call c8 of hello", nil},
		{door{terminal: true, stdin: "y\n"}, []string{"c8"}, 0, "call c8 is being cancelled", []string{"cancel 1 c8"}},
		{door{terminal: true, stdin: "n\n"}, []string{"c8"}, 1, "nothing was changed", nil},
		{door{}, []string{"c8", "--yes"}, 0, "call c8 is being cancelled", []string{"cancel 1 c8"}},
		{door{}, []string{"c7", "--yes"}, 5, "call c7 has ended: Failed", nil},
		{door{}, []string{"nosuch", "--yes"}, 3, "nosuch", nil},
		{door{}, []string{"c8", "--yes", "--read-only"}, 4, "read-only", nil},
	}
	for _, c := range cases {
		b := helloBackend()
		b.calls = append(b.calls, client.Call{ID: "c8", FunctionID: "1", FunctionName: "hello", Status: client.CallRunning})
		got := fndeck(t, b, c.door, append([]string{"calls", "cancel"}, c.args...)...)
		assert.Equal(t, c.code, got.code, got.errs)
		assert.Contains(t, got.errs, c.says)
		assert.Equal(t, c.done, b.asked, c.args)
	}
}

func TestWhatShowsOneThingTakesNoNumberOfRows(t *testing.T) {
	for _, args := range [][]string{{"fn", "get", "hello"}, {"calls", "get", "c7"}, {"deploys", "get", "d1"}} {
		for _, flag := range []string{"--all", "--limit=3"} {
			got := fndeck(t, helloBackend(), door{}, append(args, flag)...)
			assert.Equal(t, 2, got.code, "%q", args)
			assert.Contains(t, got.errs, "unknown flag")
		}
	}
}

func TestEveryVerbOfAFunctionStandsUnderFnToo(t *testing.T) {
	for _, verb := range []string{"deploy", "new", "redeploy", "diff", "mode", "rollback", "promote", "call", "logs"} {
		got := fndeck(t, helloBackend(), door{}, "fn", verb, "--help")
		assert.Equal(t, 0, got.code, got.errs)
		assert.Contains(t, got.out, "fndeck fn "+verb)
	}
}

func TestCallsAreListedAndShownByTheirOwnCommandToo(t *testing.T) {
	for _, args := range [][]string{{"calls", "ls"}, {"calls", "get", "c7"}} {
		got := fndeck(t, helloBackend(), door{}, append(args, "-o", "name")...)
		assert.Equal(t, 0, got.code, got.errs)
		assert.Equal(t, "c7\n", got.out)
	}
}

// perFunction finds a call by its function and its id only, as a project of Cognite does,
// and keeps a log for each call only.
type perFunction struct{ forgetful }

func (b perFunction) Call(ctx context.Context, functionID, id string) (client.Call, error) {
	if functionID == "" {
		return client.Call{}, &client.Error{Code: client.CodeUnsupported, Message: "Cognite finds a call only by its function and its id", Hint: "name the function"}
	}
	return b.fakeBackend.Call(ctx, functionID, id)
}

func TestWhoNamesAFunctionWhereACallIsWantedIsToldTheFlag(t *testing.T) {
	const flag = "fndeck get calls --function hello"
	for _, name := range []string{"hello", "ext-hello"} {
		b := helloBackend()
		b.functions = append(b.functions, client.Function{ID: "9", Name: "nosuch"})
		got := fndeck(t, perFunction{forgetful{b}}, door{}, "get", "calls", name)
		assert.Equal(t, 1, got.code)
		assert.Contains(t, got.errs, flag)
	}
	b := helloBackend()
	b.functions = append(b.functions, client.Function{ID: "9", Name: "nosuch"})
	got := fndeck(t, b, door{}, "get", "calls", "nosuch")
	assert.Equal(t, 3, got.code, "it is not found all the same")
	assert.Contains(t, got.errs, "fndeck get calls --function nosuch")
	got = fndeck(t, perFunction{forgetful{helloBackend()}}, door{}, "get", "calls", "c7")
	assert.Contains(t, got.errs, "fndeck get calls c7 --function NAME")
}

func TestLogsOfAllFunctionsSayWhatToDoWhereLogsAreKeptPerCall(t *testing.T) {
	got := fndeck(t, perFunction{forgetful{helloBackend()}}, door{}, "logs", "--all")
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.errs, "fndeck logs NAME")
	assert.Contains(t, got.errs, "fndeck logs --all -f")
}
