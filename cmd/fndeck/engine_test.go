package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded"
	"fndeck/client/embedded/wire"
	"fndeck/cmd/config"
	"fndeck/cmd/output"
)

func TestTheFlagOfThePortWinsOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	cases := []struct {
		name string
		file bool
		env  string
		args []string
		open bool
	}{
		{"nothing", false, "", nil, false},
		{"file", true, "", nil, true},
		{"environment", false, "true", nil, true},
		{"environment closes what the file opens", true, "false", nil, false},
		{"flag", false, "", []string{"--tcp"}, true},
		{"flag over both", true, "true", []string{"--tcp=false"}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := &app{env: func(name string) string { return map[string]string{"FNDECK_TCP": c.env}[name] }}
			a.flags.color = "auto"
			var f engineFlags
			cmd := &cobra.Command{Use: "engine"}
			cmd.Flags().BoolVar(&f.tcp, "tcp", false, "")
			require.NoError(t, cmd.ParseFlags(c.args))
			require.NoError(t, a.prepare(cmd, nil))
			got, err := f.over(cmd, config.Engine{TCP: c.file, ClosedNetwork: true})
			require.NoError(t, err)
			assert.Equal(t, c.open, got.TCP)
			assert.True(t, got.ClosedNetwork, "what the file says of the network stays")
		})
	}
}

func TestTheStatusOfAnEngineShowsIsolationAndAnOpenPort(t *testing.T) {
	s := embedded.EngineStatus{PID: 7, Isolation: "isolation: filesystem", StateDir: "/state", Socket: "/state/s"}
	closed := statusSheet(s, output.Clock{})
	assert.Contains(t, closed.Header, "ISOLATION")
	assert.NotContains(t, closed.Header, "TCP")
	s.TCP, s.TokenURL, s.ClientFile = "http://127.0.0.1:4711", "http://127.0.0.1:4711/token", "/state/client"
	open := statusSheet(s, output.Clock{})
	assert.NotContains(t, open.Header, "TRUSTED ISSUER")
	s.Issuer, s.Audience = "https://login.test/t1", "api://fndeck"
	trusting := statusSheet(s, output.Clock{})
	assert.Equal(t, []string{"TRUSTED ISSUER", "AUDIENCE"}, trusting.Header[len(trusting.Header)-2:])
	assert.Equal(t, []string{s.Issuer, s.Audience}, trusting.Rows[0].Cells[len(trusting.Header)-2:len(trusting.Header)])
	for _, sheet := range []sheet{closed, open, trusting} {
		assert.Len(t, sheet.Rows[0].Cells, len(sheet.Header)+len(sheet.Wide))
		assert.Contains(t, sheet.Rows[0].Cells, "isolation: filesystem")
	}
	for i, name := range open.Header {
		switch name {
		case "TCP":
			assert.Equal(t, s.TCP, open.Rows[0].Cells[i])
		case "TOKEN URL":
			assert.Equal(t, s.TokenURL, open.Rows[0].Cells[i])
		case "CLIENT FILE":
			assert.Equal(t, s.ClientFile, open.Rows[0].Cells[i], "the file is named, what it holds is not shown")
		}
	}
}

func TestTheUnitInTheManualIsOneThatSystemdTakes(t *testing.T) {
	manual, err := os.ReadFile("../../docs/engine.md")
	require.NoError(t, err)
	_, unit, found := strings.Cut(string(manual), "```ini\n")
	require.True(t, found)
	unit, _, _ = strings.Cut(unit, "```")
	assert.Contains(t, unit, "Environment="+keyFileVariable+"=%d/")
	assert.Contains(t, unit, fmt.Sprintf("RestartPreventExitStatus=%d\n", wire.ExitLocked))
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("needs systemd-analyze on the path")
	}
	home := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(home, ".local", "bin"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(home, ".local", "bin", "fndeck"), nil, 0o700))
	file := filepath.Join(home, "fndeck.service")
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(unit, "%h", home)), 0o600))
	said, err := exec.Command(analyze, "--man=no", "verify", file).CombinedOutput()
	require.NoError(t, err, "%s", said)
	assert.NotContains(t, string(said), "fndeck.service", "no line of it is unknown")
}

func TestANamedKeyFileWinsByVariableThenByConfigurationAndMustBeAbsolute(t *testing.T) {
	named := map[string]string{"HOME": "/home/x"}
	a := &app{env: func(name string) string { return named[name] }, settings: config.Default()}
	path, given, err := a.keyFile()
	require.NoError(t, err)
	assert.Equal(t, "/home/x/.local/share/fndeck/key", path)
	assert.False(t, given)
	a.settings.Engine.KeyFile = "/etc/key"
	path, given, err = a.keyFile()
	require.NoError(t, err)
	assert.Equal(t, "/etc/key", path)
	assert.True(t, given)
	named[keyFileVariable] = "/run/credentials/engine.key"
	path, _, err = a.keyFile()
	require.NoError(t, err)
	assert.Equal(t, "/run/credentials/engine.key", path)
	named[keyFileVariable] = "key"
	_, _, err = a.keyFile()
	require.ErrorContains(t, err, "write an absolute path")
}
