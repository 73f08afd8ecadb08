package client

import "slices"

// ContextTrace are the requests of a context; Context is empty where a backend is one
// alone.
type ContextTrace struct {
	Context string
	*Trace
}

// Traces are the requests of a backend: of several contexts shown as one those of
// each. A backend that keeps none has none.
func Traces(b Backend) []ContextTrace {
	if holder, ok := b.(Holder); ok {
		return holder.Traces()
	}
	if tracer, ok := b.(Tracer); ok && tracer.Trace() != nil {
		return []ContextTrace{{Trace: tracer.Trace()}}
	}
	return nil
}

// Exchanges are the requests of all, newest first, each with its context.
func Exchanges(traces []ContextTrace) []Exchange {
	var all []Exchange
	for _, t := range traces {
		for _, e := range t.Exchanges() {
			e.Context = t.Context
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b Exchange) int { return b.Time.Compare(a.Time) })
	return all
}
