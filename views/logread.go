package views

import (
	"context"

	"fndeck/client"
	"fndeck/ui"
)

// logReading is one run through a log: what it asks for, where it puts the
// lines, and what it has found so far. It runs outside the update loop.
type logReading struct {
	query  client.LogQuery
	buffer *ui.LogBuffer
	// from and until are the first and the last position that were shown when
	// older lines were asked for.
	from, until int64
	taken       int
	grown       logGrown
}

// logGrown says how far a reading has come.
type logGrown struct {
	notes chan logGrown
	at    logPlace
	// shift counts the lines before the first that was shown; caught says that
	// the last that was shown has been reached again.
	shift  int
	caught bool
	// over says that the reading has ended; unfollowed that more lines may come,
	// but not by themselves.
	over, unfollowed bool
	err              error
}

// run reads the end of the log first, if that is what is wanted, and follows it
// from there. A backend that cannot follow logs is read once.
func (r *logReading) run(ctx context.Context, backend client.Backend) error {
	reader, noReader := client.As[client.LogReader](backend, client.CanReadLogs)
	follower, noFollower := client.As[client.LogFollower](backend, client.CanFollowLogs)
	if noReader != nil && noFollower != nil {
		return noFollower
	}
	if noReader != nil {
		r.grown.at.partial = r.query.Tail > 0
		return follower.FollowLogs(ctx, r.query, r.take)
	}
	if r.query.Tail > 0 && r.until == 0 {
		if err := r.end(ctx, reader, noFollower != nil); err != nil {
			return err
		}
	}
	if noFollower != nil {
		r.grown.unfollowed = true
		return r.once(ctx, reader)
	}
	return follower.FollowLogs(ctx, r.query, r.take)
}

// end reads the newest lines, and one more to know whether there are older ones.
// Lines without a position are left to the follower, which could not go on after
// them.
func (r *logReading) end(ctx context.Context, reader client.LogReader, alone bool) error {
	query, most := r.query, r.query.Tail
	query.Tail++
	r.query.Tail = 0
	lines, err := reader.Logs(ctx, query)
	if err != nil {
		return err
	}
	if !alone && len(lines) > 0 && lines[len(lines)-1].Position == 0 {
		return nil
	}
	if extra := len(lines) - most; extra > 0 {
		lines, r.grown.at.partial = lines[extra:], true
	}
	return r.take(lines)
}

// once reads what there is now, page by page. Without positions there is no
// second page.
func (r *logReading) once(ctx context.Context, reader client.LogReader) error {
	for r.taken == 0 || r.query.After > 0 {
		lines, err := reader.Logs(ctx, r.query)
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
func (r *logReading) take(lines []client.LogLine) error {
	if len(lines) == 0 {
		return nil
	}
	kept := make([]ui.LogLine, len(lines))
	for i, line := range lines {
		kept[i] = ui.LogLine{Time: line.Time, Source: line.FunctionName, Text: line.Text, Mark: line.Stream == "mark"}
		if line.Position < r.from {
			r.grown.shift++
		}
	}
	if err := r.buffer.Append(kept); err != nil {
		return err
	}
	if r.grown.at.first == 0 {
		r.grown.at.first = lines[0].Position
	}
	r.taken += len(lines)
	last := lines[len(lines)-1].Position
	r.query.After, r.grown.at.after = last, last
	r.grown.caught = last >= r.until
	leave(r.grown.notes, r.grown)
	return nil
}

// leave puts a note into a mailbox of one place, over an older one.
func leave(notes chan logGrown, note logGrown) {
	select {
	case <-notes:
	default:
	}
	notes <- note // Only the reading leaves notes, so there is room.
}
