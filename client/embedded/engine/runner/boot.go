package runner

import (
	"embed"
	"errors"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// program is the Python program of a zygote: boot.py and the modules that it
// imports and forgets.
//
//go:embed *.py
var program embed.FS

// WriteBoot writes the zygote's program into a folder of its own below dir and
// returns its path. Each interpreter keeps its compiled form beside it; what an
// earlier engine kept goes, for a power cut may have spoilt it.
func WriteBoot(dir string) (string, error) {
	dir = filepath.Join(dir, "boot")
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
		return "", err
	}
	files, err := program.ReadDir(".")
	if err != nil {
		return "", err
	}
	for _, f := range files {
		source, err := program.ReadFile(f.Name())
		if err != nil {
			return "", err
		}
		if err := renameio.WriteFile(filepath.Join(dir, f.Name()), source, 0o600); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "boot.py"), nil
}
