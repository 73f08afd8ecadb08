package main

import (
	"path/filepath"
	"time"

	"fndeck/client"
	"fndeck/client/action"
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
	a.file = config.NewFile(path, named, a.env)
	c, found, err := a.file.Load()
	if err != nil {
		return nil, err
	}
	if found {
		if a.configFile, err = filepath.Abs(path); err != nil {
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

// marks are those of the context: what the flags say, and what the file does.
func (a *app) marks(c *config.Config) action.Marks {
	m := action.Marks{Protected: c.Local.Protected}
	switch {
	case a.flags.readOnly:
		m.ReadOnly = action.ReadOnlyFlag
	case c.Local.ReadOnly:
		m.ReadOnly = action.ReadOnlyConfigured(config.LocalContext)
	}
	return m
}

// context is what the commands that need no backend know of the context.
func (a *app) context() (client.Description, error) {
	c, err := a.configuration()
	if err != nil {
		return client.Description{}, err
	}
	m := a.marks(c)
	return client.Description{Name: config.LocalContext, Protected: m.Protected, Locked: m.ReadOnly}, nil
}

// writable refuses a change of the context that no action makes; what says what
// is not done, such as "nothing is restored".
func (a *app) writable(what string) error {
	d, err := a.context()
	if err != nil || d.Locked == "" {
		return err
	}
	return &client.Error{Code: client.CodeForbidden, Message: what + ": " + d.Locked}
}
