//go:build linux

package core

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/confine"
	"fndeck/client/embedded/engine/store"
)

// probe tries what a function must not be able to do and returns, for each, the
// name of the exception, or "done".
const probe = `
import os, signal, socket, sys
def attempt(what):
    try:
        what()
        return "done"
    except Exception as exc:
        return type(exc).__name__
def udp():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))
def handle(data):
    print("looking around")
    files = {name: attempt(lambda: open(name, "rb").read(1)) for name in data["read"]}
    lists = {name: attempt(lambda: os.listdir(name)) for name in data["list"]}
    return {
        "read": files, "list": lists,
        "write": attempt(lambda: open(data["write"], "w").write("x")),
        "own": attempt(lambda: open("note.txt", "w").write("x")),
        "signal": attempt(lambda: os.kill(data["engine"], 0)),
        "memory": attempt(lambda: open("/proc/%d/mem" % data["engine"], "rb").read(1)),
        "tcp": attempt(lambda: socket.create_connection(("127.0.0.1", data["port"]), 2)),
        "udp": attempt(udp),
        "mptcp": attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)),
        "subprocess": os.popen("echo fine").read(),
    }
`

// S07
func TestAConfinedFunctionReachesNothingOutsideItself(t *testing.T) {
	if k := confine.Probe(); k.Landlock < 6 || !k.Seccomp {
		t.Skipf("this kernel confines less: %s", confine.Badge(k, confine.Access{}))
	}
	r := newRig(t, func(c *Config) { c.ClosedNetwork = true })
	assert.Contains(t, r.Isolation(), "network closed")
	secret := filepath.Join(t.TempDir(), "id_rsa")
	require.NoError(t, os.WriteFile(secret, []byte("key"), 0o600))
	other := r.handler("def handle(data): return 1\n")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()

	v := r.handler(probe)
	data := fmt.Sprintf(`{"read":[%q,%q,%q],"list":[%q,%q],"write":%q,"engine":%d,"port":%d}`,
		secret, filepath.Join(r.dir, "engine.db"), filepath.Join(r.dir, "versions", other.Latest.SHA256, "handler.py"),
		r.dir, filepath.Dir(secret), filepath.Join(t.TempDir(), "x"), os.Getpid(), l.Addr().(*net.TCPAddr).Port)
	c, response := r.call(v.ID, data)
	require.Equal(t, store.Completed, c.Status, c.ErrorMessage+c.ErrorTrace)
	assert.NotContains(t, strings.NewReplacer(`"own":"done"`, "").Replace(response), "done", response)
	assert.Contains(t, response, `"own":"done"`, "its own folder is its to write")
	assert.Contains(t, response, `"subprocess":"fine\n"`)
	assert.Contains(t, response, `"tcp":"PermissionError"`)
	assert.Contains(t, response, `"udp":"PermissionError"`)
	assert.Contains(t, response, `"signal":"PermissionError"`)
}

func TestAnOpenNetworkIsShownAndReachesOut(t *testing.T) {
	r := newRig(t, nil)
	if r.kernel.Landlock > 0 {
		assert.Contains(t, r.Isolation(), "network open")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	v := r.handler("import socket\ndef handle(data):\n    socket.create_connection(('127.0.0.1', data['port']), 5)\n    return 'reached'\n")
	c, response := r.call(v.ID, fmt.Sprintf(`{"port":%d}`, l.Addr().(*net.TCPAddr).Port))
	assert.Equal(t, `"reached"`, response, c.ErrorMessage)
}

// The import is confined as the calls are.
func TestAnImportCannotReadWhatACallCannot(t *testing.T) {
	if confine.Probe().Landlock == 0 {
		t.Skip("this kernel has no Landlock")
	}
	r := newRig(t, nil)
	secret := filepath.Join(t.TempDir(), "id_rsa")
	require.NoError(t, os.WriteFile(secret, []byte("key"), 0o600))
	v := r.deploy(NewFunction{}, map[string]string{"handler.py": fmt.Sprintf("open(%q).read()\ndef handle(data): pass\n", secret)})
	assert.Equal(t, store.Failed, v.Latest.Status)
	assert.Contains(t, v.Latest.ErrorMessage, "PermissionError")
	assert.Contains(t, r.logOf(v.Latest.DeployID), "Permission denied")
}

func TestAClosedNetworkIsOneOfItsOwnWhereThatCanBeHad(t *testing.T) {
	r := newRig(t, func(c *Config) { c.ClosedNetwork = true })
	if r.kernel.Unshare == 0 {
		t.Skip("no network namespace can be made here")
	}
	v := r.handler("import os\nimported = os.readlink('/proc/self/ns/net')\ndef handle(data):\n    return [imported, os.readlink('/proc/self/ns/net')]\n")
	ours, err := os.Readlink("/proc/self/ns/net")
	require.NoError(t, err)
	c, response := r.call(v.ID, `{}`)
	require.Equal(t, store.Completed, c.Status, c.ErrorMessage)
	assert.NotContains(t, response, ours)
	assert.Contains(t, r.IsolationOf(*v.Serving), "+ netns, network closed")
	assert.NotContains(t, r.Isolation(), "netns", "it is not for every function")
}

func TestAFunctionWithAClientKeepsTheNetworkOfItsPort(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.ClosedNetwork = true
		c.Callback = func() (string, error) { return "http://127.0.0.1:9", nil }
	})
	v := r.deploy(NewFunction{}, map[string]string{"handler.py": "import os\ndef handle(data): return os.readlink('/proc/self/ns/net')\n", clientModule: ""})
	require.Equal(t, store.Ready, v.Latest.Status, v.Latest.ErrorMessage)
	ours, err := os.Readlink("/proc/self/ns/net")
	require.NoError(t, err)
	_, response := r.call(v.ID, `{}`)
	assert.Contains(t, response, ours)
	if r.kernel.Seccomp && r.kernel.Landlock >= 4 {
		assert.Contains(t, r.IsolationOf(*v.Serving), "network closed but for its client")
	}
}
