//go:build linux

package embedded_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded"
)

// The variables tell a process of another user where the engine is.
const (
	strangersState  = "FNDECK_TEST_STRANGERS_STATE"
	strangersSocket = "FNDECK_TEST_STRANGERS_SOCKET"
	strangersURL    = "FNDECK_TEST_STRANGERS_URL"
)

// TestChildIsAStranger is no test: it tries the doors of an engine and prints what
// came of each.
func TestChildIsAStranger(t *testing.T) {
	state := os.Getenv(strangersState)
	if state == "" {
		t.Skip("another test starts it")
	}
	_, err := os.ReadDir(state)
	say("directory", err)
	_, err = os.ReadFile(filepath.Join(state, "engine.token"))
	say("token", err)
	socket := os.Getenv(strangersSocket)
	conn, err := net.DialTimeout("unix", socket, time.Minute)
	if err == nil {
		require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
		_, _ = fmt.Fprint(conn, "GET /fndeck/v1/status HTTP/1.1\r\nHost: fndeck\r\n\r\n") // it may be closed already
		_, err = conn.Read(make([]byte, 1))
	}
	say("socket", err)
	reply, err := (&http.Client{Transport: &http.Transport{}}).Get(os.Getenv(strangersURL) + "/api/v1/projects/local/functions")
	require.NoError(t, err)
	require.NoError(t, reply.Body.Close())
	say("port", fmt.Errorf("%d", reply.StatusCode))
}

func say(door string, err error) { _, _ = fmt.Fprintf(os.Stdout, "%s: %v\n", door, err) }

func TestAnotherUserOfTheMachineFindsEveryDoorOfTheEngineShut(t *testing.T) {
	const nobody = 65534
	if os.Getuid() != 0 {
		t.Skip("only root can be another user")
	}
	o := options(t)
	runtime, err := os.MkdirTemp("/tmp", "fndeck-test-") // a socket's path must be short, and its directory is opened below
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(runtime)) })
	t.Setenv("XDG_RUNTIME_DIR", runtime)
	t.Setenv("FNDECK_TEST_TCP", "1")
	open(t, o)
	status, err := embedded.Status(t.Context(), o.StateDir)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(status.Socket, runtime), status.Socket)
	place := t.TempDir()
	for _, above := range []string{place, filepath.Dir(place), runtime} {
		require.NoError(t, os.Chmod(above, 0o711)) // the other user must get to the program
	}
	require.NoError(t, os.Chmod(filepath.Dir(o.StateDir), 0o711)) // and to the engine's own directories
	program := filepath.Join(place, "test")
	text, err := os.ReadFile(os.Args[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(program, text, 0o755))
	tries := func() string {
		cmd := exec.CommandContext(t.Context(), program, "-test.run", "^TestChildIsAStranger$")
		cmd.Dir = "/"
		cmd.Env = []string{strangersState + "=" + o.StateDir, strangersSocket + "=" + status.Socket, strangersURL + "=" + status.TCP}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", said)
		return string(said)
	}
	said := tries()
	for _, door := range []string{"directory", "token", "socket"} {
		assert.Regexp(t, door+": .*permission denied\n", said)
	}
	assert.Contains(t, said, "port: 401\n")

	// A directory that somebody has opened is not what the socket relies on.
	sockets := filepath.Dir(status.Socket)
	require.NoError(t, os.Chmod(sockets, 0o711))
	require.NoError(t, os.Chmod(status.Socket, 0o666))
	said = tries()
	assert.True(t, strings.Contains(said, "socket: EOF\n") || strings.Contains(said, "connection reset") || strings.Contains(said, "broken pipe"), said)
}
