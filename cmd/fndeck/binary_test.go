package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// binaryDir holds the program as it is shipped, built when a test first asks.
type binaryDir struct {
	once sync.Once
	path string
	err  error
}

var shipped = &binaryDir{}

func TestMain(m *testing.M) {
	code := m.Run()
	if shipped.path != "" {
		_ = os.RemoveAll(shipped.path)
	}
	os.Exit(code)
}

// binary returns the directory that holds fndeck.
func binary(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the real binary")
	}
	shipped.once.Do(func() {
		if shipped.path, shipped.err = os.MkdirTemp("", "fndeck-binary"); shipped.err != nil {
			return
		}
		build := exec.Command("go", "build", "-trimpath", "-ldflags", "-X main.version=test", "-o", shipped.path, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := build.CombinedOutput(); err != nil {
			shipped.err = fmt.Errorf("build fndeck: %w: %s", err, said)
		}
	})
	require.NoError(t, shipped.err)
	return shipped.path
}

// needPython skips a test where no function can run.
func needPython(t *testing.T) {
	t.Helper()
	for _, name := range []string{"python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"} {
		if exec.Command(name, "-c", "import sys; sys.exit(sys.version_info < (3, 10))").Run() == nil {
			return
		}
	}
	t.Skip("functions need Python 3.10 or newer")
}

// homeless is the environment of a test: a home of its own and nothing else
// that fndeck would look at.
func homeless(home, bin string) []string {
	return []string{
		"HOME=" + home,
		"FNDECK_STATE_DIR=" + filepath.Join(home, "state"),
		"TMPDIR=" + home,
		"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"LANG=C.UTF-8",
		"TERM=xterm-256color",
		// Version managers keep their interpreters below the real home.
		"PYENV_ROOT=" + os.Getenv("PYENV_ROOT"),
	}
}

// died waits until a process that was killed is gone, or only waits to be
// reaped by whoever started it.
func died(pid int) error {
	const patience = 10 * time.Second
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if errors.Is(err, os.ErrNotExist) && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return nil
		}
		// The name in parentheses may hold blanks; the state follows it.
		if _, rest, ok := strings.Cut(string(stat), ") "); ok && strings.HasPrefix(rest, "Z") {
			return nil
		}
		select {
		case <-deadline.C:
			return fmt.Errorf("process %d lives on", pid)
		case <-tick.C:
		}
	}
}
