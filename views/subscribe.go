package views

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/views/crash"
)

// How often a visible list is read where the backend does not push: slowly, and
// faster while something in it is running.
const (
	pollEvery     = 5 * time.Second
	pollBusyEvery = time.Second
)

// silentAfter is how long a backend may take to answer before the header says
// that it does not.
const silentAfter = 2 * time.Second

// subscription is a screen's hold on a feed. It ends and begins with the
// screen's being visible, and it drops what an earlier hold still sends.
type subscription[T any] struct {
	owner Screen
	load  func(ctx context.Context) (T, error)
	busy  func(T) bool
	// every reads anew at this pace, 0 at the console's own.
	every time.Duration
	// shared is a feed that outlives the screen; nil makes one while visible.
	shared *client.Feed[T]
	// brake stops the loads of the feed.
	brake *brake
	// last is the newest snapshot.
	last client.Snapshot[T]

	// asked is when the newest question went out that no snapshot has answered.
	asked  time.Time
	feed   *client.Feed[T]
	ctx    context.Context
	cancel context.CancelFunc
}

// snapshotMsg brings a snapshot to the hold that asked for it.
type snapshotMsg[T any] struct {
	hold     context.Context
	snapshot client.Snapshot[T]
}

// newFeed makes a feed with the console's pace: what the backend pushes is read
// when it says so, everything else is polled.
func newFeed[T any](d deps, load func(ctx context.Context) (T, error), busy func(T) bool, every time.Duration) *client.Feed[T] {
	o := client.FeedOptions[T]{Load: recovered(load), Clock: d.clock, Jitter: rand.Float64, Every: every}
	if _, err := client.As[client.Pusher](d.backend, client.CanPush); err != nil {
		o.Every, o.Busy, o.BusyEvery = pollEvery, busy, pollBusyEvery
	}
	return client.NewFeed(o)
}

// recovered turns a panic of a load into its error: the feed's goroutine has no
// command around it that would restore the terminal.
func recovered[T any](load func(ctx context.Context) (T, error)) func(ctx context.Context) (T, error) {
	return func(ctx context.Context) (value T, err error) {
		defer func() {
			if what := recover(); what != nil {
				err = &client.Error{Code: client.CodeFailed, Message: "a bug in fndeck" + crash.Masked(what), Hint: "the rest goes on; please report it"}
			}
		}()
		return load(ctx)
	}
}

// brake lets the operator stop a load that takes too long. What was stopped stays
// so until it is asked for again, whatever the feed's pace.
type brake struct {
	mu     sync.Mutex
	cancel context.CancelFunc
	// released is closed when the load may begin again; nil while it may go on.
	released chan struct{}
}

// braked makes a load stoppable.
func braked[T any](b *brake, load func(ctx context.Context) (T, error)) func(ctx context.Context) (T, error) {
	return func(ctx context.Context) (T, error) {
		for {
			try, cancel := context.WithCancel(ctx)
			b.mu.Lock()
			b.cancel = cancel
			b.mu.Unlock()
			value, err := load(try)
			cancel()
			b.mu.Lock()
			released := b.released
			b.mu.Unlock()
			if released == nil {
				return value, err
			}
			select {
			case <-ctx.Done():
				return value, ctx.Err()
			case <-released:
			}
		}
	}
}

// stop ends the load that is under way.
func (b *brake) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cancel != nil && b.released == nil {
		b.released = make(chan struct{})
		b.cancel()
	}
}

func (b *brake) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.released != nil {
		close(b.released)
		b.released = nil
	}
}

// stopped reports whether the operator has stopped the load.
func (b *brake) stopped() bool {
	if b == nil {
		return false // Nothing was ever loaded.
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.released != nil
}

// halt stops the first load, if it is still under way; false if not.
func (s *subscription[T]) halt() bool {
	if s.feed == nil || s.last.Loaded || s.last.Err != nil || s.brake.stopped() {
		return false
	}
	s.brake.stop()
	return true
}

// start opens the feed and waits for its first snapshot.
func (s *subscription[T]) start(d deps) tea.Cmd {
	s.feed, s.asked = s.shared, time.Time{}
	if s.feed == nil {
		s.brake = &brake{}
		s.feed = newFeed(d, braked(s.brake, s.load), s.busy, s.every)
		s.last.Generation = 0
	}
	s.ctx, s.cancel = context.WithCancel(d.ctx)
	return s.wait()
}

// wait is the one command that waits on the feed.
func (s *subscription[T]) wait() tea.Cmd {
	feed, owner, after, hold := s.feed, s.owner, s.last.Generation, s.ctx
	return func() tea.Msg {
		snapshot, ok := feed.Next(hold, after)
		if !ok {
			return nil
		}
		return screenMsg{owner: owner, body: snapshotMsg[T]{hold: hold, snapshot: snapshot}}
	}
}

// take accepts a snapshot and waits for the next; false if it is a late one of
// an earlier hold.
func (s *subscription[T]) take(msg snapshotMsg[T]) (tea.Cmd, bool) {
	if s.feed == nil || msg.hold != s.ctx {
		return nil, false
	}
	before := s.last
	s.last, s.asked = msg.snapshot, time.Time{}
	if !s.last.Loaded && before.Loaded {
		// A new feed that fails at first does not take away what was there.
		s.last.Value, s.last.Loaded, s.last.At = before.Value, true, before.At
	}
	return s.wait(), true
}

// stop lets go of the feed; what it sent stays.
func (s *subscription[T]) stop() tea.Cmd {
	feed := s.feed
	s.feed = nil
	if feed == nil {
		return nil
	}
	s.cancel()
	if s.shared != nil {
		return nil
	}
	return func() tea.Msg {
		feed.Close()
		return nil
	}
}

func (s *subscription[T]) refresh(now time.Time) {
	if s.feed == nil {
		return
	}
	s.feed.Refresh()
	if s.asked.IsZero() {
		s.asked = now
	}
}

// silent is since when a question has had no answer for longer than is usual;
// zero if all is well.
func (s *subscription[T]) silent(now time.Time) time.Time {
	if s.asked.IsZero() || now.Sub(s.asked) < silentAfter {
		return time.Time{}
	}
	return s.asked
}

const (
	// pumpQuiet is how long events are gathered after one batch was handed over:
	// a burst becomes a few refreshes a second.
	pumpQuiet = 250 * time.Millisecond
	// pumpRetry is the pause before a lost link is watched again.
	pumpRetry = time.Second
)

// pump brings what the backend pushes into the update loop. Its mailbox has one
// place: events that were not fetched yet are merged, never queued.
type pump struct {
	d      deps
	pusher client.Pusher

	mu    sync.Mutex
	kinds map[string]bool
	reset bool
	full  chan struct{}
}

// pushed says which kinds of things changed; none means everything may have.
type pushed struct{ kinds map[string]bool }

func newPump(d deps) *pump {
	p := &pump{d: d, kinds: map[string]bool{}, full: make(chan struct{}, 1)}
	if pusher, err := client.As[client.Pusher](d.backend, client.CanPush); err == nil {
		p.pusher = pusher
	}
	return p
}

// run watches until the console ends, again and again when the link is lost.
func (p *pump) run() tea.Cmd {
	if p.pusher == nil {
		return nil
	}
	return func() tea.Msg {
		for p.d.ctx.Err() == nil {
			// Why the link was lost shows in the feeds that fail with it.
			_ = p.pusher.Watch(p.d.ctx, p.put)
			pause(p.d.ctx, pumpRetry)
		}
		return nil
	}
}

func (p *pump) put(e client.Event) {
	p.mu.Lock()
	p.kinds[e.Kind] = true
	p.reset = p.reset || e.Reset
	p.mu.Unlock()
	select {
	case p.full <- struct{}{}:
	default:
	}
}

// wait is the one command that waits on the mailbox.
func (p *pump) wait() tea.Cmd {
	if p.pusher == nil {
		return nil
	}
	return func() tea.Msg {
		pause(p.d.ctx, pumpQuiet)
		select {
		case <-p.d.ctx.Done():
			return nil
		case <-p.full:
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		kinds, reset := p.kinds, p.reset
		p.kinds, p.reset = map[string]bool{}, false
		if reset {
			kinds = nil
		}
		return pushed{kinds: kinds}
	}
}

// link tells when the backend is lost, and when it is back.
type link struct {
	d    deps
	lost func() (string, <-chan struct{})
}

// linkMsg is what the banner says now, "" for none.
type linkMsg string

// wait is the one command that waits for the banner to change.
func (l *link) wait(shown string) tea.Cmd {
	if l.lost == nil {
		return nil
	}
	return func() tea.Msg {
		for l.d.ctx.Err() == nil {
			now, changed := l.lost()
			if now != shown {
				return linkMsg(now)
			}
			select {
			case <-changed:
			case <-l.d.ctx.Done():
			}
		}
		return nil
	}
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
