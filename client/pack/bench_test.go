package pack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The bar: esc ends the scan of 100 000 files within 200 ms. The floor is the
// whole scan.
func BenchmarkCancelAScanOfAHundredThousandFiles(b *testing.B) {
	const folders, files, cancels = 100, 1000, 20
	root := b.TempDir()
	for i := range folders {
		dir := filepath.Join(root, fmt.Sprintf("d%02d", i))
		require.NoError(b, os.Mkdir(dir, 0o700))
		for j := range files {
			f, err := os.Create(filepath.Join(dir, fmt.Sprintf("f%03d.py", j)))
			require.NoError(b, err)
			require.NoError(b, f.Close())
		}
	}
	options := Options{Limits: Limits{MaxEntries: folders * files}}
	begin := time.Now()
	_, err := Scan(context.Background(), root, options)
	require.NoError(b, err)
	whole := time.Since(begin)
	var worst time.Duration
	for b.Loop() {
		for i := range cancels {
			ctx, cancel := context.WithCancel(context.Background())
			cancelled := make(chan time.Time, 1)
			time.AfterFunc(whole*time.Duration(i)/cancels, func() {
				cancelled <- time.Now()
				cancel()
			})
			_, err := Scan(ctx, root, options)
			ended := time.Now()
			if errors.Is(err, context.Canceled) {
				worst = max(worst, ended.Sub(<-cancelled))
			}
			cancel()
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(worst)/float64(time.Millisecond), "worst-ms")
	b.ReportMetric(float64(whole)/float64(time.Millisecond), "floor-ms")
	b.ReportMetric(float64(worst)/float64(whole), "x-floor")
}
