package core

import (
	"fmt"
	"sync"
	"time"

	"fndeck/client/embedded/engine/runner"
	"fndeck/client/embedded/engine/store"
)

const (
	// flushLines and flushAfter say when a batch of log lines is written.
	flushLines = 256
	flushAfter = 20 * time.Millisecond
	// tellEvery is how often an event tells that a log grows.
	tellEvery = 100 * time.Millisecond
)

// logWriter writes the lines of one call or deploy in batches, masks secrets in
// them and holds the cap. Lines beyond the cap are read and counted, so that a
// function never blocks on a full pipe.
type logWriter struct {
	e     *Core
	owner int64
	cap   int64

	secrets []string
	mask    *masker

	mu      sync.Mutex
	batch   []store.Line
	timer   *time.Timer
	count   int64
	bytes   int64
	dropped int64
	lost    int64 // bytes that could not be stored
	told    time.Time
	err     error
}

func (e *Core) newLog(owner int64, secrets []string) *logWriter {
	return &logWriter{e: e, owner: owner, secrets: secrets, mask: newMasker(secrets), cap: e.c.LogCapBytes}
}

// hide masks more secrets, which were not known when the log began. Only who
// writes the log may call it.
func (w *logWriter) hide(secrets []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, secrets...)
	w.mask = newMasker(w.secrets)
}

// sink takes lines from the runner.
func (w *logWriter) sink(lines []runner.Line) {
	streams := [...]store.Stream{runner.Stdout: store.Stdout, runner.Stderr: store.Stderr, runner.Mark: store.Mark}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range lines {
		w.add(streams[l.Stream], l.Text)
	}
}

// build takes lines of a deploy.
func (w *logWriter) build(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.add(store.Build, text)
}

// noteOn writes a line of the engine's own into the log of a running call.
func (e *Core) noteOn(callID int64, text string) {
	if w := e.running.logOf(callID); w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.add(store.Mark, text)
	}
}

func (w *logWriter) add(stream store.Stream, text string) {
	size := int64(len(text)) + 1
	if w.bytes+size > w.cap && stream != store.Mark {
		w.dropped += size
		return
	}
	w.bytes += size
	w.count++
	w.batch = append(w.batch, store.Line{Time: w.e.c.Clock(), Stream: stream, Text: w.mask.mask(text)})
	switch {
	case len(w.batch) >= flushLines:
		w.flush()
	case w.timer == nil:
		w.timer = time.AfterFunc(flushAfter, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.flush()
		})
	}
}

// flush writes the batch; the lock is held, so batches keep their order.
func (w *logWriter) flush() {
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
	if len(w.batch) == 0 {
		return
	}
	batch := w.batch
	w.batch = nil
	now := w.e.c.Clock()
	tell := now.Sub(w.told) >= tellEvery
	err := w.e.store.Write(store.Relaxed, func(tx *store.Tx) error {
		if err := tx.AppendLines(w.owner, batch); err != nil || !tell {
			return err
		}
		return tx.Event("log", w.owner)
	})
	if tell {
		w.told = now
	}
	if err == nil {
		return
	}
	w.count -= int64(len(batch))
	for _, l := range batch {
		w.lost += int64(len(l.Text)) + 1
	}
	if w.err == nil {
		w.err = err
		w.e.c.Logger.Error("log lines are lost", "owner", w.owner, "lines", len(batch), "error", err)
	}
}

// rest ends the writer and returns what is not written yet, for the transaction
// that stores the outcome, and how many lines there are in all.
func (w *logWriter) rest() (batch []store.Line, count int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dropped > 0 {
		w.add(store.Mark, fmt.Sprintf("log cut: %d bytes dropped, the limit is %d", w.dropped, w.cap))
	}
	if w.lost > 0 {
		w.add(store.Mark, fmt.Sprintf("log cut: %d bytes could not be stored: %s", w.lost, w.err))
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	batch, w.batch = w.batch, nil
	return batch, w.count
}
