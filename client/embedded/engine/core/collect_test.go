//go:build linux

package core

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store"
)

func TestWhatNothingRefersToIsGoneAfterTheNextStart(t *testing.T) {
	r := newRig(t, nil)
	kept := r.handler("def handle(data): return 'kept'\n")
	gone := r.handler("def handle(data): return 'gone'\n")
	require.NoError(t, r.Delete([]int64{gone.ID}))
	half := filepath.Join(r.dir, "code", ".upload-123")
	require.NoError(t, os.WriteFile(half, []byte("half"), 0o600))

	restart := func() {
		require.NoError(t, r.Core.Close())
		r.open()
	}
	restart()
	assert.NoFileExists(t, half)
	assert.FileExists(t, r.codeFile(gone.Latest.SHA256), "an uploaded file may still be used")

	r.clock.set(start.Add(2 * fileLife))
	restart()
	assert.NoFileExists(t, r.codeFile(gone.Latest.SHA256))
	assert.NoDirExists(t, filepath.Join(r.dir, "versions", gone.Latest.SHA256))
	_, response := r.call(kept.ID, `{}`)
	assert.Equal(t, `"kept"`, response)
}

func TestTheCodeOfADamagedVersionIsKept(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): return 1\n")
	require.NoError(t, r.Core.Close())
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.dir, store.FileName))
	require.NoError(t, err)
	_, err = db.Exec(`UPDATE versions SET sha256 = 'flipped' WHERE function_id = ?`, v.ID)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	r.clock.set(start.Add(2 * fileLife))
	r.open()
	assert.FileExists(t, r.codeFile(v.Latest.SHA256))
}

// removed waits until the rows of deleted functions are gone.
func (r *rig) removed() {
	r.Helper()
	for {
		changed := r.Store().Changed()
		left, err := r.Store().Deletions()
		require.NoError(r, err)
		if len(left) == 0 {
			return
		}
		select {
		case <-changed:
		case <-r.ctx.Done():
			r.Fatal("rows of a deleted function stay")
		}
	}
}

func TestTheCallsOfADeletedFunctionAreGoneAtOnceAndLeaveInTheBackground(t *testing.T) {
	r := newRig(t, nil)
	f := r.handler("def handle(data): print('hello')\n")
	call, _ := r.call(f.ID, `{}`)
	require.NoError(t, r.Delete([]int64{f.ID}))
	calls, err := r.Store().Calls(store.CallQuery{Limit: 10})
	require.NoError(t, err)
	assert.Empty(t, calls)
	r.removed()
	lines, err := r.Store().Lines(call.ID, 0, 10)
	require.NoError(t, err)
	assert.Empty(t, lines)
}

func TestARemovalThatACrashCutGoesOnAfterTheNextStart(t *testing.T) {
	r := newRig(t, nil)
	f := r.handler("def handle(data): print('hello')\n")
	call, _ := r.call(f.ID, `{}`)
	require.NoError(t, r.Core.Close())
	s, err := store.Open(r.dir, r.clock.Now) // as an engine that is killed right after the deletion
	require.NoError(t, err)
	require.NoError(t, s.Write(store.Durable, func(tx *store.Tx) error { return tx.DeleteFunction(f.ID) }))
	require.NoError(t, s.Close())

	r.open()
	r.removed()
	lines, err := r.Store().Lines(call.ID, 0, 10)
	require.NoError(t, err)
	assert.Empty(t, lines)
}
