package core

import (
	"errors"
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
	// retryAfter is when a batch that could not be written is tried again; it
	// waits in memory up to so many bytes, then it is lost and that is noted.
	retryAfter = 200 * time.Millisecond
	waiting    = 256 << 10
	// tellEvery is how often an event tells that a log grows.
	tellEvery = 100 * time.Millisecond
)

// logWriter writes the lines of one call or deploy in batches, masks secrets in
// them and holds the cap. What the disk does not take waits for it. Lines beyond the cap are read and counted, so that a
// function never blocks on a full pipe.
type logWriter struct {
	e     *Core
	owner int64
	cap   int64

	// before is done in each transaction that stores lines, before it does.
	before func(*store.Tx) error

	secrets []string
	mask    *masker

	mu      sync.Mutex
	batch   []store.Line
	timer   *time.Timer
	count   int64
	bytes   int64
	dropped int64
	lost    int64 // bytes that could not be stored
	lostTo  error // why, the last time
	told    time.Time
	err     error // of the last flush
}

func (e *Core) newLog(owner int64, secrets []string) *logWriter {
	return &logWriter{e: e, owner: owner, before: func(*store.Tx) error { return nil }, secrets: secrets, mask: newMasker(secrets), cap: e.c.LogCapBytes}
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
	case len(w.batch) >= flushLines && w.err == nil:
		w.flush()
	case w.timer == nil:
		w.flushLater(flushAfter)
	}
}

func (w *logWriter) flushLater(pause time.Duration) {
	w.timer = time.AfterFunc(pause, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.flush()
	})
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
		if err := w.before(tx); err != nil {
			return err
		}
		if tell {
			tx.Event("log", w.owner)
		}
		return tx.AppendLines(w.owner, batch)
	})
	if tell {
		w.told = now
	}
	if w.err = err; err == nil || errors.Is(err, store.ErrNotFound) { // deleted: nobody reads them
		return
	}
	size := int64(0)
	for _, l := range batch {
		size += int64(len(l.Text)) + 1
	}
	if size <= waiting {
		w.batch = batch
		w.flushLater(retryAfter)
		return
	}
	if w.lost == 0 {
		w.e.c.Logger.Error("log lines are lost", "owner", w.owner, "lines", len(batch), "error", err)
	}
	w.count -= int64(len(batch))
	w.lost, w.lostTo = w.lost+size, err
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
		w.add(store.Mark, fmt.Sprintf("log cut: %d bytes could not be stored: %s", w.lost, w.lostTo))
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	batch, w.batch = w.batch, nil
	return batch, w.count
}
