package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/pack"
)

// drifted is a backend whose function hello was packed of other files than its
// folder has now.
func drifted(t *testing.T) *fakeBackend {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"handler.py": "def handle(data):\n\treturn 2\n", "new.py": "N = 1\n", "same.py": "S = 1\n", "evil\x1b.py": "E\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	b := helloBackend()
	b.functions[0].Folder = dir
	var err error
	b.code, err = pack.FromFiles(map[string][]byte{"handler.py": []byte("def handle(data):\n\treturn 1\n"), "old.py": []byte("O = 1\n"), "same.py": []byte("S = 1\n")})
	require.NoError(t, err)
	return b
}

func TestDiffListsWhatDiffersAndShowsTexts(t *testing.T) {
	b := drifted(t)
	require.NoError(t, os.Remove(filepath.Join(b.functions[0].Folder, "evil\x1b.py")))
	got := fndeck(t, b, door{}, "diff", "hello")
	require.Equal(t, 0, got.code, got.errs)
	assert.Contains(t, got.errs, "A 1  M 1  D 1")
	assert.Equal(t, "M  handler.py\nA  new.py\nD  old.py\n\n"+
		"--- a/handler.py\n+++ b/handler.py\n@@ -1,2 +1,2 @@\n def handle(data):\n-\treturn 1\n+\treturn 2\n"+
		"--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+N = 1\n"+
		"--- a/old.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-O = 1\n", got.out)
	assert.Equal(t, []string{"files 1 v2"}, b.asked, "nothing is sent")

	got = fndeck(t, b, door{}, "diff", "hello", "--files", "--exit-code", "--version", "v1")
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.errs, "hello differs from v1 in 3 files")
	assert.Equal(t, "M  handler.py\nA  new.py\nD  old.py\n", got.out)

	got = fndeck(t, b, door{}, "diff", "hello", "-o", "json")
	assert.Contains(t, got.out, `"changed": [`)
	got = fndeck(t, b, door{}, "diff", "hello", "-o", "name")
	assert.Equal(t, "handler.py\nnew.py\nold.py\n", got.out)
}

func TestDiffWithoutAnyDifferenceSaysSo(t *testing.T) {
	b := drifted(t)
	same := t.TempDir()
	for name, text := range map[string]string{"handler.py": "def handle(data):\n\treturn 1\n", "old.py": "O = 1\n", "same.py": "S = 1\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(same, name), []byte(text), 0o600))
	}
	got := fndeck(t, b, door{}, "diff", "hello", same, "--exit-code")
	assert.Equal(t, 0, got.code, got.errs)
	assert.Empty(t, got.out)
	assert.Contains(t, got.errs, "no difference")
}

func TestDiffCannotDriveATerminal(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		got := fndeck(t, drifted(t), door{terminal: terminal}, "diff", "hello", "--files")
		assert.NotContains(t, got.out+got.errs, "\x1b")
	}
	b := drifted(t)
	require.NoError(t, os.WriteFile(filepath.Join(b.functions[0].Folder, "handler.py"), []byte("\x1b]0;owned\a\n"), 0o600))
	got := fndeck(t, b, door{terminal: true}, "diff", "hello")
	assert.NotContains(t, got.out, "\x1b")
	assert.Contains(t, got.out, "owned")
}

func TestDiffNeedsAFolderAndAVersion(t *testing.T) {
	got := fndeck(t, helloBackend(), door{}, "diff", "hello")
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "the folder of hello is not known: name it")
	got = fndeck(t, helloBackend(), door{}, "diff", "2", t.TempDir())
	assert.Equal(t, 5, got.code)
	assert.Contains(t, got.errs, "serves")
}

func TestSettingsChangeWithoutTheFolder(t *testing.T) {
	b := helloBackend()
	b.functions[0].EnvVars = map[string]string{"REGION": "eu", "OLD": "1"}
	b.functions[0].SecretNames = []string{"token", "unused"}
	b.functions[0].Metadata = map[string]string{"team": "ops"}
	got := fndeck(t, b, door{stdin: "s3cret"}, "redeploy", "hello", "--same-code", "--keep", "--env", "REGION=us", "--drop-env", "OLD",
		"--secret-stdin", "new", "--drop-secret", "unused", "--owner", "kari", "--metadata", "tier=2")
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, []string{"settings 1"}, b.asked)
	assert.Equal(t, map[string]string{"REGION": "us"}, b.change.EnvVars)
	assert.Equal(t, map[string]string{"team": "ops", "tier": "2"}, b.change.Metadata)
	assert.Equal(t, []string{"token"}, b.change.KeepSecrets)
	assert.Equal(t, "s3cret", b.change.Secrets["new"].Reveal())
	assert.Equal(t, "kari", *b.change.Owner)
	assert.Nil(t, b.change.Description, "what is not named stays")

	b.change = client.SpecChange{}
	got = fndeck(t, b, door{}, "redeploy", "hello", "--same-code", "--env", "A=1")
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, map[string]string{"A": "1"}, b.change.EnvVars, "without --keep those named replace all")
	assert.Nil(t, b.change.Secrets)
}

func TestSettingsThatCannotBeMeantAreRefused(t *testing.T) {
	for says, args := range map[string][]string{
		"settings of hello: nothing is different":   {"--same-code"},
		`there is no environment variable "NO"`:     {"--same-code", "--drop-env", "NO"},
		`hello has no secret "NO" to drop`:          {"--same-code", "--drop-secret", "NO"},
		"--same-code sends no folder: leave out --": {"--same-code", "--dry-run"},
		"leave out ./other":                         {"./other", "--same-code"},
	} {
		b := helloBackend()
		got := fndeck(t, b, door{}, append([]string{"redeploy", "hello"}, args...)...)
		assert.Equal(t, 2, got.code, args)
		assert.Contains(t, got.errs, says)
		assert.Empty(t, b.asked)
	}
}

func TestNewWritesAFolderAndDeploysIt(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "greeter")
	b := helloBackend()
	got := fndeck(t, b, door{}, "new", "hello", folder)
	require.Equal(t, 0, got.code, got.errs)
	assert.Contains(t, got.errs, "greeter lies in "+folder)
	assert.Equal(t, []string{"deploy greeter"}, b.asked)
	assert.FileExists(t, filepath.Join(folder, "handler.py"))

	again := fndeck(t, b, door{}, "new", "hello", folder, "other")
	assert.Equal(t, 5, again.code)
	assert.Contains(t, again.errs, folder+" is not empty")
	assert.Len(t, b.asked, 1)
}

func TestNewListsTheTemplatesAndCanOnlyWrite(t *testing.T) {
	got := fndeck(t, nil, door{}, "new", "-o", "name")
	assert.Equal(t, "hello\necho\nscheduled\nsecrets\nnotebook\n", got.out)
	folder := filepath.Join(t.TempDir(), "job")
	got = fndeck(t, nil, door{}, "new", "scheduled", folder, "--no-deploy")
	require.Equal(t, 0, got.code, got.errs)
	assert.FileExists(t, filepath.Join(folder, "handler.py"))
	got = fndeck(t, nil, door{}, "new", "nosuch", folder, "--no-deploy")
	assert.Equal(t, 3, got.code)
	assert.Equal(t, 2, fndeck(t, nil, door{}, "new", "hello").code)
}
