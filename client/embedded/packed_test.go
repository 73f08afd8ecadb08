//go:build linux

package embedded_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/embedded/engine/store"
)

// withFunctions fills the state of an engine that does not run yet.
func withFunctions(t *testing.T, stateDir string, n int) {
	t.Helper()
	require.NoError(t, os.MkdirAll(stateDir, 0o700))
	s, err := store.Open(stateDir, time.Now)
	require.NoError(t, err)
	require.NoError(t, s.Write(store.Relaxed, func(tx *store.Tx) error {
		for i := range n {
			f := store.Function{ID: tx.NextID(), Name: fmt.Sprintf("function-%d", i), Created: time.Now(), Owner: "data", Serving: 1, Latest: 1}
			v := store.Version{FunctionID: f.ID, Number: 1, Status: store.Ready, Runtime: "py311", Created: f.Created, Settings: store.Settings{FunctionPath: "handler.py"}}
			if err := errors.Join(tx.InsertFunction(f), tx.InsertVersion(v)); err != nil {
				return err
			}
		}
		return nil
	}))
	require.NoError(t, s.Close())
}

func TestOfManyFunctionsTheFirstComeAloneAndThenOnlyWhatHasChanged(t *testing.T) {
	const many = 3000
	o := options(t)
	withFunctions(t, o.StateDir, many)
	b, ctx := open(t, o), t.Context()
	received := func() int64 { return b.Trace().Exchanges()[0].Received }

	first, more, err := b.FirstFunctions(ctx)
	require.NoError(t, err)
	assert.True(t, more)
	assert.Less(t, first.Len(), many/2)
	all, err := b.FunctionList(ctx)
	require.NoError(t, err)
	whole := received()
	require.Equal(t, many, all.Len())
	assert.Equal(t, first.Items(), all.Items()[:first.Len()], "the newest are the first")

	changed := all.At(many / 2)
	one, err := b.Function(ctx, changed.ID)
	require.NoError(t, err)
	one.Isolation = "" // which a list does not tell
	assert.Equal(t, one, changed, "a list says what the function says")

	_, err = b.SetMode(ctx, changed.ID, client.ModeWarm, 2)
	require.NoError(t, err)
	after, err := b.FunctionList(ctx)
	require.NoError(t, err)
	assert.Less(t, received(), whole/3, "one chunk was sent")
	want := all.Items()
	want[many/2] = after.At(many / 2)
	assert.Equal(t, want, after.Items())
	assert.Equal(t, client.ModeWarm, after.At(many/2).Mode)
	assert.NotEqual(t, client.ModeWarm, all.At(many/2).Mode, "the list before stays as it was")

	require.NoError(t, b.Delete(ctx, changed.ID))
	without, err := b.FunctionList(ctx)
	require.NoError(t, err)
	assert.Less(t, received(), whole/3)
	assert.Equal(t, append(after.Items()[:many/2:many/2], after.Items()[many/2+1:]...), without.Items())
}
