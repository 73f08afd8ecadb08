//go:build linux

package core

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
