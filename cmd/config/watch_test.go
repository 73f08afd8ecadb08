package config

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// written is a configuration file, and what writes it anew as editors do: under
// another name first.
func written(t *testing.T, text string) (path string, write func(text string)) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "config.yaml")
	write = func(text string) {
		require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o600))
		require.NoError(t, os.Rename(path+".new", path))
	}
	write(text)
	return path, write
}

func TestOnlyAChangedFileIsReadAgain(t *testing.T) {
	path, write := written(t, "theme: dark\n")
	f := NewFile(path, false, environment)
	c, found, err := f.Load()
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, "dark", c.Theme)

	c, err = f.LoadChanged()
	require.NoError(t, err)
	assert.Nil(t, c)

	write("theme: dusk\n")
	_, err = f.LoadChanged()
	assert.ErrorContains(t, err, "config.yaml:1:8: theme")
	c, err = f.LoadChanged()
	assert.NoError(t, err, "a fault is told once")
	assert.Nil(t, c)

	write("theme: light\n")
	c, err = f.LoadChanged()
	require.NoError(t, err)
	assert.Equal(t, "light", c.Theme)
}

func TestAFileOfTheSameTimeAndSizeIsSeenByItsInode(t *testing.T) {
	path, write := written(t, "theme: dark\n")
	f := NewFile(path, false, environment)
	_, _, err := f.Load()
	require.NoError(t, err)
	before, err := os.Stat(path)
	require.NoError(t, err)
	write("theme: auto\n")
	require.NoError(t, os.Chtimes(path, time.Time{}, before.ModTime()))
	c, err := f.LoadChanged()
	require.NoError(t, err)
	require.NotNil(t, c)
	assert.Equal(t, "auto", c.Theme)
}

func TestAFileThatIsMendedByItsModeAloneIsReadAgain(t *testing.T) {
	path, _ := written(t, "theme: dark\n")
	require.NoError(t, os.Chmod(path, 0o666))
	f := NewFile(path, false, environment)
	_, _, err := f.Load()
	require.ErrorContains(t, err, "can be changed by others")
	require.NoError(t, os.Chmod(path, 0o600))
	c, err := f.LoadChanged()
	require.NoError(t, err)
	assert.Equal(t, "dark", c.Theme)
}

func TestAConfigurationThatIsTooLargeIsRefusedUnreadAndLeftAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte("theme: dark\n"), 0o600))
	f := NewFile(path, true, os.Getenv)
	_, _, err := f.Load()
	require.NoError(t, err)
	large := bytes.Repeat([]byte("# ten megabytes\n"), 10<<20/16)
	require.NoError(t, os.WriteFile(path, large, 0o600))
	_, err = f.LoadChanged()
	require.ErrorContains(t, err, path+" has 10485760 bytes: the limit is 1048576")
	_, _, err = NewFile(path, true, os.Getenv).Load()
	require.ErrorContains(t, err, "the limit is 1048576")
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(large, kept))
}

func TestAFileMayComeButDoesNotGoUnnoticed(t *testing.T) {
	path, write := written(t, "")
	require.NoError(t, os.Remove(path))
	f := NewFile(path, false, environment)
	c, found, err := f.Load()
	require.NoError(t, err)
	assert.False(t, found)
	assert.Equal(t, Default(), c)

	write("contexts: {local: {protected: true}}\n")
	c, err = f.LoadChanged()
	require.NoError(t, err)
	assert.True(t, c.Contexts[0].Protected)

	require.NoError(t, os.Remove(path))
	_, err = f.LoadChanged()
	assert.ErrorContains(t, err, path+" is gone")

	_, _, err = NewFile(path, true, environment).Load()
	assert.ErrorContains(t, err, "configuration "+path+" does not exist")
	c, found, err = NewFile("", false, environment).Load()
	require.NoError(t, err)
	assert.False(t, found)
	assert.Equal(t, Default(), c)
}
