package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/pack"
)

const handler = "def handle(client, data):\n    return data\n"

// source makes a folder called name with these files.
func source(t *testing.T, name string, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.Mkdir(dir, 0o700))
	for file, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
	}
	return dir
}

func TestDeployCreatesAFunctionNamedAfterItsFolder(t *testing.T) {
	dir := source(t, "greeter", map[string]string{"handler.py": handler})
	b := helloBackend()
	got := fndeck(t, b, door{}, "deploy", dir, "--env", "A=1", "--owner", "ops", "--runtime", "none-such", "--cpu", "2", "--memory", "3.5")
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, []string{"deploy greeter"}, b.asked)
	assert.Equal(t, []float64{2, 3.5}, []float64{b.spec.CPU, b.spec.MemoryGB})
	assert.Equal(t, map[string]string{"A": "1"}, b.spec.EnvVars)
	assert.Equal(t, "ops", b.spec.Owner)
	assert.Equal(t, "none-such", b.spec.Runtime)
	assert.Contains(t, got.errs, "greeter v1 is Ready")
	assert.Contains(t, got.errs, "  second", "the build output is shown while waiting")
	assert.Empty(t, got.out)
	assert.True(t, b.closed)
}

func TestDeployOfAnExistingNameIsARedeployAndSaysSo(t *testing.T) {
	dir := source(t, "x", map[string]string{"handler.py": handler})
	b := helloBackend()
	got := fndeck(t, b, door{}, "deploy", dir, "hello", "--no-wait", "-o", "name", "--memory", "4")
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, []string{"redeploy 1"}, b.asked)
	require.NotNil(t, b.change.MemoryGB)
	assert.InDelta(t, 4, *b.change.MemoryGB, 0)
	assert.Nil(t, b.change.CPU)
	assert.Contains(t, got.errs, "hello exists: this redeploys it")
	assert.Equal(t, "hello\n", got.out)

	got = fndeck(t, b, door{}, "deploy", dir, "hello", "--external-id", "me")
	assert.Equal(t, 5, got.code, "a flag that a redeploy cannot follow is not dropped without a word")
	assert.Contains(t, got.errs, "--external-id")

	got = fndeck(t, b, door{}, "deploy", dir, "hello", "--cpu", "NaN")
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "--cpu NaN: a number above 0 is expected")
}

func TestAFailedDeployExitsWithOneAndSaysWhatStillServes(t *testing.T) {
	dir := source(t, "x", map[string]string{"handler.py": handler})
	b := helloBackend()
	b.settled = func(f client.Function) client.Function {
		f.Error = &client.Failure{Message: "no matching distribution for pandass"}
		return f
	}
	got := fndeck(t, b, door{}, "redeploy", "hello", dir)
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.errs, "deploy failed: no matching distribution for pandass. v2 still serves")
}

func TestDryRunPrintsThePreviewAndSendsNothing(t *testing.T) {
	dir := source(t, "x", map[string]string{"handler.py": handler, ".env": "A=1", "a\x1b[2J.txt": "x"})
	got := fndeck(t, nil, door{}, "deploy", dir, "--dry-run", "-o", "json")
	require.Equal(t, 0, got.code, got.errs)
	var preview previewObject
	require.NoError(t, json.Unmarshal([]byte(got.out), &preview))
	assert.Equal(t, "x", preview.Name)
	require.Len(t, preview.Ignored, 1)
	assert.Equal(t, ".env", preview.Ignored[0].Path)

	got = fndeck(t, nil, door{terminal: true}, "deploy", dir, "--dry-run")
	assert.Contains(t, got.out, "handler.py")
	assert.NotContains(t, got.out, "\x1b")
}

func TestBlockingFindingsAreNamedBeforeAnythingIsSent(t *testing.T) {
	dir := source(t, "x", map[string]string{"main.py": handler})
	for _, args := range [][]string{{"deploy", dir, "--dry-run"}, {"deploy", dir, "--yes"}, {"redeploy", "hello", dir, "--yes"}} {
		b := helloBackend()
		got := fndeck(t, b, door{}, args...)
		assert.Equal(t, 2, got.code, got.errs)
		assert.Contains(t, got.errs, "handler.py")
		assert.Empty(t, b.asked)
	}
}

func TestFindingsThatWantAYesAreAskedForOnlyOnATerminal(t *testing.T) {
	files := map[string]string{"handler.py": handler, "id_rsa": "-----BEGIN OPENSSH PRIVATE KEY-----\n"}
	cases := map[string]struct {
		door door
		args []string
		code int
		sent int
	}{
		"pipe":          {door{}, nil, 2, 0},
		"no input":      {door{terminal: true, stdin: "y\n"}, []string{"--no-input"}, 2, 0},
		"yes given":     {door{}, []string{"--yes"}, 0, 1},
		"yes typed":     {door{terminal: true, stdin: "y\n"}, nil, 0, 1},
		"nothing typed": {door{terminal: true, stdin: "\n"}, nil, 1, 0},
		"input ends":    {door{terminal: true}, nil, 1, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := helloBackend()
			got := fndeck(t, b, c.door, append([]string{"deploy", source(t, "x", files)}, c.args...)...)
			assert.Equal(t, c.code, got.code, got.errs)
			assert.Len(t, b.asked, c.sent)
			if c.code == 2 {
				assert.Contains(t, got.errs, "--yes")
				assert.Contains(t, got.errs, "id_rsa")
			}
		})
	}
}

func TestSecretsComeFromFilesAndStdinOnly(t *testing.T) {
	dir := source(t, "x", map[string]string{"handler.py": handler})
	keys := t.TempDir()
	private, shared := filepath.Join(keys, "private"), filepath.Join(keys, "shared")
	require.NoError(t, os.WriteFile(private, []byte("from-file\n"), 0o600))
	require.NoError(t, os.WriteFile(shared, []byte("from-file"), 0o600))
	require.NoError(t, os.Chmod(shared, 0o644))

	b := helloBackend()
	got := fndeck(t, b, door{stdin: "from-stdin\n"}, "deploy", dir, "new", "--secret-file", "A="+private, "--secret-stdin", "B")
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, "from-file", b.spec.Secrets["A"].Reveal())
	assert.Equal(t, "from-stdin", b.spec.Secrets["B"].Reveal())
	assert.NotContains(t, got.errs+got.out, "from-")

	got = fndeck(t, b, door{terminal: true}, "deploy", dir, "newer", "--secret-stdin", "B")
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, "typed", b.spec.Secrets["B"].Reveal())

	got = fndeck(t, b, door{}, "deploy", dir, "--secret-file", "A="+shared)
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "chmod 600 "+shared)

	got = fndeck(t, b, door{}, "deploy", dir, "--secret", "k=hunter2")
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "--secret is visible to every user of this machine: use --secret-stdin")
	assert.NotContains(t, got.errs, "hunter2")
}

func TestIndexPasswordsAreRefusedOnTheCommandLineOnly(t *testing.T) {
	const index = "https://user:hunter2@index.test/simple"
	dir := source(t, "x", map[string]string{"handler.py": handler})
	file := filepath.Join(t.TempDir(), "index")
	require.NoError(t, os.WriteFile(file, []byte(index+"\n"), 0o600))

	for _, flag := range []string{"--index-url", "--extra-index-url"} {
		b := helloBackend()
		got := fndeck(t, b, door{}, "deploy", dir, flag, index)
		assert.Equal(t, 2, got.code)
		assert.Contains(t, got.errs, "visible to every user")
		assert.NotContains(t, got.errs, "hunter2")
		assert.Empty(t, b.asked)
	}
	b := helloBackend()
	got := fndeck(t, b, door{}, "deploy", dir, "a", "--index-url", "@"+file, "--yes")
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, index, b.spec.IndexURL.Reveal())
	assert.NotContains(t, got.errs, "hunter2")

	got = fndeck(t, b, door{env: map[string]string{"FNDECK_INDEX_URL": index, "FNDECK_EXTRA_INDEX_URLS": index + " https://b.test"}}, "deploy", dir, "b", "--yes")
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, index, b.spec.IndexURL.Reveal())
	assert.Len(t, b.spec.ExtraIndexURLs, 2)
	assert.NotContains(t, got.errs, "hunter2")
}

func TestEnvironmentFilesAreReadAndFlagsWin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "env")
	require.NoError(t, os.WriteFile(file, []byte("# comment\nA=1\nB = two words \n\n"), 0o600))
	env, err := readEnv(file, []string{"A=2", "C="})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"A": "2", "B": "two words", "C": ""}, env)

	require.NoError(t, os.WriteFile(file, []byte("A=1\nnonsense\n"), 0o600))
	_, err = readEnv(file, nil)
	assert.ErrorContains(t, err, file+":2:")
}

func TestRedeployWithoutAFolderSaysWhatToDo(t *testing.T) {
	got := fndeck(t, helloBackend(), door{}, "redeploy", "hello")
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "name the folder")
}

func TestADryRunRefusesWhatTheDeployWouldRefuseOnlyAsItPacks(t *testing.T) {
	// The preview opens the entry file alone; damage elsewhere shows as the zip
	// is read, as does an archive that is too large once it is packed.
	const text = "these bytes are stored as they are"
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for name, content := range map[string]string{"handler.py": handler, "data.txt": text} {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		require.NoError(t, err)
		_, err = f.Write([]byte(content))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	damaged := bytes.Replace(archive.Bytes(), []byte(text), []byte(strings.ToUpper(text)), 1)
	file := filepath.Join(t.TempDir(), "greeter.zip")
	require.NoError(t, os.WriteFile(file, damaged, 0o600))

	b := helloBackend()
	deployed := fndeck(t, b, door{}, "deploy", file)
	dry := fndeck(t, b, door{}, "deploy", file, "--dry-run")
	require.NotEqual(t, 0, deployed.code)
	assert.Equal(t, deployed.code, dry.code, dry.errs)
	assert.Equal(t, deployed.errs, dry.errs)
	assert.Empty(t, dry.out, "nothing is promised")
	assert.Empty(t, b.asked)
}

func TestAnIncludeThatFindsNothingIsNamed(t *testing.T) {
	dir := source(t, "x", map[string]string{"handler.py": handler, "notes.pem": "x", ".fndeckignore": "notes.pem\n"})
	for _, args := range [][]string{{"deploy", dir, "--dry-run"}, {"deploy", dir}, {"redeploy", "hello", dir}} {
		b := helloBackend()
		got := fndeck(t, b, door{}, append(args, "--include", "nosuch")...)
		assert.Equal(t, 2, got.code, got.errs)
		assert.Contains(t, got.errs, "--include nosuch")
		assert.Empty(t, b.asked)
		assert.Empty(t, got.out)
	}
	got := fndeck(t, helloBackend(), door{}, "deploy", dir, "--dry-run", "--include", "./handler.py")
	assert.Equal(t, 0, got.code, got.errs)
}

func TestAMissingLocalFileIsASentenceAndWrongInput(t *testing.T) {
	dir := source(t, "x", map[string]string{"handler.py": handler})
	gone := filepath.Join(t.TempDir(), "nonexist")
	cases := map[string][]string{
		"--data":          {"call", "hello", "-d", "@" + gone},
		"--secret-file X": {"deploy", dir, "--secret-file", "X=" + gone},
		"--env-file":      {"deploy", dir, "--env-file", gone},
		"--index-url":     {"deploy", dir, "--index-url", "@" + gone},
	}
	for what, args := range cases {
		b := helloBackend()
		got := fndeck(t, b, door{}, args...)
		assert.Equal(t, 2, got.code, got.errs)
		assert.Equal(t, "fndeck: "+what+": there is no file "+gone+"\n", got.errs)
		assert.Empty(t, b.asked)
	}
	got := fndeck(t, helloBackend(), door{}, "call", "hello", "-d", "@"+dir)
	assert.Equal(t, 2, got.code, got.errs)
	assert.Contains(t, got.errs, dir+" cannot be read: is a directory")
}

func TestANameWithAControlCharacterIsRefusedBeforeAnythingIsSent(t *testing.T) {
	dir := source(t, "x", map[string]string{"handler.py": handler})
	for _, name := range []string{"a\x1b[2Jb", "a\nb", "a\u009bb", "a\xffb"} {
		for _, more := range [][]string{nil, {"--dry-run"}} {
			b := helloBackend()
			got := fndeck(t, b, door{}, append([]string{"deploy", dir, name}, more...)...)
			assert.Equal(t, 2, got.code, got.errs)
			assert.Contains(t, got.errs, "deploy: the name ")
			assert.Empty(t, b.asked)
		}
	}
}

func TestARedeployOfTheSameCodeNamesTheFlagThatSendsIt(t *testing.T) {
	dir := source(t, "x", map[string]string{"handler.py": handler})
	preview, err := pack.Scan(t.Context(), dir, pack.Options{})
	require.NoError(t, err)
	code, err := preview.Pack(t.Context())
	require.NoError(t, err)
	b := helloBackend()
	b.versions[0].CodeSHA256 = code.SHA256
	got := fndeck(t, b, door{}, "redeploy", "hello", dir)
	assert.Equal(t, 5, got.code, got.errs)
	assert.Contains(t, got.errs, "no changes since v2\n  --force ")
	assert.Empty(t, b.asked)
	got = fndeck(t, b, door{}, "redeploy", "hello", dir, "--force")
	assert.Equal(t, 0, got.code, got.errs)
}

func TestRedeployWithRebuildInstallsTheRequirementsAnewAndNothingElse(t *testing.T) {
	b := helloBackend()
	got := fndeck(t, b, door{}, "redeploy", "hello", "--rebuild", "--no-wait")
	assert.NotEqual(t, 0, got.code)
	assert.Contains(t, got.errs, "hello has no requirements to install anew")
	assert.Empty(t, b.asked)

	b.functions[0].Environment = "e"
	got = fndeck(t, b, door{}, "redeploy", "hello", "--rebuild", "--no-wait")
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, []string{"rebuild 1"}, b.asked)
	assert.Contains(t, got.errs, "hello v3 gets its packages anew, v2 serves until it is Ready")

	for says, args := range map[string][]string{
		"leave out ./x":       {"redeploy", "hello", "./x", "--rebuild"},
		"leave out --runtime": {"redeploy", "hello", "--rebuild", "--runtime", "py312"},
	} {
		got = fndeck(t, b, door{}, args...)
		assert.Equal(t, 2, got.code, says)
		assert.Contains(t, got.errs, says)
	}
}

func TestANotebookIsDeployedUnderItsNameAndShownBefore(t *testing.T) {
	path := filepath.Join("..", "..", "testdata", "functions", "forecast.ipynb")
	b := helloBackend()
	got := fndeck(t, b, door{}, "deploy", path, "--dry-run")
	require.Equal(t, 0, got.code, got.errs)
	for _, text := range []string{"forecast, files: 2", "handler.py:1 handle(data)", "fndeck-greeting==1.0.0", "    from fndeck_greeting import greet"} {
		assert.Contains(t, got.out, text)
	}
	assert.Empty(t, b.asked)
	got = fndeck(t, b, door{}, "deploy", path, "--no-wait")
	require.Equal(t, 0, got.code, got.errs)
	assert.Equal(t, []string{"deploy forecast"}, b.asked)
}

func TestAZipThatHoldsItsFolderIsDeployedFromThereAfterAYes(t *testing.T) {
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	w, err := z.Create("myfn/handler.py")
	require.NoError(t, err)
	_, err = w.Write([]byte(handler))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	path := filepath.Join(t.TempDir(), "x.zip")
	require.NoError(t, os.WriteFile(path, archive.Bytes(), 0o600))

	b := helloBackend()
	got := fndeck(t, b, door{}, "deploy", path, "--no-wait")
	assert.NotEqual(t, 0, got.code)
	assert.Contains(t, got.errs, "--root myfn takes that folder of the zip as its root")
	assert.Empty(t, b.asked)
	for _, flag := range []string{"--yes", "--root=myfn"} {
		b = helloBackend()
		got = fndeck(t, b, door{}, "deploy", path, "--no-wait", flag)
		require.Equal(t, 0, got.code, got.errs)
		assert.Equal(t, []string{"deploy x"}, b.asked)
	}
	got = fndeck(t, b, door{stdin: "y\n", terminal: true}, "deploy", path, "--dry-run")
	require.Equal(t, 0, got.code, got.errs)
	assert.Contains(t, got.errs, "holds the folder myfn instead of its content")
	assert.Contains(t, got.out, "handler.py:1 handle(client, data)")
}

func TestAnImportIsTriedOnlyWhereItIsAskedFor(t *testing.T) {
	dir := source(t, "x", map[string]string{"handler.py": "raise ValueError('no')\n" + handler})
	got := fndeck(t, helloBackend(), door{}, "deploy", dir, "--dry-run")
	require.Equal(t, 0, got.code, got.errs)
	assert.NotContains(t, got.out, "ValueError")
	got = fndeck(t, helloBackend(), door{}, "deploy", dir, "--dry-run", "--try-import")
	assert.Contains(t, got.out, "handler.py:1: the import fails here: ValueError: no")
	got = fndeck(t, helloBackend(), door{}, "deploy", dir, "--try-import", "--no-wait")
	assert.NotEqual(t, 0, got.code, "it wants a yes")
}
