//go:build linux

package embedded_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/embedded"
	"fndeck/client/embedded/engine/runner"
	"fndeck/client/pack"
)

const benchHandler = "def handle(data):\n    print('one line')\n    return data\n"

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// report prints a figure with its floor and their ratio.
func report(b *testing.B, figure, floor time.Duration) {
	b.ReportMetric(0, "ns/op") // a mean over starts and stops says nothing here
	b.ReportMetric(ms(figure), "p50-ms")
	b.ReportMetric(ms(floor), "floor-ms")
	b.ReportMetric(float64(figure)/float64(floor), "x-floor")
}

func benchDesk(b *testing.B) (*embedded.Backend, embedded.Options) {
	b.Helper()
	b.Setenv(asEngine, "1")
	b.Setenv("XDG_RUNTIME_DIR", "")
	o := embedded.Options{StateDir: filepath.Join(b.TempDir(), "state"), Command: []string{os.Args[0]}, Clock: time.Now}
	backend, err := embedded.Open(context.Background(), o)
	require.NoError(b, err)
	b.Cleanup(func() {
		require.NoError(b, backend.Close())
		require.NoError(b, embedded.Stop(context.Background(), o.StateDir))
	})
	return backend, o
}

func benchDeploy(b *testing.B, backend *embedded.Backend, source string) (client.Function, time.Duration) {
	b.Helper()
	return benchDeployOf(b, backend, client.FunctionSpec{Name: "bench"}, map[string][]byte{"handler.py": []byte(source)})
}

// benchDeployOf deploys files and returns the time from their last byte to Ready.
func benchDeployOf(b *testing.B, backend *embedded.Backend, spec client.FunctionSpec, files map[string][]byte) (client.Function, time.Duration) {
	b.Helper()
	ctx := context.Background()
	zip, err := pack.FromFiles(files)
	require.NoError(b, err)
	ready := make(chan time.Time, 1)
	watching := make(chan struct{})
	watch, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_ = backend.Watch(watch, func(e client.Event) { // it ends with stop
			if e.Reset {
				close(watching)
				return
			}
			if f, err := backend.Function(watch, e.ID); e.Kind == "function" && err == nil && f.Status == client.FunctionReady {
				select {
				case ready <- time.Now():
				default:
				}
			}
		})
	}()
	<-watching
	var uploaded time.Time
	f, err := backend.Deploy(ctx, spec, client.Package{Zip: zip}, func(sent, total int64) {
		if sent == total {
			uploaded = time.Now()
		}
	})
	require.NoError(b, err)
	return f, (<-ready).Sub(uploaded)
}

// The bar: Ready within 60 ms of the upload. The floor is the start of the same
// zygote alone, which the engine has ahead for the next deploy.
func BenchmarkDeployToReady(b *testing.B) {
	const deploys = 15
	var floor []time.Duration // first: the spawner ends every child that it does not know
	spawner, err := runner.NewSpawner()
	require.NoError(b, err)
	python, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	require.NoError(b, err)
	for range deploys {
		root := b.TempDir()
		boot, err := runner.WriteBoot(root)
		require.NoError(b, err)
		require.NoError(b, os.WriteFile(filepath.Join(root, "handler.py"), []byte(benchHandler), 0o600))
		start := time.Now()
		z, err := runner.Start(context.Background(), spawner, runner.Spec{
			Python: strings.TrimSpace(string(python)), Boot: boot, Root: root, Path: "handler.py", Scratch: root, Env: runner.Environment(root, nil),
		}, func([]runner.Line) {})
		require.NoError(b, err)
		floor = append(floor, time.Since(start))
		z.Stop()
	}
	spawner.Close()
	backend, o := benchDesk(b)
	benchDeploy(b, backend, benchHandler)
	var all []time.Duration
	for i := range deploys {
		awaitSpare(b, o) // people do not deploy one after the other without a pause
		_, took := benchDeploy(b, backend, fmt.Sprintf("x = %d\n%s", i, benchHandler))
		all = append(all, took)
	}
	report(b, median(all), median(floor))
}

// engineChildren lists the processes that the engine has started.
func engineChildren(b *testing.B, o embedded.Options) []string {
	b.Helper()
	s, err := embedded.Status(context.Background(), o.StateDir)
	require.NoError(b, err)
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", s.PID))
	require.NoError(b, err)
	var pids []string
	for _, name := range tasks {
		if text, err := os.ReadFile(name); err == nil { // else the thread has ended
			pids = append(pids, strings.Fields(string(text))...)
		}
	}
	return pids
}

// awaitSpare waits until an interpreter is there for the next zygote.
func awaitSpare(b *testing.B, o embedded.Options) {
	b.Helper()
	require.Eventually(b, func() bool {
		for _, pid := range engineChildren(b, o) {
			cwd, _ := os.Readlink("/proc/" + pid + "/cwd")   // gone: not the one
			maps, _ := os.ReadFile("/proc/" + pid + "/maps") // ditto
			if filepath.Base(cwd) == "boot" && strings.Contains(string(maps), "_ctypes") {
				return true
			}
		}
		return false
	}, time.Minute, 5*time.Millisecond)
}

// The bar: an idle engine under 60 MB, and 15 MB for each loaded zygote. Memory
// of a zygote is its proportional share, since forks share pages.
func BenchmarkIdleMemory(b *testing.B) {
	backend, o := benchDesk(b)
	for i := range 5 {
		benchDeploy(b, backend, fmt.Sprintf("x = %d\n%s", i, benchHandler))
	}
	awaitSpare(b, o)
	s, err := embedded.Status(context.Background(), o.StateDir)
	require.NoError(b, err)
	zygotes := engineChildren(b, o)
	require.Len(b, zygotes, 6, "and the interpreter that waits for the next")
	shares := 0.0
	for _, pid := range zygotes {
		shares += kib(b, "/proc/"+pid+"/smaps_rollup", "Pss:") / 1024
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(kib(b, fmt.Sprintf("/proc/%d/status", s.PID), "VmRSS:")/1024, "engine-MiB")
	b.ReportMetric(shares/6, "zygote-MiB")
}

func kib(b *testing.B, file, field string) float64 {
	b.Helper()
	f, err := os.Open(file)
	require.NoError(b, err)
	defer func() { require.NoError(b, f.Close()) }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), field); ok {
			v, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			require.NoError(b, err)
			return v
		}
	}
	b.Fatalf("%s has no %s", file, field)
	return 0
}
