package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var pythonBlock = regexp.MustCompile("(?ms)^```python\n(.*?)^```")

// The program that points the vendor's SDK at the engine runs as it stands in the
// documentation, with a library in the SDK's place that has its modules and
// constructors.
func TestTheDocumentedWayToPointTheSDKAtTheEngineWorks(t *testing.T) {
	document, err := os.ReadFile(filepath.Join(moduleRoot, "docs", "cognite-api.md"))
	require.NoError(t, err)
	program := pythonBlock.FindSubmatch(document)
	require.NotNil(t, program, "no Python in the document")
	needPython(t)
	library, err := filepath.Abs(filepath.Join(moduleRoot, "testdata", "sdk", "library"))
	require.NoError(t, err)

	home := t.TempDir()
	settings := filepath.Join(home, ".config", "fndeck")
	require.NoError(t, os.MkdirAll(settings, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(settings, "config.yaml"), []byte("engine:\n  tcp: true\n"), 0o600))
	env := append(homeless(home, binary(t)), "PYTHONPATH="+library, "PYTHONDONTWRITEBYTECODE=1")
	run := func(name string, args ...string) string {
		command := exec.Command(name, args...)
		command.Dir, command.Env = home, env
		said, err := command.CombinedOutput()
		require.NoError(t, err, "%s", said)
		return string(said)
	}
	fndeck := filepath.Join(binary(t), "fndeck")
	t.Cleanup(func() { run(fndeck, "engine", "stop", "--yes") })
	said := run(fndeck, "engine", "start", "-o", "json")
	secret, err := os.ReadFile(filepath.Join(home, "state", "engine.client.json"))
	require.NoError(t, err)
	assert.NotContains(t, said, string(secret[len(secret)-40:len(secret)-5]), "the status names the file and not what it holds")
	assert.Contains(t, run("python3", "-c", string(program[1])), "[]\n")
}
