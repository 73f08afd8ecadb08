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
	// Trace knows of the waits; nil knows of none.
	Trace *client.Trace
}

// ThrottleMsg is until when requests wait now, zero if none does.
type ThrottleMsg time.Time

// Wait is the one command that waits for that to change.
func (t *Throttle) Wait(shown time.Time) tea.Cmd {
	if t.Trace == nil {
		return nil
	}
	return func() tea.Msg {
		for t.Ctx.Err() == nil {
			now, changed := t.Trace.Held()
			if !now.Equal(shown) {
				return ThrottleMsg(now)
			}
			select {
			case <-changed:
			case <-t.Ctx.Done():
			}
		}
		return nil
	}
}
