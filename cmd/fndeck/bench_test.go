package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkStart measures how long the program takes to start and end, as a
// multiple of the smallest program there is.
func BenchmarkStart(b *testing.B) {
	fndeck := filepath.Join(binary(b), "fndeck")
	floor, err := exec.LookPath("true")
	require.NoError(b, err)
	measure := func(name string, args ...string) time.Duration {
		start := time.Now()
		require.NoError(b, exec.Command(name, args...).Run())
		return time.Since(start)
	}
	var ours, least time.Duration
	for b.Loop() {
		least += measure(floor)
		ours += measure(fndeck, "version")
	}
	b.ReportMetric(float64(ours)/float64(least), "x-true")
}
