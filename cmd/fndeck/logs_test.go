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
