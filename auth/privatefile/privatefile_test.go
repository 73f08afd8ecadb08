package privatefile_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth/privatefile"
)

func TestOnlyAFileOfOnesOwnIsRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(path, []byte("word"), 0o600))
	text, err := privatefile.Read(path, 4)
	require.NoError(t, err)
	assert.Equal(t, "word", string(text))
	_, err = privatefile.Read(path, 3)
	require.ErrorContains(t, err, "larger than 3 bytes")

	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o610} {
		require.NoError(t, os.Chmod(path, mode))
		_, err = privatefile.Read(path, 100)
		require.ErrorIs(t, err, privatefile.ErrUnsafe, mode)
	}
	require.NoError(t, os.Chmod(path, 0o400))
	_, err = privatefile.Read(path, 100)
	require.NoError(t, err)

	link, pipe := filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	require.NoError(t, os.Symlink(path, link))
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, unsafe := range []string{link, pipe, dir} {
		_, err = privatefile.Read(unsafe, 100)
		require.ErrorIs(t, err, privatefile.ErrUnsafe, unsafe)
	}
	_, err = privatefile.Read(filepath.Join(dir, "absent"), 100)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestADirectoryThatOthersOwnOrCanUseIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	require.NoError(t, privatefile.Dir(dir))
	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	require.NoError(t, os.Chmod(dir, 0o710))
	err = privatefile.Dir(dir)
	require.ErrorIs(t, err, privatefile.ErrUnsafe)
	require.ErrorContains(t, err, "chmod 700 "+dir)
	require.NoError(t, os.Chmod(dir, 0o700))
	if os.Chown(dir, 12345, -1) != nil {
		t.Skip("only root can give a directory away")
	}
	err = privatefile.Dir(dir)
	require.ErrorIs(t, err, privatefile.ErrUnsafe)
	require.ErrorContains(t, err, "12345")
}
