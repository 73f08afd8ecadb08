package tokenstore

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth/privatefile"
)

func newEntry(t *testing.T) *Entry {
	t.Helper()
	return New(filepath.Join(t.TempDir(), "tokens")).Entry("issuer", "tenant", "client", "scopes", "user")
}

var someSet = Set{
	Access: "access-1", Refresh: "refresh-1", ID: "id-1", Scope: "a b",
	Obtained: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), Ends: time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC),
}

func TestWhatIsWrittenIsReadBackAndOnlyByItsOwner(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	e := newEntry(t)
	_, err := e.Read()
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, e.Write(someSet))
	got, err := e.Read()
	require.NoError(t, err)
	assert.Equal(t, someSet, got)
	info, err := os.Stat(e.Path())
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	left, err := os.ReadDir(filepath.Dir(e.Path()))
	require.NoError(t, err)
	assert.Len(t, left, 1, "no temporary file is left")
	require.NoError(t, e.Delete())
	require.NoError(t, e.Delete())
}

func TestTheNameOfAFileTellsNothing(t *testing.T) {
	s := New("/d")
	one, two := s.Entry("issuer", "client", "a@b"), s.Entry("issuer", "client", "c@d")
	assert.NotEqual(t, one.Path(), two.Path())
	assert.Regexp(t, `^/d/[0-9a-f]{64}\.json$`, one.Path())
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", someSet, someSet, someSet), "refresh-1")
}

func TestAFileThatOthersCouldHaveTouchedIsRefused(t *testing.T) {
	e := newEntry(t)
	require.NoError(t, e.Write(someSet))
	require.NoError(t, os.Chmod(e.Path(), 0o640))
	_, err := e.Read()
	require.ErrorIs(t, err, privatefile.ErrUnsafe)
	require.ErrorContains(t, err, "chmod 600 "+e.Path())

	require.NoError(t, os.Chmod(e.Path(), 0o600))
	real := e.Path() + ".real"
	require.NoError(t, os.Rename(e.Path(), real))
	require.NoError(t, os.Symlink(real, e.Path()))
	_, err = e.Read()
	require.ErrorIs(t, err, privatefile.ErrUnsafe)
	require.ErrorContains(t, err, "symbolic link")

	require.NoError(t, os.Chmod(filepath.Dir(e.Path()), 0o750))
	require.ErrorContains(t, e.Write(someSet), "chmod 700")
}

func TestAFileOfAnotherUserIsRefused(t *testing.T) {
	e := newEntry(t)
	require.NoError(t, e.Write(someSet))
	if err := os.Chown(e.Path(), 12345, -1); err != nil {
		t.Skip("only root can give a file away")
	}
	_, err := e.Read()
	require.ErrorIs(t, err, privatefile.ErrUnsafe)
	require.ErrorContains(t, err, "12345")
}

func TestAFileThatCannotBeReadLiesBesideAfterwards(t *testing.T) {
	for text, why := range map[string]string{`{"format":1,"acc`: "cut off", ``: "cut off", `{"format":2}`: "format 2", `[]`: "cut off"} {
		e := newEntry(t)
		require.NoError(t, e.Write(someSet))
		require.NoError(t, os.WriteFile(e.Path(), []byte(text), 0o600))
		_, err := e.Read()
		require.ErrorIs(t, err, ErrSetAside)
		require.ErrorContains(t, err, why)
		bad, err := os.ReadFile(strings.TrimSuffix(e.Path(), ".json") + ".bad")
		require.NoError(t, err)
		assert.Equal(t, text, string(bad))
		_, err = e.Read()
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
}

func TestADirectoryOfAnotherUserGetsNoTokens(t *testing.T) {
	e := newEntry(t)
	require.NoError(t, e.Write(someSet))
	dir := filepath.Dir(e.Path())
	if os.Chown(dir, 12345, -1) != nil {
		t.Skip("only root can give a directory away")
	}
	require.ErrorIs(t, e.Write(someSet), privatefile.ErrUnsafe)
	_, err := e.Lock(t.Context())
	require.ErrorIs(t, err, privatefile.ErrUnsafe)
}

func TestALockIsWaitedForAndNotForEver(t *testing.T) {
	e := newEntry(t)
	unlock, err := e.Lock(t.Context())
	require.NoError(t, err)
	e.store.wait = time.Millisecond
	_, err = e.Lock(t.Context())
	require.ErrorIs(t, err, ErrBusy)

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	e.store.wait = time.Hour
	_, err = e.Lock(cancelled)
	require.ErrorIs(t, err, context.Canceled)

	got := make(chan error, 1)
	go func() {
		again, err := e.Lock(context.Background())
		if err == nil {
			again()
		}
		got <- err
	}()
	unlock()
	require.NoError(t, <-got)
	assert.FileExists(t, strings.TrimSuffix(e.Path(), ".json")+".lock")
}
