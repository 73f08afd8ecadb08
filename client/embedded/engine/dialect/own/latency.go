package own

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/engine/store"
)

const (
	// latencySample is how many of the newest calls the 95th percentile is over,
	// cancelled ones not counted.
	latencySample = 100
	// latencyReads is for how many functions one list reads that sample anew. With
	// more functions than that, those that were called longest ago have no
	// percentile in the first lists after a start.
	latencyReads = 50
)

// latencies remembers the functions' percentiles until their newest call is
// another one, or has ended: a list of ten thousand functions must not read a
// million calls.
type latencies struct {
	mu sync.Mutex
	of map[int64]latency
}

type latency struct {
	call  int64
	ended bool
	p95   time.Duration
}

// read returns the percentiles of the functions with these newest calls.
func (l *latencies) read(s *store.Store, newest map[int64]*store.Call) (map[int64]time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p95 := make(map[int64]time.Duration, len(newest))
	var stale []*store.Call
	for id, c := range newest {
		known := l.of[id]
		p95[id] = known.p95
		if known.call != c.ID || known.ended != !c.Ended.IsZero() {
			stale = append(stale, c)
		}
	}
	slices.SortFunc(stale, func(x, y *store.Call) int { return cmp.Compare(y.ID, x.ID) })
	for _, c := range stale[:min(latencyReads, len(stale))] {
		durations, err := s.Latencies(c.FunctionID, latencySample)
		if err != nil {
			return nil, err
		}
		slices.Sort(durations)
		p95[c.FunctionID] = client.Percentile(durations, 95)
		l.of[c.FunctionID] = latency{call: c.ID, ended: !c.Ended.IsZero(), p95: p95[c.FunctionID]}
	}
	return p95, nil
}
