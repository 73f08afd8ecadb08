package pack_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/pack"
)

func TestEachHandsOverWhatIsPackedInTheOrderOfItsPaths(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"handler.py": "def handle(:", "a.py": "A", "x.pyc": "no"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	var paths []string
	note := func(path string, content io.Reader) error {
		paths = append(paths, path)
		_, err := io.CopyN(io.Discard, content, 1) // The rest is passed over.
		return err
	}
	require.NoError(t, pack.Each(t.Context(), dir, pack.Options{}, note))
	assert.Equal(t, []string{"a.py", "handler.py"}, paths, "code with a fault is looked at all the same")

	paths = nil
	code, err := pack.FromFiles(map[string][]byte{"b.py": []byte("B"), "sub/c.py": []byte("C")})
	require.NoError(t, err)
	require.NoError(t, pack.EachIn(t.Context(), bytes.NewReader(code), int64(len(code)), pack.Limits{}, note))
	assert.Equal(t, []string{"b.py", "sub/c.py"}, paths)
	assert.ErrorContains(t, pack.EachIn(t.Context(), bytes.NewReader(code[:9]), 9, pack.Limits{}, note), "refused")
}

func TestAStampIsAnotherOnceAFolderMayBe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "handler.py")
	require.NoError(t, os.WriteFile(file, []byte("one"), 0o600))
	seen := map[uint64]bool{}
	look := func() uint64 {
		t.Helper()
		stamp, err := pack.Stamp(t.Context(), dir, pack.Options{})
		require.NoError(t, err)
		return stamp
	}
	seen[look()] = true
	assert.True(t, seen[look()], "nothing has changed")
	for i, change := range []func() error{
		func() error { return os.Chtimes(file, time.Time{}, time.Unix(1_000_000, 0)) },
		func() error { return os.WriteFile(filepath.Join(dir, "more.py"), nil, 0o600) },
		func() error { return os.Rename(filepath.Join(dir, "more.py"), filepath.Join(dir, "other.py")) },
		func() error { return os.Remove(filepath.Join(dir, "other.py")) },
	} {
		require.NoError(t, change())
		stamp := look()
		assert.Equal(t, i == 3, seen[stamp], "change %d", i) // The last one takes the second back.
		seen[stamp] = true
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ignored.pyc"), nil, 0o600))
	assert.True(t, seen[look()], "what is not packed does not count")
	_, err := pack.Stamp(t.Context(), filepath.Join(dir, "nosuch"), pack.Options{})
	assert.Error(t, err)
}
