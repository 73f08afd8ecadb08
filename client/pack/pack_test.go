package pack

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func packed(t *testing.T, path string, opts Options) client.Package {
	t.Helper()
	code, err := scan(t, path, opts).Pack(context.Background())
	require.NoError(t, err)
	assert.Equal(t, Hash(code.Zip), code.SHA256)
	return code
}

func TestTheSameFolderGivesTheSameBytes(t *testing.T) {
	files := map[string]string{"handler.py": goodHandler, "b/z.py": "1", "b/a.py": "2", "a.txt": "3"}
	one, two := writeTree(t, files), writeTree(t, files)
	old := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, os.Chtimes(filepath.Join(two, "a.txt"), old, old))
	require.NoError(t, os.Chmod(filepath.Join(two, "a.txt"), 0o600))
	require.NoError(t, os.MkdirAll(filepath.Join(two, ".git"), 0o700))
	first, second := packed(t, one, Options{}), packed(t, two, Options{})
	assert.Equal(t, first.SHA256, second.SHA256)
	assert.Equal(t, one, first.Folder)

	// A zip of the same content, in another order and stored, is the same code.
	loose := filepath.Join(t.TempDir(), "f.zip")
	require.NoError(t, os.WriteFile(loose, makeZip(t, rawEntry{name: "b/"}, rawEntry{name: "a.txt", content: "3"},
		rawEntry{name: "./handler.py", content: goodHandler}, rawEntry{name: "b/z.py", content: "1"}, rawEntry{name: "b/a.py", content: "2"}), 0o600))
	third := packed(t, loose, Options{})
	assert.Equal(t, first.SHA256, third.SHA256)
	assert.Empty(t, third.Folder)

	bytesByPath := map[string][]byte{}
	for name, text := range files {
		bytesByPath[name] = []byte(text)
	}
	fourth, err := FromFiles(bytesByPath)
	require.NoError(t, err)
	assert.Equal(t, first.SHA256, Hash(fourth))

	require.NoError(t, os.Chmod(filepath.Join(two, "a.txt"), 0o700))
	assert.NotEqual(t, first.SHA256, packed(t, two, Options{}).SHA256, "the executable bit is part of the code")
}

func TestPackedFilesAreSortedDeflatedAndDated(t *testing.T) {
	code := packed(t, writeTree(t, map[string]string{"handler.py": goodHandler, "a/b.py": "x", "a.py": "x"}), Options{})
	r, err := zip.NewReader(bytes.NewReader(code.Zip), int64(len(code.Zip)))
	require.NoError(t, err)
	var names []string
	for _, f := range r.File {
		names = append(names, f.Name)
		assert.Equal(t, zip.Deflate, f.Method)
		assert.True(t, f.Modified.Equal(packedDate()))
		assert.Equal(t, os.FileMode(0o644), f.Mode())
	}
	assert.Equal(t, []string{"a.py", "a/b.py", "handler.py"}, names)
}

func TestAFileThatChangesAfterThePreviewStopsThePacking(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, path string){
		"it had 3 bytes and has more now": func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, make([]byte, 9<<20), 0o600)) },
		"it had 3 bytes and has 1 now":    func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, []byte("1"), 0o600)) },
		"it cannot be read now":           func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) },
	} {
		root := writeTree(t, map[string]string{"handler.py": goodHandler, "log.txt": "123"})
		p := scan(t, root, Options{})
		change(t, filepath.Join(root, "log.txt"))
		_, err := p.Pack(context.Background())
		require.ErrorIs(t, err, client.ErrConflict)
		assert.ErrorContains(t, err, `"log.txt" changed since the preview: `+name)
	}
	path := filepath.Join(t.TempDir(), "f.zip")
	require.NoError(t, os.WriteFile(path, makeZip(t, rawEntry{name: "handler.py", content: goodHandler}), 0o600))
	p := scan(t, path, Options{})
	require.NoError(t, os.WriteFile(path, makeZip(t, rawEntry{name: "handler.py", content: goodHandler + "#"}), 0o600))
	_, err := p.Pack(context.Background())
	require.ErrorIs(t, err, client.ErrConflict)
}

func TestPackRefusesWhatIsTooLargeOrBlocked(t *testing.T) {
	root := writeTree(t, map[string]string{"handler.py": goodHandler, "b.txt": "x"})
	p := scan(t, root, Options{Limits: Limits{MaxPackedBytes: 64}})
	_, err := p.Pack(context.Background())
	require.ErrorIs(t, err, &client.Error{Code: client.CodeLimit})
	assert.ErrorContains(t, err, "the limit is 64 bytes")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = scan(t, root, Options{}).Pack(ctx)
	require.ErrorIs(t, err, context.Canceled)

	_, err = FromFiles(map[string][]byte{"../x": nil})
	require.ErrorContains(t, err, `file "../x" points outside the folder`)
	_, err = FromFiles(map[string][]byte{"a": nil, "A": nil})
	require.ErrorContains(t, err, "upper and lower case only")
}

func TestPackedCodeUnpacksToWhatWasPreviewed(t *testing.T) {
	files := map[string]string{"handler.py": goodHandler, "a/b/c.txt": "deep", "empty.txt": ""}
	code := packed(t, writeTree(t, files), Options{})
	dest, err := unpack(t, code.Zip, Limits{})
	require.NoError(t, err)
	for name, text := range files {
		data, err := os.ReadFile(filepath.Join(dest, name))
		require.NoError(t, err)
		assert.Equal(t, text, string(data))
	}
}
