// Package drifts finds out, in the background, which functions have a folder that
// differs from what is deployed. It looks at one folder at a time, only at those of
// the functions that it is shown, and seldom again at one that is large or slow.
package drifts

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/drift"
	"fndeck/client/pack"
)

const (
	// again is how old what was found may be; a look whose stamp is the same reads no
	// file.
	again = 20 * time.Second
	// slowAgain is when a folder is looked at again that was too much, or that could
	// not be compared.
	slowAgain = 10 * time.Minute
	// patience is how long one look may take.
	patience = 2 * time.Second
	// maxFiles and maxBytes bound what is read of a folder that nobody asked about.
	maxFiles = 2000
	maxBytes = 32_000_000
)

// Found is how the folder of a function differed from a version when it was looked
// at.
type Found struct {
	// Count is how many files differ, Summary counts them by kind. Why says why
	// they are not known, "" if they are.
	Count   int
	Summary string
	Why     string

	version int
	folder  string
	at      time.Time
	stamp   uint64
}

// Watch keeps what was found. Next and Took are called from the update loop, Of
// from anywhere.
type Watch struct {
	Ctx     context.Context
	Backend client.Backend
	Clock   func() time.Time

	busy  bool
	found sync.Map // by function id
}

// Missing is why nothing can be compared, "" if it can.
func (w *Watch) Missing() string {
	if _, err := client.As[client.CodeReader](w.Backend, client.CanReadCode); err != nil {
		return client.Explain(err).Sentence
	}
	return ""
}

// Of is what is known of a function; false where nothing is.
func (w *Watch) Of(f client.Function) (Found, bool) {
	known, ok := w.found.Load(f.ID)
	if !ok {
		return Found{}, false
	}
	found, ok := known.(Found) // It holds nothing else.
	return found, ok && found.version == f.Version && found.folder == f.Folder
}

// Looked is the end of a look, for Took.
type Looked struct {
	owner *Watch
	id    string
	found Found
}

// Next looks at the first of the functions that wants a look; nil if none does, or
// while one is looked at. The command answers with a Looked.
func (w *Watch) Next(functions []client.Function) tea.Cmd {
	if w.busy {
		return nil
	}
	now := w.Clock()
	for _, f := range functions {
		if f.Folder == "" || f.Version == 0 {
			continue
		}
		before, known := w.Of(f)
		wait := again
		if before.Why != "" {
			wait = slowAgain
		}
		if known && now.Sub(before.at) < wait {
			continue
		}
		w.busy = true
		return func() tea.Msg { return Looked{owner: w, id: f.ID, found: w.look(f, before)} }
	}
	return nil
}

// Took takes the end of a look and reports whether it was this watch's.
func (w *Watch) Took(msg Looked) bool {
	if msg.owner != w {
		return false
	}
	w.busy = false
	msg.found.at = w.Clock()
	w.found.Store(msg.id, msg.found)
	return true
}

// look compares within patience. A file system that hangs keeps the goroutine, as
// nothing can take a read back from it, but not the watch.
func (w *Watch) look(f client.Function, before Found) Found {
	ctx, stop := context.WithTimeout(w.Ctx, patience)
	defer stop()
	end := make(chan Found, 1)
	go func() { end <- w.compare(ctx, f, before) }()
	select {
	case found := <-end:
		return found
	case <-ctx.Done():
		return Found{version: f.Version, folder: f.Folder, Why: "the folder takes longer to read than is waited for"}
	}
}

func (w *Watch) compare(ctx context.Context, f client.Function, before Found) Found {
	found := Found{version: f.Version, folder: f.Folder}
	opts := pack.Options{Limits: pack.Limits{MaxEntries: maxFiles, MaxBytes: maxBytes}}
	if strings.HasSuffix(strings.ToLower(f.Folder), pack.NotebookSuffix) {
		opts.Python = action.Interpreter(f.Runtime) // Only a notebook needs one.
	}
	stamp, err := pack.Stamp(ctx, f.Folder, opts)
	if err == nil && before.stamp == stamp && before.Why == "" && before.version == f.Version {
		found.stamp, found.Count, found.Summary = stamp, before.Count, before.Summary
		return found
	}
	var here, deployed drift.Files
	if err == nil {
		here, err = drift.Here(ctx, f.Folder, opts)
	}
	if err == nil {
		deployed, err = drift.Deployed(ctx, w.Backend, f.ID, f.Version)
	}
	if err != nil {
		found.Why = client.Explain(err).Sentence
		if errors.Is(err, context.DeadlineExceeded) {
			found.Why = "the folder takes longer to read than is waited for"
		}
		return found
	}
	d := drift.Compare(deployed, here)
	found.stamp, found.Count, found.Summary = stamp, d.Count(), d.Summary()
	return found
}
