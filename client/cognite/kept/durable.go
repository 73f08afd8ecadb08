package kept

import (
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"fndeck/auth/privatefile"
)

// write puts a file in its place, whole and durable.
func write(path string, text []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := renameio.WriteFile(path, text, 0o600, renameio.WithStaticPermissions(0o600), renameio.WithTempDir(dir)); err != nil {
		return err
	}
	return privatefile.SyncDir(dir)
}
