//go:build linux

package core

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"fndeck/client/embedded/engine/store"
)

// BenchmarkAWriteWhileOldCallsAreDeleted compares a durable write while a long
// history is deleted with one beside nothing.
func BenchmarkAWriteWhileOldCallsAreDeleted(b *testing.B) {
	clock := func() time.Time { return start.Add(200 * 24 * time.Hour) }
	e, err := Open(Config{StateDir: b.TempDir(), KeyFile: filepath.Join(b.TempDir(), "key"), Clock: clock, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	const history = 20_000
	line := []store.Line{{Time: start, Text: "a line of a call that nobody asks for any more"}}
	for range history / 100 {
		err := e.store.Write(store.Relaxed, func(tx *store.Tx) error {
			for range 100 {
				c := store.Call{ID: tx.NextID(), FunctionID: 1, Status: store.Running, Started: start}
				if err := tx.InsertCall(c, []byte(`{}`)); err != nil {
					return err
				}
				c.Status, c.Ended = store.Completed, start
				if err := tx.AppendLines(c.ID, line); err != nil {
					return err
				}
				if err := tx.FinishCall(c, nil); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	write := func() (each, worst time.Duration) {
		began := time.Now()
		for range b.N {
			one := time.Now()
			if err := e.store.Write(store.Durable, func(tx *store.Tx) error { return tx.InsertFile(store.File{ID: tx.NextID()}) }); err != nil {
				b.Fatal(err)
			}
			worst = max(worst, time.Since(one))
		}
		return time.Since(began) / time.Duration(b.N), worst
	}
	alone, _ := write()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = e.trim(clock().Add(-DefaultRetention)) // what it could say shows in the next line
	}()
	b.ResetTimer()
	beside, worst := write()
	b.StopTimer()
	b.ReportMetric(float64(beside)/float64(alone), "x-alone")
	b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
	<-done
}
