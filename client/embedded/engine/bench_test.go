package engine

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/dialect/own"
	"fndeck/client/embedded/engine/store/bigstate"
	"fndeck/client/embedded/wire"
)

// benchDir makes a state directory that an engine takes, empty or big. How to run
// the whole size says package bigstate.
func benchDir(b *testing.B) (dir string) {
	b.Helper()
	dir, _, err := bigstate.Dir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	return dir
}

// BenchmarkBigStart is the time from the start of an engine to its first answer;
// its floor is that of an engine with an empty state.
func BenchmarkBigStart(b *testing.B) {
	b.Setenv("XDG_RUNTIME_DIR", shortDir(b))
	big, empty := benchDir(b), filepath.Join(b.TempDir(), "state")
	startOnce(b, empty)
	startOnce(b, big) // the first finds the folders cold
	var took, least time.Duration
	n := 0
	for b.Loop() {
		took += startOnce(b, big)
		least += startOnce(b, empty)
		n++
	}
	b.ReportMetric(took.Seconds()*1000/float64(n), "ms/start")
	b.ReportMetric(float64(took)/float64(least), "x-floor")
}

// shortDir is a directory whose path is short enough for a socket in it.
func shortDir(b *testing.B) string {
	b.Helper()
	dir, err := os.MkdirTemp("", "fd")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) }) // what stays is the system's to clear
	return dir
}

func startOnce(b *testing.B, dir string) (took time.Duration) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	start := time.Now()
	err := Run(ctx, Config{
		StateDir: dir, KeyFile: filepath.Join(b.TempDir(), "key"), Clock: bigstate.Start, Logger: slog.New(slog.DiscardHandler),
		Ready: func(string) { took = time.Since(start); cancel() },
	})
	if err != nil {
		b.Fatal(err)
	}
	return took
}

// BenchmarkBigAnswers are the answers that the console's views wait for, without
// the socket; the floor is the answer to a question about nothing.
func BenchmarkBigAnswers(b *testing.B) {
	e, err := core.Open(core.Config{StateDir: benchDir(b), KeyFile: filepath.Join(b.TempDir(), "key"), Clock: bigstate.Start, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close() }) // nothing was written
	api := own.New(e, own.Config{})
	ask := func(b *testing.B, path string) time.Duration {
		start := time.Now()
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), http.MethodGet, wire.Prefix+path, nil))
		took := time.Since(start)
		if w.Code != http.StatusOK {
			b.Fatal(path, w.Code, w.Body)
		}
		return took
	}
	function, call := bigstate.FunctionID(7), bigstate.CallID(0)
	for _, path := range []string{
		"status", "functions", "calls", "calls?status=Failed", fmt.Sprintf("calls?function=%d", function),
		fmt.Sprintf("calls?schedule=%d", bigstate.ScheduleID(7)), fmt.Sprintf("functions/%d", function), fmt.Sprintf("logs?call=%d&tail=100", call), "schedules", "deploys",
	} {
		b.Run(path, func(b *testing.B) {
			first := ask(b, path)
			var took, least time.Duration
			n := 0
			for b.Loop() {
				took += ask(b, path)
				least += ask(b, "calls?function=1")
				n++
			}
			b.ReportMetric(first.Seconds()*1000, "ms/first")
			b.ReportMetric(took.Seconds()*1000/float64(n), "ms/answer")
			b.ReportMetric(float64(took)/float64(least), "x-floor")
		})
	}
}
