//go:build linux

package core

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/confine"
	"fndeck/client/embedded/engine/store"
)

// intruder tries one thing that a function must not be able to do, and lets the
// refusal be what it is.
const intruder = `
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    if libc.syscall(ctypes.c_long(number), *args) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
def read(path): open(path, "rb").read(1)
def attach(pid):
    if libc.ptrace(16, pid, None, None) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
ways = {
    "read": read,
    "list": os.listdir,
    "link": os.readlink,
    "write": lambda path: open(path, "a"),
    "delete": os.unlink,
    "signal": lambda pid: os.kill(pid, 0),
    "trace": attach,
    "udp": lambda _: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "udp6": lambda _: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
    "tcp": lambda _: socket.create_connection(("127.0.0.1", 9), 2),
    "raw": lambda _: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "packet": lambda _: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3),
    "io_uring": lambda _: call(425, 1, ctypes.create_string_buffer(120)),
    "x32": lambda _: call(0x40000000 | 39),
    "mount": lambda _: call({"x86_64": 165, "aarch64": 40}[os.uname().machine], b"none", b"/tmp", b"tmpfs", 0, None),
    "own": lambda path: open("mine", "w").write("x"),
}
def handle(data):
    ways[data["way"]](data["what"])
    return "done"
`

func TestEachWayOutOfAFunctionIsDeniedAndItsLogSaysSo(t *testing.T) {
	if k := confine.Probe(); k.Landlock < 6 || !k.Seccomp {
		t.Skipf("this kernel confines less: %s", confine.Badge(k, confine.Access{}))
	}
	r := newRig(t, func(c *Config) { c.ClosedNetwork = true })
	home := t.TempDir()
	for _, name := range []string{".ssh/id_ed25519", ".config/fndeck/config.yaml"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(home, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(home, name), []byte("secret"), 0o600))
	}
	other := r.deploy(NewFunction{Name: "other", Secrets: map[string]string{"password": "hunter2hunter2"}}, map[string]string{"handler.py": "def handle(data): return 1\n"})
	r.call(other.ID, `{}`)
	scratches, err := filepath.Glob(filepath.Join(r.dir, scratchDir, fmt.Sprintf("%d-*", other.ID)))
	require.NoError(t, err)
	require.NotEmpty(t, scratches)
	v := r.handler(intruder)
	pid := os.Getpid()
	proc := func(name string) string { return fmt.Sprintf("/proc/%d/%s", pid, name) }

	for _, c := range []struct {
		way  string
		what any
	}{
		{"list", home},
		{"read", filepath.Join(home, ".ssh/id_ed25519")},
		{"read", filepath.Join(home, ".config/fndeck/config.yaml")},
		{"write", filepath.Join(home, "note")},
		{"delete", filepath.Join(home, ".ssh/id_ed25519")},
		{"list", r.dir},
		{"read", filepath.Join(r.dir, "engine.db")},
		{"write", filepath.Join(r.dir, "engine.db")},
		{"read", r.c.KeyFile},
		{"read", filepath.Join(r.dir, versionsDir, other.Latest.SHA256, "handler.py")},
		{"write", filepath.Join(r.dir, versionsDir, v.Latest.SHA256, "handler.py")},
		{"list", scratches[0]},
		{"read", proc("environ")},
		{"read", proc("mem")},
		{"read", proc("maps")},
		{"link", proc("fd/0")},
		{"link", proc("cwd")},
		{"list", proc("root") + home},
		{"signal", pid},
		{"trace", pid},
		{"udp", nil},
		{"udp6", nil},
		{"tcp", nil},
		{"raw", nil},
		{"packet", nil},
		{"io_uring", nil},
		{"mount", nil},
	} {
		t.Run(fmt.Sprint(c.way, " ", c.what), func(t *testing.T) {
			data, err := json.Marshal(map[string]any{"way": c.way, "what": c.what})
			require.NoError(t, err)
			outcome, response := r.call(v.ID, string(data))
			assert.Equal(t, store.Failed, outcome.Status, response)
			assert.Regexp(t, "^PermissionError: .*(Permission denied|Operation not permitted)", outcome.ErrorMessage)
			assert.Regexp(t, "PermissionError: .*(Permission denied|Operation not permitted)", r.logOf(outcome.ID))
		})
	}
	if runtime.GOARCH == "amd64" {
		outcome, _ := r.call(v.ID, `{"way":"x32","what":null}`)
		assert.Equal(t, "worker killed (signal 31): it made a system call that functions may not make", outcome.ErrorMessage)
	}
	_, response := r.call(v.ID, `{"way":"own","what":null}`)
	assert.Equal(t, `"done"`, response, "its own folder is its to write")
}
