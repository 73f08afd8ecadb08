package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"time"

	"fndeck/auth"
	"fndeck/client"
)

// config is the configuration file. The zero value is what applies without one.
type config struct {
	// zone is where times are shown, nil for the machine's own.
	zone *time.Location
	// theme is auto, dark or light; ascii avoids every other character.
	theme string
	ascii bool

	engine engineConfig
}

// engineConfig is handed to the local engine when it starts.
type engineConfig struct {
	python      string
	logCapBytes int64
	indexURL    client.Secret
	callTimeout time.Duration
}

// setting is one key of the file and how its text is taken. An error says what
// is wrong with the value; the place is added by the reader.
type setting struct {
	key  string
	take func(c *config, value string) error
}

// settingsTable lists every key of the file; a dot stands for nesting.
var settingsTable = []setting{
	{"zone", takeZone},
	{"theme", takeTheme},
	{"ascii", takeASCII},
	{"engine.python", func(c *config, value string) error { c.engine.python = value; return nil }},
	{"engine.log_cap_mib", takeLogCap},
	{"engine.index_url", func(c *config, value string) error {
		c.engine.indexURL = auth.NewSecret(value)
		return nil
	}},
	{"engine.call_timeout", takeCallTimeout},
}

func takeZone(c *config, value string) error {
	zone, err := time.LoadLocation(value)
	if err != nil {
		return fmt.Errorf("unknown zone %q: use a name such as Europe/Oslo", value)
	}
	c.zone = zone
	return nil
}

func takeTheme(c *config, value string) error {
	switch value {
	case "auto", "dark", "light":
		c.theme = value
		return nil
	}
	return fmt.Errorf("theme %q: allowed are auto, dark and light", value)
}

func takeASCII(c *config, value string) error {
	switch value {
	case "true", "false":
		c.ascii = value == "true"
		return nil
	}
	return fmt.Errorf("ascii %q: allowed are true and false", value)
}

// maxLogCapMiB keeps the cap within what an int64 of bytes and a disk can hold.
const maxLogCapMiB = 1 << 20

func takeLogCap(c *config, value string) error {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 1 || n > maxLogCapMiB {
		return fmt.Errorf("log_cap_mib %q: allowed is a whole number from 1 to %d", value, maxLogCapMiB)
	}
	c.engine.logCapBytes = n << 20
	return nil
}

func takeCallTimeout(c *config, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return fmt.Errorf("call_timeout %q: write a duration such as 90s or 10m", value)
	}
	c.engine.callTimeout = d
	return nil
}

// configuration returns the settings of the file, read once. Without a file,
// or without a place for one, the defaults apply; a file that was named and
// does not exist is an error.
func (a *app) configuration() (*config, error) {
	if a.settings != nil {
		return a.settings, nil
	}
	path, named := a.configPath()
	c := &config{theme: "auto"}
	if path != "" {
		read, err := readConfig(path, a.env)
		switch {
		case err == nil:
			c = read
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

// zone returns where times are shown.
func (a *app) zone() (*time.Location, error) {
	c, err := a.configuration()
	if err != nil {
		return nil, err
	}
	if c.zone == nil {
		return time.Local, nil
	}
	return c.zone, nil
}
