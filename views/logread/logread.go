// Package logread reads a log of a backend into a buffer, outside the update
// loop: its end first, then what comes. How far it has come is told through a
// mailbox of one place, so that a reading never waits for whoever looks at it.
package logread

import (
	"context"

	"fndeck/client"
	"fndeck/ui"
)

// Reading is one run through a log: what it asks for, where it puts the lines,
// and what it has found so far. Run it once.
type Reading struct {
	Query  client.LogQuery
	Buffer *ui.LogBuffer
	// From and Until are the first and the last position that were shown when
	// older lines were asked for.
	From, Until int64
	// Grown is what is known before it begins, with the mailbox for its notes.
	Grown Grown
	taken int
	// kept are the lines of the last batch, whose place the next one takes.
	kept []ui.LogLine
}

// Place is what of a log has been read.
type Place struct {
	// First and After are the positions of the first and the last line.
	First, After int64
	// Partial says that there are lines before the first.
	Partial bool
}

// Grown says how far a reading has come.
type Grown struct {
	// Notes is where the reading leaves its notes; it has one place.
	Notes chan Grown
	At    Place
	// Shift counts the lines before the first that was shown; Caught says that
	// the last that was shown has been reached again.
	Shift  int
	Caught bool
	// Over says that the reading has ended; Unfollowed that more lines may come,
	// but not by themselves.
	Over, Unfollowed bool
	Err              error
}

// Run reads the end of the log first, if that is what is wanted, and follows it
// from there. A backend that cannot follow logs is read once.
func (r *Reading) Run(ctx context.Context, backend client.Backend) error {
	reader, noReader := client.As[client.LogReader](backend, client.CanReadLogs)
	follower, noFollower := client.As[client.LogFollower](backend, client.CanFollowLogs)
	if noReader != nil && noFollower != nil {
		return noFollower
	}
	if noReader != nil {
		r.Grown.At.Partial = r.Query.Tail > 0
		return follower.FollowLogs(ctx, r.Query, r.take)
	}
	if r.Query.Tail > 0 && r.Until == 0 {
		if err := r.end(ctx, reader, noFollower != nil); err != nil {
			return err
		}
	}
	if noFollower != nil {
		r.Grown.Unfollowed = true
		return r.once(ctx, reader)
	}
	return follower.FollowLogs(ctx, r.Query, r.take)
}

// end reads the newest lines, and one more to know whether there are older ones.
// Lines without a position are left to the follower, which could not go on after
// them.
func (r *Reading) end(ctx context.Context, reader client.LogReader, alone bool) error {
	query, most := r.Query, r.Query.Tail
	query.Tail++
	r.Query.Tail = 0
	lines, err := reader.Logs(ctx, query)
	if err != nil {
		return err
	}
	if !alone && len(lines) > 0 && lines[len(lines)-1].Position == 0 {
		return nil
	}
	if extra := len(lines) - most; extra > 0 {
		lines, r.Grown.At.Partial = lines[extra:], true
	}
	return r.take(lines)
}

// once reads what there is now, page by page. Without positions there is no
// second page.
func (r *Reading) once(ctx context.Context, reader client.LogReader) error {
	for r.taken == 0 || r.Query.After > 0 {
		lines, err := reader.Logs(ctx, r.Query)
		if err != nil || len(lines) == 0 {
			return err
		}
		if err := r.take(lines); err != nil {
			return err
		}
	}
	return nil
}

// take keeps lines and tells of them.
func (r *Reading) take(lines []client.LogLine) error {
	if len(lines) == 0 {
		return nil
	}
	r.kept = r.kept[:0]
	for _, line := range lines {
		r.kept = append(r.kept, ui.LogLine{Time: line.Time, Source: line.FunctionName, Text: line.Text, Mark: line.Stream == "mark", Stderr: line.Stream == "stderr"})
		if line.Position < r.From {
			r.Grown.Shift++
		}
	}
	if err := r.Buffer.Append(r.kept); err != nil {
		return err
	}
	if r.Grown.At.First == 0 {
		r.Grown.At.First = lines[0].Position
	}
	r.taken += len(lines)
	last := lines[len(lines)-1].Position
	r.Query.After, r.Grown.At.After = last, last
	r.Grown.Caught = last >= r.Until
	leave(r.Grown.Notes, r.Grown)
	return nil
}

// leave puts a note into a mailbox of one place, over an older one.
func leave(notes chan Grown, note Grown) {
	select {
	case <-notes:
	default:
	}
	notes <- note // Only the reading leaves notes, so there is room.
}
