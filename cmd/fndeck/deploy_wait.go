package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
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
	if drivesDeploys(backend) && f.DeployingVersion > 1 && f.DeployID != "" { // the first is built without us
		if _, err := a.awaitDriven(ctx, backend, f.ID, f.DeployID); err != nil {
			return err
		}
	}
	log := a.tail(ctx, backend, client.LogQuery{FunctionID: f.ID, DeployID: f.DeployID}, f.DeployID != "")
	ready, err := action.AwaitReady(ctx, backend, f.ID, nil)
	log.stop()
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
	s.Rows = []row{functionRow(f, a.clock())}
	return a.print(s, format)
}

// tailKept is how many of the last lines a tail remembers.
const tailKept = 200

// tail is a log that is followed to stderr.
type tail struct {
	// stop waits for the last lines, for a moment at most, and ends the tail.
	stop func()
	// last are the newest lines as they were shown, tailKept at most. They are
	// read after stop.
	last []string
}

// shows reports whether text ended up on stderr: a function's traceback is in its
// log on most systems, and in the call's error too.
func (t *tail) shows(text string) bool {
	lines := ui.CleanLines(strings.TrimSpace(text))
	for _, line := range lines[max(0, len(lines)-tailKept/2):] {
		if line != "" && !slices.Contains(t.last, line) {
			return false
		}
	}
	return true
}

// show writes lines and remembers the last of them.
func (t *tail) show(w io.Writer, lines []client.LogLine) error {
	for _, line := range lines {
		text := ui.Clean(line.Text)
		if _, err := fmt.Fprintf(w, "  %s\n", text); err != nil {
			return err
		}
		t.last = append(t.last, text)
	}
	t.last = t.last[max(0, len(t.last)-tailKept):]
	return nil
}

// tail follows a log to stderr until its end, unless stderr is kept for JSON.
func (a *app) tail(ctx context.Context, backend client.Backend, query client.LogQuery, known bool) *tail {
	t := &tail{stop: func() {}}
	follower, err := client.As[client.LogFollower](backend, client.CanFollowLogs)
	if err != nil || !known || a.jsonMode {
		return t
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// What is waited for reports its own end; a log that cannot be followed
		// is no reason to give up on it.
		_ = follower.FollowLogs(ctx, query, func(lines []client.LogLine) error { return t.show(a.errs, lines) })
	}()
	t.stop = func() {
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
	return t
}
