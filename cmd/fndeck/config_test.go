package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func environment(name string) string {
	return map[string]string{"MY_ZONE": "Europe/Oslo"}[name]
}

func TestEveryConfigurationKeyIsTaken(t *testing.T) {
	c, err := parseConfig("config.yaml", []byte("\ufeff# mine\nzone: ${MY_ZONE}\ntheme: dark\nascii: true\nengine:\n  python: /usr/bin/python3\n  log_cap_mib: 2\n  index_url: https://index.test\n  call_timeout: 90s\n"), environment)
	require.NoError(t, err)
	assert.Equal(t, "Europe/Oslo", c.zone.String())
	assert.Equal(t, "dark", c.theme)
	assert.True(t, c.ascii)
	assert.Equal(t, "/usr/bin/python3", c.engine.python)
	assert.Equal(t, int64(2<<20), c.engine.logCapBytes)
	assert.Equal(t, "https://index.test", c.engine.indexURL.Reveal())
	assert.Equal(t, 90*time.Second, c.engine.callTimeout)
}

func TestBadConfigurationIsNamedByPlaceAndReason(t *testing.T) {
	cases := map[string]struct{ text, says string }{
		"unknown key":        {"ascii: true\n\nengine:\n  pyton: x\n", `config.yaml:4:3: unknown key "pyton", did you mean "python"?`},
		"unknown at the top": {"zoen: UTC\n", `config.yaml:1:1: unknown key "zoen", did you mean "zone"?`},
		"nothing near":       {"quux: 1\n", "known are zone, theme, ascii, engine"},
		"tab":                {"engine:\n\tpython: x\n", "config.yaml:2:1: "},
		"open bracket":       {"zone: [\n", "config.yaml:1:"},
		"twice":              {"zone: UTC\nzone: UTC\n", "config.yaml:2:1: "},
		"unset variable":     {"zone: ${NO_SUCH}\n", "config.yaml:1:7: the environment variable NO_SUCH is not set"},
		"no value":           {"zone:\n", "config.yaml:1:1: zone has no value"},
		"list":               {"zone: [a, b]\n", "one plain value"},
		"alias":              {"zone: &z UTC\ntheme: *z\n", "config.yaml:1:7: "},
		"section as value":   {"engine: fast\n", "config.yaml:1:9: "},
		"list at the top":    {"- zone\n", "config.yaml:1:1: "},
		"second document":    {"zone: UTC\n---\nzone: UTC\n", "second document"},
		"zone":               {"zone: Oslo\n", "Europe/Oslo"},
		"theme":              {"theme: pink\n", "auto, dark and light"},
		"ascii":              {"ascii: yes\n", "true and false"},
		"cap":                {"engine: {log_cap_mib: 0}\n", "1 to"},
		"cap of text":        {"engine: {log_cap_mib: lots}\n", "config.yaml:1:23: "},
		"timeout":            {"engine: {call_timeout: 5}\n", "90s"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := parseConfig("config.yaml", []byte(c.text), environment)
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.says)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestAConfigurationThatOthersCanChangeIsRefusedWithTheCommandThatMendsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write := func(text string, mode os.FileMode) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.NoError(t, os.Chmod(path, mode))
	}
	read := func() ran { return fndeck(t, helloBackend(), door{}, "logs", "hello", "--config", path) }

	write("zone: UTC\n", 0o644)
	assert.Equal(t, 0, read().code, "others may read what holds no secret")

	write("zone: UTC\n", 0o664)
	got := read()
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "chmod go-w "+path)

	write("engine:\n  index_url: https://u:hunter2@index.test\n", 0o644)
	got = read()
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "chmod 600 "+path)
	assert.NotContains(t, got.errs, "hunter2")

	write("engine:\n  index_url: https://u:hunter2@index.test\n", 0o600)
	assert.Equal(t, 0, read().code)

	write(strings.Repeat("# x\n", 3<<20), 0o600)
	got = read()
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "the limit is")

	require.NoError(t, os.Remove(path))
	got = read()
	assert.Equal(t, 2, got.code)
	assert.Contains(t, got.errs, "does not exist")

	require.NoError(t, os.Mkdir(path, 0o700))
	assert.Contains(t, read().errs, "not a regular file")
}

func TestWithoutAHomeTheDefaultsApply(t *testing.T) {
	got := fndeck(t, helloBackend(), door{}, "logs", "hello")
	assert.Equal(t, 0, got.code, got.errs)
}

func TestABrokenConfigurationDoesNotStopHelpAndVersion(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"man"}, {"completion", "bash"}, {"help"}} {
		got := fndeck(t, nil, door{}, append(args, "--config", "/nonexistent")...)
		assert.Equal(t, 0, got.code, got.errs)
	}
}

func FuzzConfiguration(f *testing.F) {
	f.Add("zone: UTC\nengine:\n  log_cap_mib: 3\n")
	f.Add("engine:\n\tpython: x\n")
	f.Add("a: &a [*a]\n")
	f.Add("\ufeff---\n? x\n: y\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseConfig("config.yaml", []byte(text), environment)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "config.yaml:"), err.Error())
			return
		}
		require.Contains(t, []string{"auto", "dark", "light"}, c.theme)
		require.GreaterOrEqual(t, c.engine.logCapBytes, int64(0))
		require.GreaterOrEqual(t, c.engine.callTimeout, time.Duration(0))
	})
}
