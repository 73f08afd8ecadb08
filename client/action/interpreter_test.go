package action_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/action"
)

func TestAnInterpreterThatCannotRunIsNone(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	install := func(name, script string) string {
		path := filepath.Join(bin, name)
		require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700))
		return path
	}
	assert.Empty(t, action.Interpreter("py312"))
	works := install("python3.12", "exit 0")
	install("python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
	assert.Equal(t, works, action.Interpreter("py312"))
	assert.Empty(t, action.Interpreter("py313"))
	assert.Empty(t, action.Interpreter("node20"))
	assert.Empty(t, action.Interpreter(""))
	assert.Equal(t, install("python3", "exit 0"), action.Interpreter(""))
}
