package action

import (
	"context"
	"errors"
	"time"

	"fndeck/client"
)

const (
	// pollAlone is how often a backend without pushes is read while someone
	// waits; pollBehind is the safety net behind pushes, which are hints only.
	pollAlone  = time.Second
	pollBehind = 5 * time.Second
	// retryPause and retryLimit bound how long an unreachable backend is asked
	// again: a local engine that is starting anew is back well within it.
	retryPause = 250 * time.Millisecond
	retryLimit = 120
)

// EachChange calls look at once and again after each change until it is done,
// returns an error other than ErrUnavailable, or ctx ends. Changes are pushed
// where the backend is a client.Pusher, else the backend is polled; kinds
// selects the events by Event.Kind. A backend that cannot be reached is asked
// again for half a minute before its error is returned. Nothing runs after
// EachChange has returned.
func EachChange(ctx context.Context, backend client.Backend, kinds []string, look func(context.Context) (done bool, err error)) error {
	changed, pause, stop := changes(ctx, backend, kinds)
	defer stop()
	failures := 0
	for {
		done, err := look(ctx)
		wait := pause
		switch {
		case err == nil && done:
			return nil
		case err == nil:
			failures = 0
		case errors.Is(err, client.ErrUnavailable) && failures < retryLimit && ctx.Err() == nil:
			failures++
			wait = retryPause
		default:
			return err
		}
		if err := await(ctx, changed, wait); err != nil {
			return err
		}
	}
}

// await waits for a change, for the pause, or for the end of ctx, which is the
// only error.
func await(ctx context.Context, changed <-chan struct{}, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-changed:
	case <-timer.C:
	}
	return nil
}

// changes starts to watch the backend if it can be watched. The channel holds
// one waiting hint at most; stop ends the watching and waits for its end.
func changes(ctx context.Context, backend client.Backend, kinds []string) (changed <-chan struct{}, pause time.Duration, stop func()) {
	pusher, err := client.As[client.Pusher](backend, client.CanPush)
	if err != nil {
		return nil, pollAlone, func() {}
	}
	hints := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		watch(ctx, pusher, kinds, hints)
	}()
	return hints, pollBehind, func() {
		cancel()
		<-ended
	}
}

// watch follows the backend's pushes and takes the link up again when it is
// lost, until ctx ends.
func watch(ctx context.Context, pusher client.Pusher, kinds []string, hints chan<- struct{}) {
	wanted := make(map[string]bool, len(kinds))
	for _, kind := range kinds {
		wanted[kind] = true
	}
	hint := func(e client.Event) {
		if !e.Reset && !wanted[e.Kind] {
			return
		}
		select {
		case hints <- struct{}{}:
		default:
		}
	}
	for ctx.Err() == nil {
		// The error is the lost link; what matters of it shows in the reads.
		_ = pusher.Watch(ctx, hint)
		if await(ctx, nil, retryPause) != nil {
			return
		}
	}
}

// AwaitCall waits for the end of an accepted call and returns it, whatever its
// status. It only reads: the call goes on when ctx ends.
func AwaitCall(ctx context.Context, backend client.Backend, call client.Call) (client.Call, error) {
	look := func(ctx context.Context) (client.Call, error) {
		return backend.Call(ctx, call.FunctionID, call.ID)
	}
	if waiter, err := client.As[client.CallWaiter](backend, client.CanWait); err == nil {
		look = func(ctx context.Context) (client.Call, error) {
			return waiter.WaitCall(ctx, call.FunctionID, call.ID)
		}
	}
	ended := call
	err := EachChange(ctx, backend, []string{"call"}, func(ctx context.Context) (bool, error) {
		now, err := look(ctx)
		if err != nil {
			return false, err
		}
		ended = now
		return now.Status.Ended(), nil
	})
	return ended, err
}
