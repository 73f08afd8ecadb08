// Package config reads the configuration file. It tells every fault with file,
// line and column, refuses a file that others can change, and never writes one.
package config

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"fndeck/auth"
	"fndeck/client"
)

// Config is the configuration file. Default is what applies without one.
type Config struct {
	// Zone is where times are shown, nil for the machine's own.
	Zone *time.Location
	// Theme is auto, dark or light.
	Theme string
	// ASCII avoids every other character on the screen.
	ASCII bool
	// Mouse lets the console take the mouse, Notify lets it call for attention.
	Mouse, Notify bool

	Keys   Bindings
	Engine Engine
	// Contexts are those of the file, and local first: that is always there.
	Contexts []Context
}

// Bindings is what the file says of the console's keys. What the names mean is for
// the console to judge.
type Bindings struct {
	// Profile is default or vim.
	Profile string
	// Bound gives actions, by their ids, other keys; an empty list unbinds.
	Bound map[string][]string
	// Places says where in the file an action, or profile, stands.
	Places map[string]string
}

// Default returns what applies without a file.
func Default() *Config {
	return &Config{Theme: "auto", Mouse: true, Notify: true, Contexts: []Context{local()}}
}

// Engine is what the local engine takes from the file when it starts; a zero
// field leaves the engine's own default.
type Engine struct {
	Python      string
	LogCapBytes int64
	IndexURL    client.Secret
	CallTimeout time.Duration
	// ClosedNetwork keeps functions from the network.
	ClosedNetwork bool
	// TCP serves the clouds' own clients on a loopback port too.
	TCP bool
	// Port is that port; 0 is any that is free, another one after each start.
	Port int
	// OIDC is an issuer whose tokens that port takes too.
	OIDC OIDC
	// KeyFile is the key that seals secrets, an absolute path; it must exist.
	KeyFile string
	// Retention and RetentionBytes bound the history.
	Retention      time.Duration
	RetentionBytes int64
}

// setting is one key of the file and how its text is taken. An error says what
// is wrong with the value; the place is added by the reader.
type setting struct {
	key  string
	take func(c *Config, value string) error
}

// settingsTable lists every key of the file; a dot stands for nesting.
var settingsTable = []setting{
	{"zone", takeZone},
	{"theme", takeTheme},
	{"ascii", taking("ascii", func(c *Config) *bool { return &c.ASCII })},
	{"mouse", taking("mouse", func(c *Config) *bool { return &c.Mouse })},
	{"notify", taking("notify", func(c *Config) *bool { return &c.Notify })},
	{"keys", nil},     // a section of its own kind: reader.keys
	{"contexts", nil}, // so are they: reader.context
	{"engine.python", func(c *Config, value string) error { c.Engine.Python = value; return nil }},
	{"engine.log_cap_mib", takeLogCap},
	{"engine.index_url", func(c *Config, value string) error {
		c.Engine.IndexURL = auth.NewSecret(value)
		return nil
	}},
	{"engine.call_timeout", takeCallTimeout},
	{"engine.network", takeNetwork},
	{"engine.tcp", taking("tcp", func(c *Config) *bool { return &c.Engine.TCP })},
	{"engine.port", takePort},
	{"engine.oidc.issuer", takeIssuer},
	{"engine.oidc.audience", func(c *Config, value string) error { c.Engine.OIDC.Audience = value; return nil }},
	{"engine.oidc.ca_file", takeCAFile},
	{"engine.key_file", takeKeyFile},
	{"engine.retention.days", takeRetentionDays},
	{"engine.retention.gib", takeRetentionGiB},
}

func takeZone(c *Config, value string) error {
	zone, err := time.LoadLocation(value)
	if err != nil {
		return fmt.Errorf("unknown zone %q: use a name such as Europe/Oslo", value)
	}
	c.Zone = zone
	return nil
}

func takeTheme(c *Config, value string) error {
	switch value {
	case "auto", "dark", "light":
		c.Theme = value
		return nil
	}
	return fmt.Errorf("theme %q: allowed are auto, dark and light", value)
}

// taking takes true or false into a field.
func taking(key string, field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, value string) (err error) {
		*field(c), err = truth(key, value)
		return err
	}
}

// truth reads true or false.
func truth(key, value string) (bool, error) {
	switch value {
	case "true", "false":
		return value == "true", nil
	}
	return false, fmt.Errorf("%s %q: allowed are true and false", key, value)
}

// MaxLogCapMiB keeps the log cap within what an int64 of bytes and a disk can hold.
const MaxLogCapMiB = 1 << 20

func takeLogCap(c *Config, value string) error {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 1 || n > MaxLogCapMiB {
		return fmt.Errorf("log_cap_mib %q: allowed is a whole number from 1 to %d", value, MaxLogCapMiB)
	}
	c.Engine.LogCapBytes = n << 20
	return nil
}

func takeCallTimeout(c *Config, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return fmt.Errorf("call_timeout %q: write a duration such as 90s or 10m", value)
	}
	c.Engine.CallTimeout = d
	return nil
}

func takeNetwork(c *Config, value string) error {
	switch value {
	case "open", "closed":
		c.Engine.ClosedNetwork = value == "closed"
		return nil
	}
	return fmt.Errorf("network %q: allowed are open and closed", value)
}

// The ports that need no right of their own.
const (
	minPort = 1024
	maxPort = 65535
)

func takePort(c *Config, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < minPort || n > maxPort {
		return fmt.Errorf("port %q: allowed is a whole number from %d to %d", value, minPort, maxPort)
	}
	c.Engine.Port = n
	return nil
}

func takeKeyFile(c *Config, value string) error {
	if !filepath.IsAbs(value) {
		return fmt.Errorf("key_file %q: write an absolute path", value)
	}
	c.Engine.KeyFile = value
	return nil
}

// The bounds keep what they say within what a time and an int64 can hold.
const (
	maxRetentionDays = 36500
	minRetentionGiB  = 0.01
	maxRetentionGiB  = 1 << 20
)

func takeRetentionDays(c *Config, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > maxRetentionDays {
		return fmt.Errorf("days %q: allowed is a whole number from 1 to %d", value, maxRetentionDays)
	}
	c.Engine.Retention = time.Duration(n) * 24 * time.Hour
	return nil
}

func takeRetentionGiB(c *Config, value string) error {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || !(n >= minRetentionGiB && n <= maxRetentionGiB) {
		return fmt.Errorf("gib %q: allowed is a number from %g to %d", value, minRetentionGiB, maxRetentionGiB)
	}
	c.Engine.RetentionBytes = int64(n * (1 << 30))
	return nil
}

// Keys lists every key of the file, for the manual.
func Keys() []string {
	var keys []string
	for _, s := range settingsTable {
		keys = append(keys, s.key)
	}
	return keys
}
