package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testedBlock matches the blocks of the README that are run: those marked
// "sh test". They run in order, in one home with one engine, from a directory
// that holds the repository's testdata.
var testedBlock = regexp.MustCompile("(?ms)^```sh test\n(.*?)^```")

func TestReadmeCommandsWork(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(moduleRoot, "README.md"))
	require.NoError(t, err)
	blocks := testedBlock.FindAllSubmatch(readme, -1)
	require.NotEmpty(t, blocks, "no block of the README is marked to be tested")
	needPython(t)

	home := t.TempDir()
	samples, err := filepath.Abs(filepath.Join(moduleRoot, "testdata"))
	require.NoError(t, err)
	require.NoError(t, os.CopyFS(filepath.Join(home, "testdata"), os.DirFS(samples)))
	env := homeless(home, binary(t))
	t.Cleanup(func() {
		stop := exec.Command(filepath.Join(binary(t), "fndeck"), "engine", "stop", "--yes")
		stop.Env = env
		assert.NoError(t, stop.Run())
	})
	for _, block := range blocks {
		shell := exec.Command("bash", "-euo", "pipefail", "-c", string(block[1]))
		shell.Dir, shell.Env = home, env
		said, err := shell.CombinedOutput()
		require.NoError(t, err, "%s\n%s", block[1], said)
		t.Logf("%s\n%s", block[1], said)
	}
}

// The port that docs/cognite.md takes may be in use where this runs.
const triedPort = "8765"

func TestAProjectCanBeTriedWithoutACloudAsTheDocumentSays(t *testing.T) {
	document, err := os.ReadFile(filepath.Join(moduleRoot, "docs", "cognite.md"))
	require.NoError(t, err)
	blocks := testedBlock.FindAllSubmatch(document, -1)
	require.NotEmpty(t, blocks, "no block of the document is marked to be tested")
	needPython(t)
	home := t.TempDir()
	samples, err := filepath.Abs(filepath.Join(moduleRoot, "testdata"))
	require.NoError(t, err)
	require.NoError(t, os.CopyFS(filepath.Join(home, "testdata"), os.DirFS(samples)))
	var script strings.Builder
	script.WriteString("trap 'fndeck engine stop --yes' ERR\n")
	for _, block := range blocks {
		script.Write(block[1])
	}
	shell := exec.Command("bash", "-euo", "pipefail", "-c", strings.ReplaceAll(script.String(), triedPort, freePort(t)))
	shell.Dir, shell.Env = home, homeless(home, binary(t))
	said, err := shell.CombinedOutput()
	require.NoError(t, err, "%s", said)
	assert.NoDirExists(t, filepath.Join(home, "fndeck-try"))
	t.Logf("%s", said)
}

// freePort is one that nobody listened at a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	return port
}
