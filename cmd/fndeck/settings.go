package main

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"fndeck/client"
	"fndeck/cmd/config"
	"fndeck/cmd/output"
)

// configuration returns the settings of the file, read once. Without a file,
// or without a place for one, the defaults apply; a file that was named and
// does not exist is an error.
func (a *app) configuration() (*config.Config, error) {
	if a.settings != nil {
		return a.settings, nil
	}
	path, named := a.configPath()
	c := config.Default()
	if path != "" && !named {
		if err := config.OwnDir(filepath.Dir(path)); err != nil {
			return nil, err
		}
	}
	if path != "" {
		read, err := config.Read(path, a.env)
		switch {
		case err == nil:
			c = read
			if a.configFile, err = filepath.Abs(path); err != nil {
				return nil, err
			}
		case errors.Is(err, fs.ErrNotExist) && !named:
		case errors.Is(err, fs.ErrNotExist):
			return nil, &client.Error{Code: client.CodeInvalid, Message: "configuration " + path + " does not exist"}
		default:
			return nil, err
		}
	}
	a.settings = c
	return c, nil
}

// configPath returns where the file is looked for, and whether the operator
// named it. It is empty when neither a directory nor a home is known.
func (a *app) configPath() (path string, named bool) {
	if a.flags.config != "" {
		return a.flags.config, true
	}
	const file = "config.yaml"
	if dir := a.env("FNDECK_CONFIG_DIR"); dir != "" {
		return filepath.Join(dir, file), false
	}
	if dir := a.env("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "fndeck", file), false
	}
	if home := a.env("HOME"); home != "" {
		return filepath.Join(home, ".config", "fndeck", file), false
	}
	return "", false
}

// clock is what the answers of commands show times by: UTC unless a zone is
// configured, because what they print is read elsewhere too.
func (a *app) clock() output.Clock {
	at := output.Clock{Now: a.now()}
	// A faulty file is refused by what opens the backend.
	if c, err := a.configuration(); err == nil {
		at.Zone = c.Zone
	}
	return at
}

// zone returns where the console shows times, and what stands beside UTC.
func (a *app) zone() (*time.Location, error) {
	c, err := a.configuration()
	if err != nil {
		return nil, err
	}
	if c.Zone == nil {
		return time.Local, nil
	}
	return c.Zone, nil
}
