package main

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// pagedLog hands out a log in pages of two lines, and fails where it is told to.
type pagedLog struct {
	*fakeBackend
	lines  []client.LogLine
	failAt int64
}

var errCut = errors.New("the stream was cut")

func (b pagedLog) Logs(_ context.Context, q client.LogQuery) ([]client.LogLine, error) {
	if b.failAt > 0 && q.After >= b.failAt {
		return nil, errCut
	}
	rest := b.lines[q.After:]
	return rest[:min(2, len(rest))], nil
}

func TestALogIsPrintedPageByPageAndALaterFailureLeavesWhatCameBefore(t *testing.T) {
	b := pagedLog{fakeBackend: helloBackend()}
	for n := range int64(5) {
		b.lines = append(b.lines, client.LogLine{Position: n + 1})
	}
	var pages []int
	took := func(page []client.LogLine) error {
		pages = append(pages, len(page))
		return nil
	}
	require.NoError(t, readLogs(t.Context(), sources{all: []logSource{{backend: b}}}, took))
	assert.Equal(t, []int{2, 2, 1, 0}, pages)
	pages, b.failAt = nil, 2
	require.ErrorIs(t, readLogs(t.Context(), sources{all: []logSource{{backend: b}}}, took), errCut)
	assert.Equal(t, []int{2}, pages)
	full := errors.New("no room")
	assert.ErrorIs(t, readLogs(t.Context(), sources{all: []logSource{{backend: b}}}, func([]client.LogLine) error { return full }), full)
}

// callLogs keeps a log for each call, as a project of Cognite does.
type callLogs struct{ *fakeBackend }

func (b callLogs) Logs(ctx context.Context, q client.LogQuery) ([]client.LogLine, error) {
	b.did("log", q.FunctionID, q.CallID)
	if q.CallID == "" {
		return nil, &client.Error{Code: client.CodeUnsupported, Message: "logs per call only"}
	}
	return b.fakeBackend.Logs(ctx, q)
}

func TestWhereOnlyCallsHaveLogsThatOfTheNewestIsPrintedAndNamed(t *testing.T) {
	b := callLogs{helloBackend()}
	got := fndeck(t, b, door{}, "logs", "hello")
	require.Equal(t, 0, got.code, got.errs)
	assert.Contains(t, got.errs, "the newest call of hello: c7, Failed, 2026-03-01T12:00:00Z")
	assert.Contains(t, got.out, "second")
	assert.Equal(t, []string{"log 1 ", "log 1 c7", "log 1 c7"}, b.asked)

	b.asked, b.calls = nil, nil
	got = fndeck(t, b, door{}, "logs", "hello")
	require.Equal(t, 0, got.code, got.errs)
	assert.Contains(t, got.errs, "hello has no calls yet")
	assert.Empty(t, got.out)
}

func TestTheLogOfACallIsFoundByItsFunctionToo(t *testing.T) {
	b := callLogs{helloBackend()}
	got := fndeck(t, b, door{}, "logs", "hello", "--call", "c7")
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, []string{"log 1 c7", "log 1 c7"}, b.asked)
	got = fndeck(t, b, door{}, "logs", "hello", "other", "--call", "c7")
	assert.Equal(t, 2, got.code, "a call is of one function")
}

func TestTheNextRunOfAScheduleIsWorkedOutWhereTheBackendDoesNotTell(t *testing.T) {
	got := fndeck(t, helloBackend(), door{}, "schedule", "ls")
	assert.Contains(t, got.out, "often  */5 * * * *  2026-03-01T13:05:00Z  hello")
}
