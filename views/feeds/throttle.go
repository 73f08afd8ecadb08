package feeds

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
)

// Throttle tells when requests begin to wait for a server that has refused them with
// 429, and when they go on.
type Throttle struct {
	Ctx context.Context
	// Trace knows of the waits of a context.
	Trace client.ContextTrace
}

// ThrottleMsg is until when requests to a context wait now, zero if none does.
type ThrottleMsg struct {
	From  *Throttle
	Until time.Time
}

// Throttles are those of a backend, one for each of its contexts.
func Throttles(from Source) []*Throttle {
	var all []*Throttle
	for _, trace := range client.Traces(from.Backend) {
		all = append(all, &Throttle{Ctx: from.Ctx, Trace: trace})
	}
	return all
}

// Wait is the one command that waits for that to change.
func (t *Throttle) Wait(shown time.Time) tea.Cmd {
	return func() tea.Msg {
		for t.Ctx.Err() == nil {
			now, changed := t.Trace.Held()
			if !now.Equal(shown) {
				return ThrottleMsg{t, now}
			}
			select {
			case <-changed:
			case <-t.Ctx.Done():
			}
		}
		return nil
	}
}
