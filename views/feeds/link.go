package feeds

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Link tells when the backend is lost, and when it is back.
type Link struct {
	Ctx context.Context
	// Lost is the banner and a channel that closes when it has changed; nil is
	// always well.
	Lost func() (string, <-chan struct{})
}

// LinkMsg is what the banner says now, "" for none.
type LinkMsg string

// Wait is the one command that waits for the banner to change.
func (l *Link) Wait(shown string) tea.Cmd {
	if l.Lost == nil {
		return nil
	}
	return func() tea.Msg {
		for l.Ctx.Err() == nil {
			now, changed := l.Lost()
			if now != shown {
				return LinkMsg(now)
			}
			select {
			case <-changed:
			case <-l.Ctx.Done():
			}
		}
		return nil
	}
}

// Pause waits, or until ctx ends.
func Pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
