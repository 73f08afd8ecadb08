//go:build linux

package disk

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// childDir names, for a process of the tests' own, the directory it looks at.
const childDir = "FNDECK_TEST_WRITABLE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		fmt.Fprint(os.Stdout, Writable(dir))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestADirectoryWhosePermissionsForbidWritingIsReadOnly(t *testing.T) {
	const nobody = 65534
	dir := t.TempDir()
	for _, above := range []string{dir, filepath.Dir(dir)} {
		require.NoError(t, os.Chmod(above, 0o711)) // the other user must get there
	}
	program := filepath.Join(dir, "test")
	text, err := os.ReadFile(os.Args[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(program, text, 0o755))
	closed := filepath.Join(dir, "state")
	require.NoError(t, os.Mkdir(closed, 0o500))
	if err := os.Chown(closed, nobody, nobody); err != nil {
		t.Skip("giving a directory away is not allowed here: ", err)
	}
	look := func(dir string) string {
		cmd := exec.Command(program)
		cmd.Env = []string{childDir + "=" + dir}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", said)
		return string(said)
	}
	assert.Equal(t, "read-only: nothing can be written to "+closed+", its permissions do not allow it", look(closed))
	require.NoError(t, os.Chmod(closed, 0o700))
	assert.Equal(t, "<nil>", look(closed))
	assert.Equal(t, "<nil>", look(filepath.Join(closed, "not there yet")))
}

func TestTheBallastTakesRealBlocksAndComesBackWhenThereIsRoom(t *testing.T) {
	dir := t.TempDir()
	r := Guard(dir)
	info, err := os.Stat(filepath.Join(dir, BallastFile))
	require.NoError(t, err)
	assert.Equal(t, int64(BallastBytes), info.Size())
	assert.GreaterOrEqual(t, info.Sys().(*syscall.Stat_t).Blocks*blockBytes, int64(BallastBytes))
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.True(t, r.Release())
	require.False(t, r.Release(), "it is given up once")
	require.NoFileExists(t, filepath.Join(dir, BallastFile))
	require.NoError(t, r.Check(0))
	assert.FileExists(t, filepath.Join(dir, BallastFile))
	assert.ErrorContains(t, r.Check(1<<62), "disk full: need ")
}
