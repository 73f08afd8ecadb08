package python

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAskingForAnEnvironmentKeepsItForLater(t *testing.T) {
	e := &Environments{Dir: t.TempDir()}
	long := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range []string{"asked", "forgotten"} {
		require.NoError(t, os.Mkdir(filepath.Join(e.Dir, name), 0o700))
		file := filepath.Join(e.Dir, name, mark)
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		require.NoError(t, os.Chtimes(file, long, long))
	}
	e.touch("asked")
	e.touch("missing")
	require.NoError(t, e.Collect(nil, long.Add(time.Hour)))
	assert.True(t, e.Complete("asked"))
	assert.NoDirExists(t, filepath.Join(e.Dir, "forgotten"))
	assert.NoDirExists(t, filepath.Join(e.Dir, "missing"))
}
