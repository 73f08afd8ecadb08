package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/cmd/output"
)

func TestTimesAreInUTCUnlessAZoneIsConfiguredAndThoseOfALogHaveMilliseconds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(file, []byte("zone: Asia/Tokyo\n"), 0o600))
	for _, args := range [][]string{{"get", "calls"}, {"logs", "hello"}, {"get", "functions", "-o", "wide"}, {"get", "deploys", "-o", "wide"}} {
		second := "00"
		if args[0] == "logs" {
			second = "00.000"
		}
		got := fndeck(t, helloBackend(), door{}, args...)
		assert.Contains(t, got.out, "2026-03-01T12:00:"+second+"Z ", args)
		got = fndeck(t, helloBackend(), door{}, append(args, "--config", file)...)
		assert.Contains(t, got.out, "2026-03-01T21:00:"+second+"+09:00 ", args)
	}
}

func TestDurationsAreRoundedAsTheConsoleDoes(t *testing.T) {
	b := helloBackend()
	b.calls[0].Duration = 1080 * time.Millisecond
	b.functions[0].P95 = 61 * time.Second
	assert.Contains(t, fndeck(t, b, door{}, "get", "calls").out, " 1.0s ")
	assert.Contains(t, fndeck(t, b, door{}, "get", "functions").out, " 1m01s ")
}

func TestAFunctionWhoseLastDeployFailedSaysSoWhileAnEarlierVersionServes(t *testing.T) {
	b := helloBackend()
	b.functions[0].Error = &client.Failure{Message: "no module named requests"}
	got := fndeck(t, b, door{}, "get", "functions")
	assert.Contains(t, got.out, "Ready, deploy failed  v2")
	assert.NotContains(t, got.out, "requests")
	got = fndeck(t, b, door{}, "get", "functions", "-o", "wide")
	assert.Contains(t, got.out, "no module named requests")
	assert.NotContains(t, fndeck(t, helloBackend(), door{}, "get", "functions").out, "deploy failed")
}

func TestADeployThatWasCutIsToldFromOneThatFailedAndItsTimeStands(t *testing.T) {
	at := output.Clock{Now: time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)}
	f := client.Function{Name: "hello", Status: client.FunctionReady, Error: &client.Failure{Message: "why"}}
	assert.Equal(t, "Ready, deploy failed", functionRow(f, at).Cells[1])
	f.Interrupted = true
	assert.Equal(t, "Ready, deploy cut", functionRow(f, at).Cells[1])
	d := client.Deploy{Status: client.FunctionDeploying, Started: at.Now.Add(-time.Minute)}
	assert.Equal(t, "1m00s", deployRow(d, at).Cells[7])
	d.Status = client.DeployInterrupted
	assert.Empty(t, deployRow(d, at).Cells[7], "nobody is at work on it")
}

func TestTheLogOfACallIsNamedWithItsFunctionWhereThatIsKnown(t *testing.T) {
	assert.Equal(t, "fndeck logs hello --call 7", logsOf(client.Call{ID: "7", FunctionName: "hello"}))
	assert.Equal(t, "fndeck logs --call 7", logsOf(client.Call{ID: "7"}))
}
