package pack

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fndeck/client"
)

const goodHandler = "def handle(client, data):\n    return {}\n"

// writeTree makes a folder from paths and contents; a path that ends in "/" is
// an empty folder.
func writeTree(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			require.NoError(t, os.MkdirAll(path, 0o755))
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return root
}

func scan(t testing.TB, path string, opts Options) Preview {
	t.Helper()
	p, err := Scan(context.Background(), path, opts)
	require.NoError(t, err)
	return p
}

func paths(files []File) []string {
	var names []string
	for _, f := range files {
		names = append(names, f.Path)
	}
	return names
}

func messages(findings []Finding) []string {
	var lines []string
	for _, f := range findings {
		lines = append(lines, f.String())
	}
	return lines
}

// rawEntry is an entry as a hostile archiver would write it.
type rawEntry struct {
	name    string
	content string
	mode    fs.FileMode
	change  func(*zip.FileHeader)
}

// makeZip writes entries without any of the checks of the product.
func makeZip(t testing.TB, entries ...rawEntry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Store}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		if e.change != nil {
			e.change(h)
		}
		f, err := w.CreateHeader(h)
		require.NoError(t, err)
		if !strings.HasSuffix(e.name, "/") {
			_, err = f.Write([]byte(e.content))
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// makeRawZip writes entries whose headers are taken as they are.
func makeRawZip(t testing.TB, headers map[*zip.FileHeader][]byte, order ...*zip.FileHeader) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, h := range order {
		f, err := w.CreateRaw(h)
		require.NoError(t, err)
		_, err = f.Write(headers[h])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// unpack extracts into a folder of its own inside a parent that must stay
// otherwise empty, and returns that folder.
func unpack(t testing.TB, data []byte, limits Limits) (string, error) {
	t.Helper()
	parent := t.TempDir()
	dest := filepath.Join(parent, "dest")
	require.NoError(t, os.Mkdir(dest, 0o700))
	err := Unpack(context.Background(), bytes.NewReader(data), int64(len(data)), dest, limits)
	names, listErr := os.ReadDir(parent)
	require.NoError(t, listErr)
	require.Len(t, names, 1, "something was written beside the folder")
	return dest, err
}

// requireRefused wants a typed refusal and an empty folder afterwards.
func requireRefused(t testing.TB, dest string, err error, want string) {
	t.Helper()
	var e *client.Error
	require.ErrorAs(t, err, &e)
	require.True(t, errors.Is(err, &client.Error{Code: client.CodeInvalid}) || errors.Is(err, &client.Error{Code: client.CodeLimit}))
	require.Contains(t, err.Error(), want)
	left, listErr := os.ReadDir(dest)
	require.NoError(t, listErr)
	require.Empty(t, left, "something was left behind")
}

func writeFile(path, text string) error { return os.WriteFile(path, []byte(text), 0o600) }
