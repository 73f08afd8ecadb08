package contexts

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

// forgetful is a project that forgets its calls.
type forgetful struct {
	client.Backend
	archived []string
	err      error
}

func (f *forgetful) Describe() client.Description { return client.Description{Kind: "cognite"} }

func (f *forgetful) Functions(context.Context) ([]client.Function, error) {
	return []client.Function{{ID: "1", Name: "called", LastCall: &client.CallSummary{}}, {ID: "2", Name: "never"}}, nil
}

func (f *forgetful) ArchiveCalls(_ context.Context, id string) (int, error) {
	f.archived = append(f.archived, id)
	return 1, f.err
}

func TestCallsAreKeptOnceAWeekWithoutBeingAskedFor(t *testing.T) {
	dir, now := t.TempDir()+"/project", time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f := &forgetful{err: errors.New("the link is gone")}
	require.ErrorContains(t, ArchiveDue(t.Context(), dir, now, f), "archive the calls of called: the link is gone")
	f.err = nil
	require.NoError(t, ArchiveDue(t.Context(), dir, now, f))
	assert.Equal(t, []string{"1", "1"}, f.archived, "what failed is done again, and who was never called has nothing")
	require.NoError(t, ArchiveDue(t.Context(), dir, now.Add(archiveEvery-time.Second), f))
	assert.Len(t, f.archived, 2, "it is not due yet")
	require.NoError(t, ArchiveDue(t.Context(), dir, now.Add(archiveEvery), f))
	assert.Len(t, f.archived, 3)
}
