package main

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/cmd/config"
	"fndeck/cmd/contexts"
	"fndeck/cmd/output"
	"fndeck/ui"
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

// chosen is the context that the command line names, or the environment, or that
// context use chose; the engine of this machine otherwise.
func (a *app) chosen() (config.Context, error) {
	c, err := a.configuration()
	if err != nil {
		return config.Context{}, err
	}
	name := a.flags.context
	if path, _ := a.configPath(); name == "" && path != "" {
		if name, err = config.Current(path); err != nil {
			return config.Context{}, err
		}
	}
	return findContext(c, cmp.Or(name, config.LocalContext))
}

// allChosen are the contexts that --context names, each once: one, several with commas,
// or all that can be used.
func (a *app) allChosen() ([]config.Context, error) {
	c, err := a.configuration()
	if err != nil {
		return nil, err
	}
	var all []config.Context
	if a.flags.context == client.AllContexts && !known(c, client.AllContexts) {
		for _, x := range c.Contexts {
			if x.Fault == nil {
				all = append(all, x)
			}
		}
		return all, nil
	}
	names := client.SplitContexts(a.flags.context)
	if len(names) < 2 {
		x, err := a.chosen()
		return []config.Context{x}, err
	}
	for _, name := range names {
		x, err := findContext(c, name)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(all, func(one config.Context) bool { return one.Name == x.Name }) {
			all = append(all, x)
		}
	}
	return all, nil
}

func known(c *config.Config, name string) bool {
	_, ok := c.Context(name)
	return ok
}

// findContext returns the context of a name. That of several is refused: what lists
// takes it apart.
func findContext(c *config.Config, name string) (config.Context, error) {
	x, ok := c.Context(name)
	names := client.SplitContexts(name)
	switch {
	case ok:
		return x, nil
	case len(names) > 1 || name == client.AllContexts:
		one := names[0]
		if one == client.AllContexts {
			one = c.ContextNames()[0]
		}
		return x, &client.Error{
			Code: client.CodeInvalid, Message: "several contexts, " + name + ", are for what only reads: fndeck get, the ls commands, logs and doctor", Hint: "name one, such as " + one,
		}
	}
	return x, missing("context", name, c.ContextNames(), "there are "+strings.Join(c.ContextNames(), ", "))
}

// openContext reaches the backend of a context for a command. What is to be said of
// it is said here and not where it is opened: a console opens contexts too, and a
// line on stderr would stand in the middle of its screen.
func (a *app) openContext(ctx context.Context, x config.Context, peek bool) (client.Backend, error) {
	desk, err := a.contextDesk()
	if err != nil {
		return nil, err
	}
	backend, err := desk.Open(ctx, x, peek)
	if err != nil {
		return nil, err
	}
	if why := backend.Describe().Outdated; why != "" && !peek {
		a.note("warning: %s", ui.Clean(why))
	}
	return backend, nil
}

// contextDesk is what opens contexts.
func (a *app) contextDesk() (*contexts.Desk, error) {
	if a.desk != nil {
		return a.desk, nil
	}
	dir, err := a.stateDir()
	if err != nil {
		return nil, err
	}
	key, named, err := a.keyFile()
	if err != nil {
		return nil, err
	}
	a.desk = &contexts.Desk{StateDir: dir, KeyFile: key, KeyNamed: named, Env: a.env, Clock: a.now, Embedded: a.openEmbedded}
	return a.desk, nil
}

// marks are those of a context: what the flags say, and what the file does.
func (a *app) marks(x config.Context) action.Marks {
	m := action.Marks{Protected: x.Protected}
	switch {
	case a.flags.readOnly:
		m.ReadOnly = action.ReadOnlyFlag
	case x.ReadOnly:
		m.ReadOnly = action.ReadOnlyConfigured(x.Name)
	}
	return m
}

// local is what the commands of the engine know of its context.
func (a *app) local() (client.Description, error) {
	c, err := a.configuration()
	if err != nil {
		return client.Description{}, err
	}
	x, _ := c.Context(config.LocalContext) // It is always there.
	m := a.marks(x)
	return client.Description{Name: config.LocalContext, Protected: m.Protected, Locked: m.ReadOnly}, nil
}

// writable refuses a change of the engine that no action makes; what says what
// is not done, such as "nothing is restored".
func (a *app) writable(what string) error {
	d, err := a.local()
	if err != nil || d.Locked == "" {
		return err
	}
	return &client.Error{Code: client.CodeForbidden, Message: what + ": " + d.Locked}
}
