package consolebench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shipped is the binary, built once, in a directory that all benchmarks share.
var shipped struct {
	once sync.Once
	dir  string
	err  error
}

// ends are what is done when all benchmarks are.
var ends struct {
	sync.Mutex
	work []func()
}

func atEnd(work func()) {
	ends.Lock()
	defer ends.Unlock()
	ends.work = append(ends.work, work)
}

func TestMain(m *testing.M) {
	if what := os.Getenv(bareVariable); what != "" {
		os.Exit(bare(what))
	}
	code := m.Run()
	for _, work := range slices.Backward(ends.work) {
		work()
	}
	os.Exit(code)
}

// shared is the directory with the binary.
func shared(b *testing.B) string {
	b.Helper()
	shipped.once.Do(func() {
		if shipped.dir, shipped.err = os.MkdirTemp("", "fdbench"); shipped.err != nil {
			return
		}
		atEnd(func() { _ = os.RemoveAll(shipped.dir) }) // What stays is the system's to clear.
		build := exec.Command("go", "build", "-trimpath", "-ldflags", "-X main.version=bench", "-o", shipped.dir, "fndeck/cmd/fndeck")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := build.CombinedOutput(); err != nil {
			shipped.err = fmt.Errorf("build fndeck: %w: %s", err, said)
		}
	})
	require.NoError(b, shipped.err)
	return shipped.dir
}

func fndeck(b *testing.B) string { return filepath.Join(shared(b), "fndeck") }

// homeless is an environment whose every place lies in home.
func homeless(b *testing.B, home string) []string {
	b.Helper()
	return []string{
		"HOME=" + home,
		"FNDECK_STATE_DIR=" + filepath.Join(home, "state"),
		"XDG_RUNTIME_DIR=" + filepath.Join(shared(b), "run"),
		"TMPDIR=" + home,
		"PATH=" + shared(b) + string(os.PathListSeparator) + os.Getenv("PATH"),
		"LANG=C.UTF-8",
		"TERM=xterm-256color",
		// Version managers keep their interpreters below the real home.
		"PYENV_ROOT=" + os.Getenv("PYENV_ROOT"),
	}
}

// ran runs a program to its end and returns how long that took.
func ran(b *testing.B, env []string, name string, args ...string) time.Duration {
	b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = env
	start := time.Now()
	said, err := cmd.CombinedOutput()
	took := time.Since(start)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		b.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, said)
	}
	require.NoError(b, err)
	return took
}

// times are measurements of one thing.
type times []time.Duration

// at returns the value that a share of the measurements does not exceed.
func (t times) at(share float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// report gives the middle and the tail of what was measured, beside a floor.
func report(b *testing.B, ours, floor times) {
	b.Helper()
	b.ReportMetric(0, "ns/op") // A mean of the whole experiment says nothing.
	b.ReportMetric(ms(ours.at(0.5)), "p50-ms")
	b.ReportMetric(ms(ours.at(0.95)), "p95-ms")
	if len(floor) > 0 {
		b.ReportMetric(ms(floor.at(0.5)), "floor-ms")
		b.ReportMetric(ms(floor.at(0.95)), "floor-p95-ms")
		b.ReportMetric(float64(ours.at(0.5))/float64(floor.at(0.5)), "x-floor")
	}
}
