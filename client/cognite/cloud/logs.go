package cloud

import (
	"context"
	"errors"
	"strings"
	"time"

	"fndeck/client"
	"fndeck/client/cognite/archive"
)

// Logs reads the log of one call, or of a deploy that failed.
func (b *Backend) Logs(ctx context.Context, q client.LogQuery) ([]client.LogLine, error) {
	if q.DeployID != "" {
		d, err := b.deploy(ctx, q.DeployID)
		if err != nil {
			return nil, err
		}
		return pick(traceOf(d), q), nil
	}
	if q.CallID == "" {
		return b.Backend.Logs(ctx, q) // says what is missing
	}
	v, err := b.view()
	if err != nil {
		return nil, err
	}
	var lines []client.LogLine
	err = b.each(q.FunctionID, q.CallID, func(id string) (err error) {
		at := q
		at.FunctionID = id
		lines, err = b.Backend.Logs(ctx, at)
		return err
	}, func(r archive.Record, _ string) error {
		lines = pick(r.Body.Lines, q)
		return nil
	})
	for i := range lines {
		lines[i].FunctionID = v.public(q.FunctionID)
	}
	return lines, err
}

// pick are the lines that a query asks for.
func pick(all []client.LogLine, q client.LogQuery) []client.LogLine {
	var lines []client.LogLine
	for _, l := range all {
		if l.Position > q.After && (l.Time.IsZero() || !l.Time.Before(q.Since)) {
			lines = append(lines, l)
		}
	}
	if q.Tail > 0 && len(lines) > q.Tail {
		lines = lines[len(lines)-q.Tail:]
	}
	return lines
}

// traceOf are the lines of a failed deploy: all that the service hands out.
func traceOf(d client.Deploy) []client.LogLine {
	if d.Error == nil {
		return nil
	}
	var lines []client.LogLine
	for text := range strings.Lines(d.Error.Message + "\n" + d.Error.Trace) {
		lines = append(lines, client.LogLine{Position: int64(len(lines)) + 1, Stream: "build", Text: strings.TrimRight(text, "\r\n"), FunctionID: d.FunctionID})
	}
	return lines
}

// allDeploys is how many deploys are looked at to find one.
const allDeploys = 10_000

func (b *Backend) deploy(ctx context.Context, id string) (client.Deploy, error) {
	all, err := b.Deploys(ctx, "", allDeploys)
	if err != nil {
		return client.Deploy{}, err
	}
	for _, d := range all {
		if d.ID == id {
			return d, nil
		}
	}
	return client.Deploy{}, &client.Error{Code: client.CodeNotFound, Message: "deploy " + id + " was not begun on this machine"}
}

const (
	// The pauses between looks at a log begin with logPoll, those at a call with
	// callPoll, as in the vendor's SDK (8.13.0, data_classes/functions.py). They double
	// up to slowestPoll while nothing comes.
	logPoll, callPoll, slowestPoll = time.Second, 300 * time.Millisecond, 10 * time.Second
	// pollTries is how many looks in a row may fail.
	pollTries = 8
)

// poll looks again and again until look has ended; moved shortens the pause to the
// first one again.
func (b *Backend) poll(ctx context.Context, first time.Duration, look func() (moved, ended bool, err error)) error {
	pause, failures := first, 0
	for {
		moved, ended, err := look()
		switch {
		case err == nil && ended:
			return nil
		case err == nil && moved:
			pause, failures = first, 0
		case err == nil:
			failures = 0
		case ctx.Err() != nil || !errors.Is(err, client.ErrUnavailable) || failures >= pollTries:
			return err
		default:
			failures++
		}
		if err := b.c.Wait(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, slowestPoll)
	}
}

// FollowLogs follows the log of a call to its end, or of a function's calls, or all
// functions'. The service hands a log out whole each time: what was seen is counted.
func (b *Backend) FollowLogs(ctx context.Context, q client.LogQuery, emit func([]client.LogLine) error) error {
	switch {
	case q.DeployID != "":
		return b.followDeploy(ctx, q, emit)
	case q.CallID == "":
		return b.tail(ctx, q, emit)
	}
	return b.poll(ctx, logPoll, func() (moved, ended bool, err error) {
		// The state is read first: lines that come between belong to a call that runs.
		c, err := b.Call(ctx, q.FunctionID, q.CallID)
		if err != nil {
			return false, false, err
		}
		moved, err = b.more(ctx, &q, emit)
		return moved, c.Status.Ended(), err
	})
}

// more hands over the lines that have come since the last time. Tail counts for the
// first time only.
func (b *Backend) more(ctx context.Context, q *client.LogQuery, emit func([]client.LogLine) error) (moved bool, err error) {
	lines, err := b.Logs(ctx, *q)
	if hasNone(err) {
		return false, nil // no log yet, or none at all
	}
	q.Tail = 0
	if err != nil || len(lines) == 0 {
		return false, err
	}
	q.After = lines[len(lines)-1].Position
	return true, emit(lines)
}

func hasNone(err error) bool {
	code := client.Code("")
	if err != nil {
		code = client.Explain(err).Code
	}
	return code == client.CodeNotFound || code == client.CodeInvalid
}

// followDeploy waits for the end of a deploy; only a failed one has lines.
func (b *Backend) followDeploy(ctx context.Context, q client.LogQuery, emit func([]client.LogLine) error) error {
	return b.poll(ctx, logPoll, func() (moved, ended bool, err error) {
		d, err := b.deploy(ctx, q.DeployID)
		if err != nil {
			return false, false, err
		}
		if d.Status == client.FunctionQueued { // only a look at the function says more
			if _, err := b.Function(ctx, d.FunctionID); err != nil {
				return false, false, err
			}
		}
		if d.Status == client.FunctionQueued || d.Status == client.FunctionDeploying {
			return false, false, nil
		}
		if lines := pick(traceOf(d), q); len(lines) > 0 {
			err = emit(lines)
		}
		return true, true, err
	})
}

// WaitCall returns the call once it has ended.
func (b *Backend) WaitCall(ctx context.Context, functionID, callID string) (c client.Call, err error) {
	err = b.poll(ctx, callPoll, func() (moved, ended bool, err error) {
		c, err = b.Call(ctx, functionID, callID)
		return false, c.Status.Ended(), err
	})
	return c, err
}
