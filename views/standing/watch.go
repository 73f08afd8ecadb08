// Package standing knows how the contexts stand that one console shows side by
// side: which of them fails or is slow, for the header, the cells and the errors.
package standing

import (
	"time"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/views/cells"
)

// Watch is what is known of each context. The zero value knows of none; it is
// touched from the update loop only.
type Watch struct {
	all     []client.Standing
	failing map[string]bool
	// lacking are those that were told to be left out of some list, with the reason.
	lacking map[string]string
}

// Lacking are the contexts that some list leaves out since it was asked last.
func (w *Watch) Lacking() []client.Standing {
	var news []client.Standing
	before := w.lacking
	w.lacking = map[string]string{}
	for _, stands := range w.all {
		w.lacking[stands.Context] = stands.Lacks
		if stands.Lacks != "" && before[stands.Context] != stands.Lacks {
			news = append(news, stands)
		}
	}
	return news
}

// Take looks how the contexts of a backend stand now, and returns those that have
// failed since, and the names of those that are back. Of a backend that is one
// context there is nothing to tell.
func (w *Watch) Take(b client.Backend) (failed []client.Standing, back []string) {
	holder, ok := b.(client.Holder)
	if !ok {
		return nil, nil
	}
	before := w.failing
	w.all, w.failing = holder.Standings(), map[string]bool{}
	for _, stands := range w.all {
		switch was := before[stands.Context]; {
		case stands.Err != nil:
			w.failing[stands.Context] = true
			if !was {
				failed = append(failed, stands)
			}
		case was:
			back = append(back, stands.Context)
		}
	}
	return failed, back
}

// Alarms are what the header says of contexts that fail or are slow: each by its
// name, with how old its rows are where there is room for that.
func (w *Watch) Alarms(now time.Time, full bool) []string {
	var texts []string
	for _, stands := range w.all {
		name := ui.Clean(stands.Context)
		switch {
		case stands.Err != nil && stands.At.IsZero():
			texts = append(texts, name+" no data")
		case stands.Err != nil && full:
			texts = append(texts, name+" stale "+ui.Elapsed(now.Sub(stands.At)))
		case stands.Err != nil:
			texts = append(texts, name+" stale")
		case stands.Late && full && !stands.At.IsZero():
			texts = append(texts, name+" slow, stale "+ui.Elapsed(now.Sub(stands.At)))
		case stands.Late:
			texts = append(texts, name+" slow")
		}
	}
	return texts
}

// SignedOut is the first context that nobody is signed in to, "" if there is none.
func (w *Watch) SignedOut() string {
	for _, stands := range w.all {
		if stands.Err != nil && client.Explain(stands.Err).Code == client.CodeUnauthenticated {
			return stands.Context
		}
	}
	return ""
}

// Cell is the name of a context in a list, red while it fails: its rows are then
// those that were read last.
func (w *Watch) Cell(context string) ui.Cell {
	if !w.failing[context] {
		return cells.Dim(context)
	}
	return ui.Cell{Text: ui.Clean(context) + " stale", Tone: ui.ToneBad}
}
