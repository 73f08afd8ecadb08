package main

import (
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded"
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
	for _, sheet := range []sheet{closed, open} {
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
