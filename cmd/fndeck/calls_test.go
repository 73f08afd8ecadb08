package main

import (
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
