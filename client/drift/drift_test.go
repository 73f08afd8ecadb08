package drift_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/drift"
	"fndeck/client/pack"
)

func write(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func packed(t *testing.T, dir string) drift.Files {
	t.Helper()
	preview, err := pack.Scan(t.Context(), dir, pack.Options{})
	require.NoError(t, err)
	code, err := preview.Pack(t.Context())
	require.NoError(t, err)
	files, err := drift.InZip(t.Context(), bytes.NewReader(code.Zip), int64(len(code.Zip)))
	require.NoError(t, err)
	return files
}

const handler = "def handle(data):\n    return data\n"

func TestAFolderIsWhatWasPackedOfIt(t *testing.T) {
	dir := write(t, t.TempDir(), map[string]string{"handler.py": handler, "sub/a.py": "A = 1\n", ".git/HEAD": "ref", "x.pyc": "no"})
	here, err := drift.Here(t.Context(), dir, pack.Options{})
	require.NoError(t, err)
	assert.Equal(t, packed(t, dir), here, "ignored files are no drift")
	assert.Zero(t, drift.Compare(packed(t, dir), here).Count())
	assert.Len(t, here, 2)
}

func TestWhatChangedCameAndWentIsTold(t *testing.T) {
	dir := write(t, t.TempDir(), map[string]string{"handler.py": handler, "old.py": "O = 1\n", "same.py": "S = 1\n"})
	before := packed(t, dir)
	write(t, dir, map[string]string{"handler.py": handler + "# more\n", "a.py": "A = 1\n", "b.py": "B = 1\n"})
	require.NoError(t, os.Remove(filepath.Join(dir, "old.py")))
	here, err := drift.Here(t.Context(), dir, pack.Options{})
	require.NoError(t, err)
	d := drift.Compare(before, here)
	assert.Equal(t, drift.Drift{Added: []string{"a.py", "b.py"}, Changed: []string{"handler.py"}, Gone: []string{"old.py"}}, d)
	assert.Equal(t, "A 2  M 1  D 1", d.Summary())
	assert.Equal(t, []drift.Change{{'A', "a.py"}, {'A', "b.py"}, {'M', "handler.py"}, {'D', "old.py"}}, d.Changes())
}

func TestCodeWithAFaultIsComparedAllTheSame(t *testing.T) {
	dir := write(t, t.TempDir(), map[string]string{"handler.py": "def handle(:\n"})
	here, err := drift.Here(t.Context(), dir, pack.Options{})
	require.NoError(t, err)
	assert.Contains(t, here, "handler.py")
}

func TestAFolderOverTheLimitsIsAnErrorAndNotHashed(t *testing.T) {
	dir := write(t, t.TempDir(), map[string]string{"handler.py": handler, "b.py": "", "c.py": ""})
	_, err := drift.Here(t.Context(), dir, pack.Options{Limits: pack.Limits{MaxEntries: 2}})
	assert.ErrorContains(t, err, "3 files, the limit is 2")
	_, err = drift.Here(t.Context(), dir, pack.Options{Limits: pack.Limits{MaxBytes: 5}})
	assert.ErrorContains(t, err, "the limit is 5 bytes")
	_, err = drift.Here(t.Context(), filepath.Join(dir, "nosuch"), pack.Options{})
	assert.ErrorContains(t, err, "there is no ")
}

func TestTextsAreComparedLineByLineAndOthersNot(t *testing.T) {
	assert.Equal(t, "--- a/h.py\n+++ b/h.py\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n", drift.Unified("h.py", []byte("one\ntwo\n"), []byte("one\nthree\n")))
	assert.Equal(t, "--- /dev/null\n+++ b/h.py\n@@ -0,0 +1 @@\n+one\n", drift.Unified("h.py", nil, []byte("one\n")))
	assert.Contains(t, drift.Unified("h.py", []byte("one\n"), nil), "+++ /dev/null\n")
	assert.Equal(t, "Binary files a/p.png and b/p.png differ\n", drift.Unified("p.png", []byte{0x89, 0}, []byte("text")))
	assert.Contains(t, drift.Unified("big", []byte(strings.Repeat("x\n", 1<<20)), []byte("x")), "longer than")
}
