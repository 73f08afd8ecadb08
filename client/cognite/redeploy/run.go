package redeploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fndeck/client"
	"fndeck/client/cognite"
)

const (
	// patience is how often in a row a step is tried that the network or the service
	// fails, with pauses from firstPause doubling to longPause. queuePatience is the
	// same for a service that asks to wait: its queue may be full for long.
	patience, queuePatience = 8, 60
	firstPause, longPause   = time.Second, 30 * time.Second
	// queuePause is how long is waited where the service does not say.
	queuePause = 10 * time.Second
	// maxThrottle bounds what the service may ask for.
	maxThrottle = 5 * time.Minute
)

// Run drives the operation to its end and gives its lock up. An error says why it
// stopped: then the journal is open, and the operation can be resumed. An operation
// that took everything back is no error: see State.Outcome. report sees the steps
// and sent the upload; both may be nil.
func (o *Operation) Run(ctx context.Context, report func(Progress), sent client.Progress) (err error) {
	o.report, o.sent = report, sent
	defer func() { err = errors.Join(err, o.Release()) }()
	for {
		moved, err := o.advance(ctx)
		switch {
		case err == nil && !moved:
			return nil
		case err == nil:
			if o.state().Last.Kind != Void { // to be tried again is no step forward
				o.at.Tries = 0
			}
			continue
		}
		o.at.Tries++
		if err := o.face(ctx, err, o.at.Tries); err != nil {
			return explain(err)
		}
	}
}

// explain makes of a state in which a person must decide what a person reads.
func explain(err error) error {
	var s *stopped
	if errors.As(err, &s) {
		return &client.Error{Code: client.CodeConflict, Message: s.sentence, Hint: s.hint}
	}
	return err
}

// advance does the next thing; moved is false when there is none.
func (o *Operation) advance(ctx context.Context) (moved bool, err error) {
	if open := o.state().Open; open != nil {
		return true, o.settle(ctx, *open)
	}
	a := o.state().Next()
	if a.Step == "" {
		return false, nil
	}
	o.begin(a.Step)
	return true, o.perform(ctx, a)
}

// face decides what a failure means: nil goes on, after a pause or the other way;
// an error stops the operation where it is.
func (o *Operation) face(ctx context.Context, err error, tries int) error {
	var broken journalError
	var e *client.Error
	switch {
	case errors.As(err, &broken) || ctx.Err() != nil:
		return err
	case !errors.As(err, &e):
		return err
	}
	if errors.Is(err, cognite.ErrNonce) && tries <= patience {
		return o.m.Wait(ctx, firstPause)
	}
	switch e.Code {
	case client.CodeUnknownOutcome:
		if tries > patience {
			return err
		}
		return nil // the intent is open: it is settled by reading
	case client.CodeThrottled:
		if tries > queuePatience {
			return err
		}
		pause := min(max(e.RetryAfter, queuePause), maxThrottle)
		if e.RetryAfter > 0 {
			pause = min(e.RetryAfter, maxThrottle)
		}
		o.hold(o.m.Clock().UTC().Add(pause), "the service asks to wait: "+e.Message)
		return o.m.Wait(ctx, pause)
	case client.CodeUnavailable, client.CodeUnexpected, client.CodeTimeout, client.CodeFailed:
		if tries > patience {
			return err
		}
		pause := min(firstPause<<(tries-1), longPause)
		o.hold(o.m.Clock().UTC().Add(pause), fmt.Sprintf("try %d of %d failed: %s", tries, patience+1, e.Message))
		return o.m.Wait(ctx, pause)
	case client.CodeUnauthenticated:
		return err
	}
	return o.refused(err)
}

// harmless are the steps before the first change that others could notice: a
// refusal takes everything back.
func (s *State) harmless() bool {
	if s.Back || s.Switched() {
		return false
	}
	for _, m := range s.Schedules {
		if s.Candidate != "" && m.On[s.Candidate] != "" {
			return false
		}
	}
	return true
}

// refused takes everything back where nobody has noticed anything yet, else stops.
func (o *Operation) refused(err error) error {
	if !o.state().harmless() {
		return err
	}
	return o.turn(err.Error(), nil)
}

func (o *Operation) turn(why string, failure *client.Failure) error {
	return o.write(Record{Kind: Turned, Text: why, Failure: failure})
}
