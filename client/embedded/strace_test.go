//go:build linux

package embedded_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fault is what strace does to a system call of an engine.
type fault struct {
	// calls are the names of the system calls, effect what becomes of them: a
	// signal or an error, in strace's words.
	calls, effect string
	// paths bound it to calls on these files; none for all.
	paths []string
	// when is which call of a thread is hit; "3" or "3+".
	when string
}

func (f fault) String() string { return f.calls + " " + f.effect + " when " + f.when }

// tracer is strace at work on an engine.
type tracer struct {
	t   *testing.T
	pid int
	cmd *exec.Cmd
	log string
}

// needStrace skips a test where system calls cannot be tampered with.
func needStrace(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("kills many engines")
	}
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is not installed")
	}
	out, err := exec.Command("strace", "-qq", "-o", os.DevNull, "-e", "inject=getppid:error=EIO", "true").CombinedOutput()
	if err != nil {
		t.Skipf("strace may not trace here: %s", out)
	}
}

// inject lets a fault loose on every thread of a process, and returns once it
// is. Its children go untouched: what Python does is no fault of the engine's.
func inject(t *testing.T, pid int, f fault) *tracer {
	t.Helper()
	tr := &tracer{t: t, pid: pid, log: filepath.Join(t.TempDir(), "strace")}
	args := []string{"-qq", "-o", tr.log, "-e", "trace=" + f.calls, "-e", "inject=" + f.calls + ":" + f.effect + ":when=" + f.when}
	for _, path := range f.paths {
		args = append(args, "-P", path)
	}
	tids := threads(t, pid)
	for _, tid := range tids {
		args = append(args, "-p", tid)
	}
	tr.cmd = exec.Command("strace", args...)
	// strace that is killed detaches; one that outlives its test would not.
	tr.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, tr.cmd.Start())
	tracer := "TracerPid:\t" + strconv.Itoa(tr.cmd.Process.Pid)
	require.Eventually(t, func() bool {
		for _, tid := range tids { // one that starts later is not traced, one that has ended need not be
			status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "task", tid, "status"))
			if err == nil && !strings.Contains(string(status), tracer) {
				return false
			}
		}
		return true
	}, 20*time.Second, 2*time.Millisecond, "strace does not attach")
	return tr
}

func threads(t *testing.T, pid int) (tids []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "task"))
	require.NoError(t, err)
	for _, entry := range entries {
		tids = append(tids, entry.Name())
	}
	return tids
}

// stracePatience is how long strace may take to let go.
const stracePatience = 2 * time.Second

// end detaches strace and reports whether a system call was hit.
func (tr *tracer) end() (hit bool) {
	tr.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- tr.cmd.Wait() }()
	if alive(tr.pid) {
		_ = tr.cmd.Process.Signal(syscall.SIGTERM)
	} // else it ends by itself
	patience := time.NewTimer(stracePatience)
	defer patience.Stop()
	select {
	case <-ended:
	case <-patience.C: // it waits for a thread that has ended; what it wrote is whole
		_ = tr.cmd.Process.Kill()
		<-ended
	}
	text, err := os.ReadFile(tr.log)
	require.NoError(tr.t, err)
	return strings.Contains(string(text), "(INJECTED)") || strings.Contains(string(text), "killed by SIGKILL")
}

// whileAlive is ctx until the process ends: nobody waits for a dead engine.
func whileAlive(ctx context.Context, pid int) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for alive(pid) {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
		cancel()
	}()
	return ctx, cancel
}
