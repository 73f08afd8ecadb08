package client

import "time"

// Holder is a backend that shows several contexts as one. Every id that it gives
// begins with the context that has it.
type Holder interface {
	// Holding is the same backend with only the contexts that have these ids: its
	// description, marks and reasons are theirs, and the ids are the same. Without
	// an id that is known it is the whole.
	Holding(ids ...string) Backend
	// Standings say how each of the contexts was read last. They do no I/O.
	Standings() []Standing
	// Traces are the requests of each of the contexts that keep them.
	Traces() []ContextTrace
}

// Standing is how one of several contexts was read last.
type Standing struct {
	Context string
	// Err is why the newest read failed, nil if it did not.
	Err error
	// Lacks is why it is left out of some list that it does not offer, "" if it is in
	// all that were asked for.
	Lacks string
	// At is when its rows were read, zero if none have been.
	At time.Time
	// Late says that an answer is awaited longer than the others were.
	Late bool
}

// Holding is the backend that has these ids: of several contexts shown as one those
// that have them, else b itself.
func Holding(b Backend, ids ...string) Backend {
	if holder, ok := b.(Holder); ok {
		return holder.Holding(ids...)
	}
	return b
}
