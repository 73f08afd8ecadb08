//go:build linux

package embedded_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded"
)

// onTCP is an engine whose loopback port is open.
func onTCP(t *testing.T) (embedded.Options, embedded.EngineStatus) {
	t.Helper()
	t.Setenv("FNDECK_TEST_TCP", "1")
	o := options(t)
	open(t, o)
	status, err := embedded.Status(t.Context(), o.StateDir)
	require.NoError(t, err)
	require.NotEmpty(t, status.TCP)
	return o, status
}

// optionsOf are the options of the engine that serves a directory already.
func optionsOf(t *testing.T, dir string) embedded.Options {
	t.Helper()
	return embedded.Options{StateDir: dir, Command: []string{os.Args[0]}, Clock: time.Now}
}

// leavesNoSecret looks for what the judge has proved itself with, and for the
// secret of the session that it opened, where they have no place.
func leavesNoSecret(t *testing.T, status embedded.EngineStatus) {
	t.Helper()
	text, err := os.ReadFile(status.ClientFile)
	require.NoError(t, err)
	var known struct {
		Secret string `json:"client_secret"`
	}
	require.NoError(t, json.Unmarshal(text, &known))
	bearer, err := os.ReadFile(status.BearerFile)
	require.NoError(t, err)
	home := map[string]string{known.Secret: status.ClientFile, string(bearer): status.BearerFile, "canary-5f1c7e": ""}
	err = filepath.WalkDir(status.StateDir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(name)
		for secret, file := range home {
			assert.True(t, name == file || !bytes.Contains(text, []byte(secret)), "a secret of %q stands in %s", file, name)
		}
		return err
	})
	require.NoError(t, err)
}

// judge runs a Python program of testdata/sdk, which fails at the first answer
// that the vendor's SDK could not have used.
func judge(t *testing.T, program string, args ...string) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("needs python3 on the path")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	output, err := exec.CommandContext(ctx, python, append([]string{"-B", "../../testdata/sdk/" + program}, args...)...).CombinedOutput()
	assert.NoError(t, err, "%s", output)
}

func TestBothMajorsOfTheVendorsClientDoADaysWorkOverTCP(t *testing.T) {
	for _, major := range []string{"7", "8"} {
		t.Run("with a token, SDK "+major, func(t *testing.T) {
			_, status := onTCP(t)
			judge(t, "day.py", major, status.TCP, "bearer", status.BearerFile)
		})
		t.Run("with client credentials, SDK "+major, func(t *testing.T) {
			_, status := onTCP(t)
			judge(t, "day.py", major, status.TCP, "client", status.ClientFile, status.TokenURL)
			leavesNoSecret(t, status)
		})
	}
}
