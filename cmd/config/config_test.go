package config

import (
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
	c, err := parse("config.yaml", []byte("\ufeff# mine\nzone: ${MY_ZONE}\ntheme: dark\nascii: true\nmouse: false\nnotify: false\ncontexts: {local: {protected: true, read_only: true}}\nengine:\n  python: /usr/bin/python3\n  log_cap_mib: 2\n  index_url: https://index.test\n  call_timeout: 90s\n  network: closed\n  tcp: true\n  oidc:\n    issuer: http://127.0.0.1:8080/t1\n    audience: api://fndeck\n    ca_file: /etc/ca.pem\n  key_file: /run/key\n  retention:\n    days: 30\n    gib: 0.5\n"), environment)
	require.NoError(t, err)
	assert.Equal(t, "Europe/Oslo", c.Zone.String())
	assert.Equal(t, "dark", c.Theme)
	assert.True(t, c.ASCII)
	assert.False(t, c.Mouse)
	assert.False(t, c.Notify)
	assert.True(t, c.Contexts[0].Protected && c.Contexts[0].ReadOnly)
	assert.Equal(t, "/usr/bin/python3", c.Engine.Python)
	assert.Equal(t, int64(2<<20), c.Engine.LogCapBytes)
	assert.Equal(t, "https://index.test", c.Engine.IndexURL.Reveal())
	assert.Equal(t, 90*time.Second, c.Engine.CallTimeout)
	assert.True(t, c.Engine.ClosedNetwork)
	assert.True(t, c.Engine.TCP)
	assert.Equal(t, OIDC{Issuer: "http://127.0.0.1:8080/t1", Audience: "api://fndeck", CAFile: "/etc/ca.pem"}, c.Engine.OIDC)
	assert.Equal(t, "/run/key", c.Engine.KeyFile)
	assert.Equal(t, 30*24*time.Hour, c.Engine.Retention)
	assert.Equal(t, int64(512<<20), c.Engine.RetentionBytes)
}

func TestWhatIsNotWrittenIsAsItWas(t *testing.T) {
	c, err := parse("config.yaml", []byte("zone: UTC\ncontexts:\n  local:\n    protected: true\n"), environment)
	require.NoError(t, err)
	assert.True(t, c.Mouse)
	assert.True(t, c.Notify)
	assert.True(t, c.Contexts[0].Protected)
	assert.False(t, c.Contexts[0].ReadOnly)
}

func TestKeysAreTakenWithTheirPlaces(t *testing.T) {
	c, err := parse("config.yaml", []byte("keys:\n  profile: vim\n  functions.redeploy: [r, f5]\n  app.command: [\":\", \";\"]\n  list.logs: []\n  list.new: 6\n"), environment)
	require.NoError(t, err)
	assert.Equal(t, "vim", c.Keys.Profile)
	assert.Equal(t, map[string][]string{"functions.redeploy": {"r", "f5"}, "app.command": {":", ";"}, "list.logs": {}, "list.new": {"6"}}, c.Keys.Bound)
	assert.Equal(t, "config.yaml:3:23", c.Keys.Places["functions.redeploy"])
	c, err = parse("config.yaml", []byte("keys: {profile: vim}\n"), environment)
	require.NoError(t, err)
	assert.Equal(t, "vim", c.Keys.Profile)
}

func TestBadConfigurationIsNamedByPlaceAndReason(t *testing.T) {
	cases := map[string]struct{ text, says string }{
		"unknown key":        {"ascii: true\n\nengine:\n  pyton: x\n", `config.yaml:4:3: unknown key "pyton", did you mean "python"?`},
		"unknown at the top": {"zoen: UTC\n", `config.yaml:1:1: unknown key "zoen", did you mean "zone"?`},
		"nothing near":       {"quux: 1\n", "known are zone, theme, ascii, mouse, notify, keys, contexts, engine"},
		"tab":                {"engine:\n\tpython: x\n", "config.yaml:2:1: a tab stands before the first word: YAML indents with spaces only"},
		"tab after spaces":   {"engine:\n  python: x\n \tnetwork: open\n", "a tab stands before the first word"},
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
		"key file":           {"engine: {key_file: key}\n", "absolute"},
		"issuer by http":     {"engine: {oidc: {issuer: 'http://login.test', audience: a}}\n", "config.yaml:1:25: issuer: http://login.test: https is needed"},
		"issuer's query":     {"engine: {oidc: {issuer: 'https://login.test/?a=b', audience: a}}\n", "no user, query or fragment"},
		"issuer's name":      {"engine: {oidc: {issuer: login.test, audience: a}}\n", "is not a URL"},
		"issuer alone":       {"engine: {oidc: {issuer: 'https://login.test'}}\n", "engine.oidc.issuer needs engine.oidc.audience"},
		"audience alone":     {"engine: {oidc: {audience: a}}\n", "engine.oidc needs an issuer"},
		"issuer's ca":        {"engine: {oidc: {issuer: 'https://login.test', audience: a, ca_file: ca.pem}}\n", "absolute"},
		"retention days":     {"engine: {retention: {days: 0}}\n", "from 1 to"},
		"retention gib":      {"engine: {retention: {gib: NaN}}\n", "allowed is a number"},
		"retention key":      {"engine: {retention: {day: 3}}\n", "days"},
		"cap":                {"engine: {log_cap_mib: 0}\n", "1 to"},
		"cap of text":        {"engine: {log_cap_mib: lots}\n", "config.yaml:1:23: "},
		"timeout":            {"engine: {call_timeout: 5}\n", "90s"},
		"network":            {"engine: {network: shut}\n", "open and closed"},
		"network by switch":  {"engine: {network: off}\n", "open and closed"},
		"keys":               {"keys: vim\n", "config.yaml:1:7: actions and their keys"},
		"a key":              {"keys: {list.new: {a: b}}\n", "a key is expected for list.new"},
		"a mark":             {"contexts:\n  local:\n    read-only: true\n", `config.yaml:3:5: unknown key "read-only", did you mean "read_only"?`},
		"a mark of text":     {"contexts: {local: {protected: very}}\n", `config.yaml:1:31: protected "very": allowed are true and false`},
		"contexts as a list": {"contexts: [local]\n", "config.yaml:1:11: contexts and their keys are expected"},
		"a bare context":     {"contexts: {local: protected}\n", "config.yaml:1:19: keys and values are expected"},
		"mouse":              {"mouse: off\n", `config.yaml:1:8: mouse "off": allowed are true and false`},
		"notify":             {"notify: 1\n", "true and false"},
		"port":               {"engine: {tcp: 8080}\n", "true and false"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := parse("config.yaml", []byte(c.text), environment)
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.says)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func FuzzConfiguration(f *testing.F) {
	f.Add("zone: UTC\nengine:\n  log_cap_mib: 3\n")
	f.Add("engine:\n\tpython: x\n")
	f.Add("a: &a [*a]\n")
	f.Add("\ufeff---\n? x\n: y\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parse("config.yaml", []byte(text), environment)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "config.yaml:"), err.Error())
			return
		}
		require.Contains(t, []string{"auto", "dark", "light"}, c.Theme)
		require.GreaterOrEqual(t, c.Engine.LogCapBytes, int64(0))
		require.GreaterOrEqual(t, c.Engine.CallTimeout, time.Duration(0))
	})
}
