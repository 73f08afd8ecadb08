package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"fndeck/client"
	"fndeck/client/embedded"
)

// stateDir returns the state directory of the flag, or the one of the
// environment.
func (a *app) stateDir() (string, error) {
	if a.flags.stateDir != "" {
		return filepath.Abs(a.flags.stateDir)
	}
	return embedded.DefaultStateDir(a.env)
}

// openEmbedded reaches the local engine, and starts it unless peek is set. The
// engine reads the configuration file by itself, so that no value of it shows
// on a command line.
func (a *app) openEmbedded(ctx context.Context, peek bool) (client.Backend, error) {
	if _, err := a.configuration(); err != nil {
		return nil, err
	}
	dir, err := a.stateDir()
	if err != nil {
		return nil, err
	}
	var args []string
	if a.configFile != "" {
		args = []string{"--config", a.configFile}
	}
	backend, err := embedded.Open(ctx, embedded.Options{StateDir: dir, NoStart: peek, Clock: a.now, EngineArgs: args})
	var place *fs.PathError
	if errors.As(err, &place) && client.Explain(err).Code == client.CodeFailed {
		return nil, &client.Error{
			Code: client.CodeFailed, Message: "the state directory " + dir + " cannot be used: " + place.Err.Error(), Err: place,
			Hint: "set FNDECK_STATE_DIR to a directory that you can write",
		}
	}
	if err != nil {
		return nil, err
	}
	return backend, nil
}
