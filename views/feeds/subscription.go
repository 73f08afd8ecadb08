package feeds

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
)

// silentAfter is how long a backend may take to answer before the header says that
// it does not; overdueAfter is the same for what was not asked for but is read by
// itself, which may be slow as long as it does not fall behind.
const (
	silentAfter  = 2 * time.Second
	overdueAfter = PollEvery
)

// Subscription is a screen's hold on a feed. It ends and begins with the
// screen's being visible, and it drops what an earlier hold still sends.
type Subscription[T any] struct {
	// Wrap addresses a message to the screen.
	Wrap func(body tea.Msg) tea.Msg
	Load func(ctx context.Context) (T, error)
	Busy func(T) bool
	// Every reads anew at this pace, 0 at the console's own.
	Every time.Duration
	// Shared is a feed that outlives the screen; nil makes one while visible.
	Shared *client.Feed[T]
	// Brake stops the loads of the feed.
	Brake *Brake
	// Last is the newest snapshot.
	Last client.Snapshot[T]

	feed   *client.Feed[T]
	ctx    context.Context
	cancel context.CancelFunc
}

// Snapshot brings a snapshot to the hold that asked for it.
type Snapshot[T any] struct {
	hold     context.Context
	snapshot client.Snapshot[T]
}

// Halt stops the first load, if it is still under way; false if not.
func (s *Subscription[T]) Halt() bool {
	if s.feed == nil || s.Last.Loaded || s.Last.Err != nil || s.Brake.Stopped() {
		return false
	}
	s.Brake.Stop()
	return true
}

// Start opens the feed and waits for its first snapshot.
func (s *Subscription[T]) Start(from Source) tea.Cmd {
	s.feed = s.Shared
	if s.feed == nil {
		s.Brake = &Brake{}
		s.feed = New(from, Braked(s.Brake, s.Load), s.Busy, s.Every)
		s.Last.Generation = 0
	}
	s.ctx, s.cancel = context.WithCancel(from.Ctx)
	return s.wait()
}

// wait is the one command that waits on the feed.
func (s *Subscription[T]) wait() tea.Cmd {
	feed, wrap, after, hold := s.feed, s.Wrap, s.Last.Generation, s.ctx
	return func() tea.Msg {
		snapshot, ok := feed.Next(hold, after)
		if !ok {
			return nil
		}
		return wrap(Snapshot[T]{hold: hold, snapshot: snapshot})
	}
}

// Take accepts a snapshot and waits for the next; false if it is a late one of
// an earlier hold.
func (s *Subscription[T]) Take(msg Snapshot[T]) (tea.Cmd, bool) {
	if s.feed == nil || msg.hold != s.ctx {
		return nil, false
	}
	before := s.Last
	s.Last = msg.snapshot
	if !s.Last.Loaded && before.Loaded {
		// A new feed that fails at first does not take away what was there.
		s.Last.Value, s.Last.Loaded, s.Last.At = before.Value, true, before.At
	}
	return s.wait(), true
}

// Stop lets go of the feed; what it sent stays.
func (s *Subscription[T]) Stop() tea.Cmd {
	feed := s.feed
	s.feed = nil
	if feed == nil {
		return nil
	}
	s.cancel()
	if s.Shared != nil {
		return nil
	}
	return func() tea.Msg {
		feed.Close()
		return nil
	}
}

// Refresh asks again, now.
func (s *Subscription[T]) Refresh() {
	if s.feed != nil {
		s.feed.Refresh()
	}
}

// Silent is since when an answer has been owed for longer than is usual, while there
// is an older one to show; zero if all is well.
func (s *Subscription[T]) Silent(now time.Time) time.Time {
	since, limit := s.owed()
	if since.IsZero() || now.Sub(since) < limit {
		return time.Time{}
	}
	return since
}

// owed is since when an answer is awaited, and how long that may take.
func (s *Subscription[T]) owed() (since time.Time, limit time.Duration) {
	if s.feed == nil || !s.Last.Loaded || s.Brake.Stopped() {
		return time.Time{}, 0
	}
	since, asked := s.feed.Owed()
	if asked && !s.Last.More { // The rest of a long list may take a while.
		return since, silentAfter
	}
	return since, overdueAfter
}

// Pulse is how soon it may have to be said that an answer is late, or later than it
// was; 0 where none is to come.
func (s *Subscription[T]) Pulse(now time.Time) time.Duration {
	since, limit := s.owed()
	if since.IsZero() {
		if since = s.Last.NextAt; s.feed == nil || since.IsZero() {
			return 0
		}
		limit = overdueAfter
	}
	return max(time.Second, since.Add(limit).Sub(now))
}
