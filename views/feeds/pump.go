package feeds

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
)

const (
	// pumpQuiet is how long events are gathered after one batch was handed over:
	// a burst becomes a few refreshes a second.
	pumpQuiet = 250 * time.Millisecond
	// pumpRetry is the pause before a lost link is watched again.
	pumpRetry = time.Second
)

// Pump brings what the backend pushes into the update loop. Its mailbox has one
// place: events that were not fetched yet are merged, never queued.
type Pump struct {
	ctx    context.Context
	pusher client.Pusher

	mu    sync.Mutex
	kinds map[string]bool
	reset bool
	full  chan struct{}
}

// Pushed says which kinds of things changed; none means everything may have.
type Pushed struct{ Kinds map[string]bool }

// NewPump makes the pump of a backend; one that does not push brings nothing.
func NewPump(from Source) *Pump {
	p := &Pump{ctx: from.Ctx, kinds: map[string]bool{}, full: make(chan struct{}, 1)}
	if pusher, err := client.As[client.Pusher](from.Backend, client.CanPush); err == nil {
		p.pusher = pusher
	}
	return p
}

// Run watches until the console ends, again and again when the link is lost.
func (p *Pump) Run() tea.Cmd {
	if p.pusher == nil {
		return nil
	}
	return func() tea.Msg {
		for p.ctx.Err() == nil {
			// Why the link was lost shows in the feeds that fail with it.
			_ = p.pusher.Watch(p.ctx, p.put)
			Pause(p.ctx, pumpRetry)
		}
		return nil
	}
}

func (p *Pump) put(e client.Event) {
	p.mu.Lock()
	p.kinds[e.Kind] = true
	p.reset = p.reset || e.Reset
	p.mu.Unlock()
	select {
	case p.full <- struct{}{}:
	default:
	}
}

// Wait is the one command that waits on the mailbox.
func (p *Pump) Wait() tea.Cmd {
	if p.pusher == nil {
		return nil
	}
	return func() tea.Msg {
		Pause(p.ctx, pumpQuiet)
		select {
		case <-p.ctx.Done():
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
		return Pushed{Kinds: kinds}
	}
}
