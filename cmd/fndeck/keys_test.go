package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/views/keys"
)

var update = flag.Bool("update", false, "write docs/keys.md and docs/licences.md anew")

func TestTheKeysInTheDocumentationAreThoseOfTheConsole(t *testing.T) {
	got := fndeck(t, nil, door{}, "keys")
	require.Equal(t, 0, got.code, got.errs)
	path := filepath.Join(moduleRoot, "docs", "keys.md")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got.out), 0o644))
	}
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(kept), got.out, "make update-golden writes docs/keys.md anew")
}

func TestEveryKeyHasARowWithWhatItDoes(t *testing.T) {
	page := fndeck(t, nil, door{}, "keys").out
	actions := 0
	bound, _ := keys.Build(keys.Config{})
	for _, table := range keys.Tables(bound) {
		assert.Contains(t, page, "## "+table.Title+"\n")
		for _, row := range table.Rows {
			actions++
			assert.NotEmpty(t, row.Keys, row.Action)
			assert.NotEmpty(t, row.Help, row.Action)
			assert.Equal(t, 1, strings.Count(page, "| `"+row.Action+"` |\n"), row.Action)
		}
	}
	assert.Greater(t, actions, 40)
}
