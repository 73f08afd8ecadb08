package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/cmd/config"
	"fndeck/cmd/contexts"
)

func TestAConfigurationThatOthersCanChangeIsRefusedWithTheCommandThatMendsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write := func(text string, mode os.FileMode) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.NoError(t, os.Chmod(path, mode))
	}
	read := func() ran { return fndeck(t, helloBackend(), door{}, "logs", "hello", "--config", path) }

	write("zone: UTC\n", 0o644)
	assert.Equal(t, 0, read().code, "others may read what holds no secret")

	write("zone: UTC\n", 0o664)
	got := read()
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "chmod go-w "+path)

	write("engine:\n  index_url: https://u:hunter2@index.test\n", 0o644)
	got = read()
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "chmod 600 "+path)
	assert.NotContains(t, got.errs, "hunter2")

	write("engine:\n  index_url: https://u:hunter2@index.test\n", 0o600)
	assert.Equal(t, 0, read().code)

	write(strings.Repeat("# x\n", 3<<20), 0o600)
	got = read()
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "the limit is")

	require.NoError(t, os.Remove(path))
	got = read()
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "does not exist")

	require.NoError(t, os.Mkdir(path, 0o700))
	assert.Contains(t, read().errs, "not a regular file")
}

func TestWithoutAHomeTheDefaultsApply(t *testing.T) {
	got := fndeck(t, helloBackend(), door{}, "logs", "hello")
	assert.Equal(t, 0, got.code, got.errs)
}

func TestABrokenConfigurationDoesNotStopHelpAndVersion(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"man"}, {"completion", "bash"}, {"help"}} {
		got := fndeck(t, nil, door{}, append(args, "--config", "/nonexistent")...)
		assert.Equal(t, 0, got.code, got.errs)
	}
}

func TestAConfigurationDirectoryThatOthersCanChangeIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fndeck")
	env := map[string]string{"FNDECK_CONFIG_DIR": dir}
	assert.Equal(t, 0, fndeck(t, helloBackend(), door{env: env}, "logs", "hello").code, "it need not exist")

	require.NoError(t, os.Mkdir(dir, 0o700))
	assert.Equal(t, 0, fndeck(t, helloBackend(), door{env: env}, "logs", "hello").code)

	require.NoError(t, os.Chmod(dir, 0o777))
	got := fndeck(t, helloBackend(), door{env: env}, "logs", "hello")
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "chmod go-w "+dir)
}

// oldEngine is a backend whose engine is of another version than this program.
type oldEngine struct{ *fakeBackend }

func (oldEngine) Describe() client.Description {
	return client.Description{Kind: "embedded", Name: "local", Outdated: "the engine is old"}
}

func TestAnOldEngineIsSaidByACommandAndNotOverTheScreenOfAConsole(t *testing.T) {
	var errs bytes.Buffer
	a := &app{errs: &errs, now: time.Now, env: func(string) string { return "" }}
	a.desk = &contexts.Desk{Embedded: func(context.Context, bool) (client.Backend, error) { return oldEngine{helloBackend()}, nil }}
	local := config.Context{Name: config.LocalContext, Backend: config.BackendEmbedded}
	_, err := a.openContext(t.Context(), local, true)
	require.NoError(t, err)
	_, err = a.desk.Open(t.Context(), local, false) // as the page of contexts does
	require.NoError(t, err)
	assert.Empty(t, errs.String())
	_, err = a.openContext(t.Context(), local, false)
	require.NoError(t, err)
	assert.Contains(t, errs.String(), "warning: the engine is old")
}

func TestTheClientOfAScheduleIsNamedAndItsSecretReferredTo(t *testing.T) {
	const what = "hunter2"
	got := fndeck(t, helloBackend(), door{}, "schedule", "create", "hello", "--cron", "0 6 * * *", "--client-id", "robot", "--client-secret", what)
	assert.NotEqual(t, 0, got.code)
	assert.Contains(t, got.errs, "a secret is named by env:NAME, file:/path or cmd:program")
	assert.NotContains(t, got.errs, what)
	got = fndeck(t, helloBackend(), door{}, "schedule", "create", "hello", "--cron", "0 6 * * *", "--client-id", "robot")
	assert.NotEqual(t, 0, got.code)
	assert.Contains(t, got.errs, "by its id and its secret: both are needed")
}
