package core

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/engine/runner"
	"fndeck/client/embedded/engine/store"
)

// The modes in which calls run.
const (
	// ModeIsolated forks a process that has the function imported already.
	ModeIsolated = "isolated"
	// ModeCold forks a bare process that imports the function, for modules
	// whose threads a fork would break. The import decides this.
	ModeCold = "cold"
	// ModeWarm keeps processes for further calls. People decide this.
	ModeWarm = "warm"
)

// MaxWorkers bounds the warm workers of a function.
const MaxWorkers = 100

// DefaultWorkers is how many warm workers a function has that names no number.
func DefaultWorkers() int { return max(4, 2*runtime.NumCPU()) }

// SetMode makes the calls of a function run warm, in at most workers processes
// (0: DefaultWorkers), or isolated again, from the next call on.
func (e *Core) SetMode(functionID int64, mode string, workers int) (View, error) {
	switch {
	case mode == ModeIsolated && workers != 0:
		return View{}, client.Invalidf("workers belong to the mode warm: isolated calls have a process each")
	case mode == ModeIsolated:
		mode = ""
	case mode != ModeWarm:
		return View{}, client.Invalidf("mode %q: allowed are isolated and warm", mode)
	case workers < 0 || workers > MaxWorkers:
		return View{}, client.Invalidf("workers %d: allowed are 1 to %d, or 0 for the default of %d", workers, MaxWorkers, DefaultWorkers())
	}
	err := e.store.Write(store.Durable, func(tx *store.Tx) error {
		f, err := tx.Function(functionID)
		if err != nil {
			return err
		}
		f.Mode, f.Workers = mode, workers
		f.Revision++
		return tx.UpdateFunction(f)
	})
	if err != nil {
		return View{}, notFound(err, "function %d does not exist", functionID)
	}
	e.pool.setWorkers(functionID, workersOf(store.Function{Mode: mode, Workers: workers}))
	return e.View(functionID)
}

// workersOf is how many warm workers a function may have, 0 for none.
func workersOf(f store.Function) int {
	switch {
	case f.Mode != ModeWarm:
		return 0
	case f.Workers == 0:
		return DefaultWorkers()
	}
	return f.Workers
}

// Workers is how many warm workers the function may have, 0 if it is not warm.
func (v View) Workers() int { return workersOf(v.Function) }

// gate lets the calls of one function in: as many at once as it may have warm
// workers, in their order. It remembers the mode, which every call asks for.
type gate struct {
	mu      sync.Mutex
	limit   int // 0 lets everybody in
	inside  int
	quick   bool            // the call before was short, see awaitQuick
	waiting []chan struct{} // closed when let in, oldest first
}

// enter waits for a place and returns the limit that it was let in under.
func (g *gate) enter(ctx context.Context) (limit int, err error) {
	g.mu.Lock()
	if g.take() {
		defer g.mu.Unlock()
		return g.limit, nil
	}
	turn := make(chan struct{})
	g.waiting = append(g.waiting, turn)
	g.mu.Unlock()
	select {
	case <-turn:
	case <-ctx.Done():
		g.giveUp(turn)
		return 0, context.Cause(ctx)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.limit, nil
}

// tryEnter is enter for who cannot wait: it reports whether there was a place.
func (g *gate) tryEnter() (limit int, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.limit, g.take()
}

// take takes a place if there is one for who has not waited. The lock is held.
func (g *gate) take() bool {
	if g.limit > 0 && (g.inside >= g.limit || len(g.waiting) > 0) {
		return false
	}
	g.inside++
	return true
}

// giveUp takes a waiting call out, or gives back the place that it got meanwhile.
func (g *gate) giveUp(turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, other := range g.waiting {
		if other == turn {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			return
		}
	}
	g.inside--
	g.next()
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.next()
}

func (g *gate) set(limit int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit = limit
	g.next()
}

// next lets in whom there is room for. The lock is held.
func (g *gate) next() {
	for len(g.waiting) > 0 && (g.limit == 0 || g.inside < g.limit) {
		close(g.waiting[0])
		g.waiting = g.waiting[1:]
		g.inside++
	}
}

// gate returns the gate of a function.
func (p *pool) gate(functionID int64) (*gate, error) {
	p.mu.Lock()
	g := p.gates[functionID]
	p.mu.Unlock()
	if g != nil {
		return g, nil
	}
	f, err := p.e.store.Function(functionID)
	if err != nil {
		return nil, notFound(err, "function %d does not exist", functionID)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if g = p.gates[functionID]; g == nil { // else it is newer than what was read
		g = &gate{limit: workersOf(f)}
		p.gates[functionID] = g
	}
	return g, nil
}

// admit waits for a worker's place, where there are any, and for one of the
// slots of all calls: it comes last, for calls that wait must not keep other
// functions from running.
//
// A call that was made by a call never waits for a worker: those of its function
// may all be busy with calls that wait for it. Without a free one it runs in a
// process of its own; the slots of such calls bound how many do.
func (p *pool) admit(ctx context.Context, functionID int64, session Session) (workers int, leave func(), err error) {
	g, err := p.gate(functionID)
	if err != nil {
		return 0, nil, err
	}
	out := g.leave
	if session.Depth > 0 {
		var ok bool
		if workers, ok = g.tryEnter(); !ok {
			workers, out = 0, func() {} // it took no place
		}
	} else if workers, err = g.enter(ctx); err != nil {
		return 0, nil, err
	}
	slots := p.e.slotsFor(session)
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		out()
		return 0, nil, context.Cause(ctx)
	}
	return workers, func() {
		<-slots
		out()
	}, nil
}

// isQuick reports whether the next call of a function is likely to be short.
func (p *pool) isQuick(functionID int64) bool {
	p.mu.Lock()
	g := p.gates[functionID]
	p.mu.Unlock()
	if g == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.quick && len(g.waiting) <= g.limit // each of them had a call before it that was short too
}

// tookFor remembers how long a call of a function took.
func (p *pool) tookFor(functionID int64, took time.Duration) {
	p.mu.Lock()
	g := p.gates[functionID]
	p.mu.Unlock()
	if g == nil {
		return // deleted meanwhile
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.quick = took <= quickCall
}

// setWorkers changes how many warm workers a function may have. Those that it
// has end, so that none is left over.
func (p *pool) setWorkers(functionID int64, workers int) {
	p.mu.Lock()
	g := p.gates[functionID]
	if g == nil {
		g = &gate{}
		p.gates[functionID] = g
	}
	p.mu.Unlock()
	g.set(workers)
	p.endWorkers(func(key versionKey) bool { return key.function == functionID })
}

// keepOnly ends the processes of all versions of a function but one, each after
// its last call: whoever redeploys often would fill the memory with them.
func (p *pool) keepOnly(functionID int64, serving int) {
	p.remove(func(key versionKey, _ *zygote) bool { return key.function == functionID && key.number != serving })
}

func (p *pool) endWorkers(which func(versionKey) bool) {
	for key, z := range p.zygotes() {
		if which(key) {
			z.EndWorkers()
		}
	}
}

// endIdleWorkers ends the warm workers that had no call since a time.
func (p *pool) endIdleWorkers(since time.Time) {
	for _, z := range p.zygotes() {
		z.EndIdle(since)
	}
}

// zygotes returns the processes that run.
func (p *pool) zygotes() map[versionKey]*runner.Zygote {
	p.mu.Lock()
	entries := make(map[versionKey]*zygote, len(p.entries))
	for key, entry := range p.entries {
		entries[key] = entry
	}
	p.mu.Unlock()
	running := make(map[versionKey]*runner.Zygote, len(entries))
	for key, entry := range entries {
		if !entry.mu.TryLock() {
			continue // it is being started: it has no worker
		}
		if entry.z != nil {
			running[key] = entry.z
		}
		entry.mu.Unlock()
	}
	return running
}

// Workers counts the warm workers of a function that are kept now.
func (e *Core) Workers(functionID int64) (count int) {
	for key, z := range e.pool.zygotes() {
		if key.function == functionID {
			count += z.Workers()
		}
	}
	return count
}

// ModeOf is how the calls of a version run, in a word, and why if it is not
// what people chose.
func ModeOf(f store.Function, v store.Version) (mode, reason string) {
	if f.Mode != ModeWarm {
		return v.Mode, v.ModeReason
	}
	if v.Mode == ModeCold {
		return ModeWarm, fmt.Sprintf("each worker imports the function itself: %s", v.ModeReason)
	}
	return ModeWarm, ""
}
