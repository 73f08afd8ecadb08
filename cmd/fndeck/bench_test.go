package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// reportStart prints the middle of what was measured, the floor of the same run
// and their ratio.
func reportStart(b *testing.B, ours, floor []time.Duration) {
	b.Helper()
	middle := func(all []time.Duration) float64 {
		slices.Sort(all)
		return float64(all[len(all)/2]) / float64(time.Millisecond)
	}
	b.ReportMetric(0, "ns/op") // A mean over two programs says nothing.
	b.ReportMetric(middle(ours), "p50-ms")
	b.ReportMetric(middle(floor), "floor-ms")
	b.ReportMetric(middle(ours)/middle(floor), "x-floor")
}

// timed runs a program to its end.
func timed(b *testing.B, env []string, name string, args ...string) time.Duration {
	b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = env
	start := time.Now()
	require.NoError(b, cmd.Run())
	return time.Since(start)
}

// BenchmarkStart measures how long the program takes to start and end; the floor
// is the smallest program there is.
func BenchmarkStart(b *testing.B) {
	fndeck := filepath.Join(binary(b), "fndeck")
	least, err := exec.LookPath("true")
	require.NoError(b, err)
	var ours, floor []time.Duration
	for b.Loop() {
		floor = append(floor, timed(b, nil, least))
		ours = append(ours, timed(b, nil, fndeck, "version"))
	}
	reportStart(b, ours, floor)
}

// BenchmarkConsole measures the time from the start of the console to its first
// whole frame, on an engine that runs; the floor is fndeck version.
func BenchmarkConsole(b *testing.B) {
	home := b.TempDir()
	fndeck, env := filepath.Join(binary(b), "fndeck"), homeless(home, binary(b))
	timed(b, env, fndeck, "engine", "start")
	b.Cleanup(func() { timed(b, env, fndeck, "engine", "stop", "--yes") })
	var ours, floor []time.Duration
	for b.Loop() {
		floor = append(floor, timed(b, env, fndeck, "version"))
		ours = append(ours, firstFrame(b, env, fndeck))
	}
	reportStart(b, ours, floor)
}

// firstFrame starts the console on a terminal and ends it once its list and its
// hints have come.
func firstFrame(b *testing.B, env []string, fndeck string) time.Duration {
	b.Helper()
	cmd := exec.Command(fndeck)
	cmd.Env = env
	start := time.Now()
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 48, Cols: 160})
	require.NoError(b, err)
	var sent bytes.Buffer
	chunk := make([]byte, 64<<10)
	for !bytes.Contains(sent.Bytes(), []byte("No functions")) || !bytes.Contains(sent.Bytes(), []byte("help")) {
		n, err := terminal.Read(chunk)
		require.NoError(b, err, sent.String())
		sent.Write(chunk[:n])
	}
	took := time.Since(start)
	require.NoError(b, cmd.Process.Kill())
	_ = cmd.Wait() // It was killed.
	require.NoError(b, terminal.Close())
	return took
}
