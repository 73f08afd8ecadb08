package embedded

import (
	"errors"
	"path/filepath"
)

var errNoHome = errors.New("HOME is not set, so there is no place for the engine's state: set HOME, XDG_STATE_HOME or FNDECK_STATE_DIR")

// DefaultStateDir is where the engine keeps its state: FNDECK_STATE_DIR, else
// fndeck in XDG_STATE_HOME, else in its default below HOME.
func DefaultStateDir(env func(string) string) (string, error) {
	if dir := env("FNDECK_STATE_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	return below(env, "XDG_STATE_HOME", ".local/state", "fndeck")
}

// DefaultKeyFile is where the key that seals secrets lies: outside the state
// directory, so that a copy of the state is useless alone.
func DefaultKeyFile(env func(string) string) (string, error) {
	return below(env, "XDG_DATA_HOME", ".local/share", filepath.Join("fndeck", "key"))
}

func below(env func(string) string, variable, fallback, name string) (string, error) {
	if dir := env(variable); filepath.IsAbs(dir) {
		return filepath.Join(dir, name), nil
	}
	home := env("HOME")
	if home == "" {
		return "", errNoHome
	}
	return filepath.Join(home, fallback, name), nil
}
