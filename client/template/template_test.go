package template_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/pack"
	"fndeck/client/template"
)

func TestEveryTemplateCanBeDeployedAsItIs(t *testing.T) {
	for _, tmpl := range template.All() {
		t.Run(tmpl.Name, func(t *testing.T) {
			path, err := tmpl.Write(filepath.Join(t.TempDir(), "deep", "below"))
			require.NoError(t, err)
			preview, err := pack.Scan(t.Context(), path, pack.Options{Python: "python3"})
			require.NoError(t, err)
			assert.Empty(t, preview.Findings)
			assert.NotEmpty(t, preview.Entry)
			_, err = preview.Pack(t.Context())
			assert.NoError(t, err)
			assert.NotEmpty(t, tmpl.Help)
		})
	}
}

func TestNothingIsWrittenIntoAFolderThatHoldsSomething(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "other.txt")
	require.NoError(t, os.WriteFile(kept, []byte("mine"), 0o600))
	_, err := template.All()[0].Write(dir)
	require.ErrorIs(t, err, client.ErrConflict)
	assert.ErrorContains(t, err, dir+" is not empty")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

func TestAnEmptyFolderIsTakenAndAFileIsNot(t *testing.T) {
	dir := t.TempDir()
	path, err := template.All()[0].Write(dir)
	require.NoError(t, err)
	assert.Equal(t, dir, path)
	assert.FileExists(t, filepath.Join(dir, "handler.py"))
	_, err = template.All()[0].Write(filepath.Join(dir, "handler.py"))
	assert.Error(t, err)
}

func TestAnUnknownTemplateIsAnsweredWithThoseThereAre(t *testing.T) {
	_, err := template.Find("nosuch")
	require.ErrorIs(t, err, client.ErrNotFound)
	assert.Contains(t, client.Explain(err).Hint, "hello, echo")
	found, err := template.Find("echo")
	require.NoError(t, err)
	assert.Equal(t, "echo", found.Name)
}
