package own

import (
	"context"
	"time"

	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/wire"
)

const (
	// eventPage is how many events are read from the store at once.
	eventPage = 1000
	// gather is how long a stream waits for more before it wakes its reader: a
	// busy engine commits a thousand times a second.
	gather = 20 * time.Millisecond
)

// events streams what changes from now on, as wire.Event. It begins with a line
// that names the epoch and says that everything must be read once; so does a
// line wherever events are missing, because the reader was too slow.
func (a *API) events(r *dialect.Request) error {
	s := a.core.Store()
	after := s.LastEvent()
	stream := a.newStream(r.Writer)
	defer stream.end()
	stream.send(wire.Event{Seq: after, Epoch: s.Epoch(), Reset: true})
	for {
		changed := s.Changed()
		events, complete := s.Events(after, eventPage)
		if !complete && len(events) > 0 {
			stream.send(wire.Event{Seq: events[0].Seq, Reset: true})
		}
		for _, e := range events {
			stream.send(wire.Event{Seq: e.Seq, Kind: e.Kind, Subject: e.Subject})
			after = e.Seq
		}
		if stream.failed {
			return nil
		}
		if len(events) == eventPage {
			continue
		}
		if !stream.await(r.Context(), changed) {
			return nil
		}
	}
}

// await waits until something may have changed and reports whether the reader
// is still there.
func (s *stream) await(ctx context.Context, changed <-chan struct{}) bool {
	idle := time.NewTimer(heartbeat)
	defer idle.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-idle.C:
		s.send(struct{}{})
		return !s.failed
	case <-changed:
	}
	pause := time.NewTimer(gather)
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-pause.C:
		return !s.failed
	}
}
