package main

import (
	"context"
	"fmt"
	"time"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
)

// tailGrace is how long the last lines of a log may take after the end of what
// prints them was seen.
const tailGrace = 2 * time.Second

// settle prints the accepted function, or waits until it is Ready and prints
// that. Build output goes to stderr meanwhile. The deploy goes on when the
// waiting is cut.
func (a *app) settle(ctx context.Context, backend client.Backend, f client.Function, noWait bool, format string) error {
	if noWait {
		return a.printOutcome(f, format)
	}
	stop := a.tail(ctx, backend, client.LogQuery{FunctionID: f.ID, DeployID: f.DeployID}, f.DeployID != "")
	ready, err := action.AwaitReady(ctx, backend, f.ID, nil)
	stop()
	if err != nil {
		return err
	}
	if ready.Version > 0 {
		a.note("%s v%d is Ready", ui.Clean(ready.Name), ready.Version)
	} else {
		a.note("%s is %s", ui.Clean(ready.Name), ui.Clean(string(ready.Status)))
	}
	return a.printOutcome(ready, format)
}

// printOutcome prints what an action made where a format was asked for: the
// sentence on stderr is enough for a person.
func (a *app) printOutcome(f client.Function, format string) error {
	if a.flags.output == "" {
		return nil
	}
	s := sheet{Header: functionsListing.header, Wide: functionsListing.wide, One: true}
	s.Rows = []row{functionRow(f, a.now())}
	return a.print(s, format)
}

// tail follows a log to stderr until its end, unless stderr is kept for JSON.
// stop waits for the last lines, for a moment at most.
func (a *app) tail(ctx context.Context, backend client.Backend, query client.LogQuery, known bool) (stop func()) {
	follower, err := client.As[client.LogFollower](backend, client.CanFollowLogs)
	if err != nil || !known || a.jsonMode {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// What is waited for reports its own end; a log that cannot be followed
		// is no reason to give up on it.
		_ = follower.FollowLogs(ctx, query, func(lines []client.LogLine) error {
			for _, line := range lines {
				if _, err := fmt.Fprintf(a.errs, "  %s\n", ui.Clean(line.Text)); err != nil {
					return err
				}
			}
			return nil
		})
	}()
	return func() {
		grace := time.NewTimer(tailGrace)
		defer grace.Stop()
		select {
		case <-ended:
		case <-ctx.Done():
		case <-grace.C:
		}
		cancel()
		<-ended
	}
}
