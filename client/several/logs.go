package several

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"fndeck/client"
)

// logOwner is the one context that a query of logs is about, nil if it is about all;
// the query is as that context knows it.
func (b *Backend) logOwner(query client.LogQuery) (*part, client.LogQuery, error) {
	id := cmp.Or(query.CallID, query.DeployID, query.FunctionID)
	switch {
	case id == "" && len(b.parts) == 1:
		return b.parts[0], query, nil
	case id == "":
		return nil, query, nil
	}
	p, _, err := b.owner(id)
	query.CallID, query.DeployID, query.FunctionID = unnamed(query.CallID), unnamed(query.DeployID), unnamed(query.FunctionID)
	return p, query, err
}

// Logs implements client.LogReader. Lines of several contexts are in the order of
// their times and have no positions: those of one say nothing of another's.
func (b *Backend) Logs(ctx context.Context, query client.LogQuery) ([]client.LogLine, error) {
	p, query, err := b.logOwner(query)
	if err != nil {
		return nil, err
	}
	if p != nil {
		return b.logsOf(ctx, p, query)
	}
	var all []client.LogLine
	var failed []error
	for _, p := range b.parts {
		lines, err := b.logsOf(ctx, p, query)
		if err != nil {
			failed = append(failed, err)
		}
		all = append(all, each(lines, p.foreign)...)
	}
	if len(failed) == len(b.parts) {
		return nil, failed[0]
	}
	newestFirst(all, func(l client.LogLine) time.Time { return l.Time })
	all = most(all, query.Tail)
	slices.Reverse(all)
	return all, nil
}

// logsOf reads the lines of one context, and keeps how it answered for Standings.
func (b *Backend) logsOf(ctx context.Context, p *part, query client.LogQuery) ([]client.LogLine, error) {
	does, err := client.As[client.LogReader](p.backend, client.CanReadLogs)
	if err == nil {
		var lines []client.LogLine
		if lines, err = does.Logs(ctx, query); err == nil {
			b.noteLogs(p, nil)
			return each(lines, p.line), nil
		}
	}
	b.noteLogs(p, err)
	return nil, err
}

// noteLogs keeps how a context answered that is looked at for itself: who asks for the
// lines of one thing among several contexts has the answer already.
func (b *Backend) noteLogs(p *part, err error) {
	if len(b.parts) == 1 {
		p.logs.note(b.clock(), err)
	}
}

// foreign is a line among those of other contexts.
func (p *part) foreign(l client.LogLine) client.LogLine {
	l.Position = 0
	return l
}

// FollowLogs implements client.LogFollower. A context that fails leaves a line that
// says so, and the others go on.
func (b *Backend) FollowLogs(ctx context.Context, query client.LogQuery, emit func([]client.LogLine) error) error {
	p, query, err := b.logOwner(query)
	if err != nil {
		return err
	}
	if p != nil {
		err := p.follow(ctx, query, p.line, emit)
		b.noteLogs(p, err)
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	one := func(lines []client.LogLine) error {
		mu.Lock()
		defer mu.Unlock()
		err := emit(lines)
		if err != nil {
			cancel(err) // Nobody takes the lines of the others either.
		}
		return err
	}
	failed := make([]error, len(b.parts))
	var ended sync.WaitGroup
	for i, p := range b.parts {
		ended.Go(func() {
			failed[i] = p.followed(ctx, query, one)
			if failed[i] != nil && ctx.Err() == nil {
				_ = one([]client.LogLine{{Time: b.clock(), Stream: "mark", FunctionName: p.name, Text: p.name + ": " + client.Explain(failed[i]).Sentence}})
			}
		})
	}
	ended.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, err := range failed {
		if err == nil {
			return nil
		}
	}
	return errors.Join(failed...)
}

// followed is follow, where a panic is an error of this context alone.
func (p *part) followed(ctx context.Context, query client.LogQuery, emit func([]client.LogLine) error) error {
	_, err := recovered(ctx, func(ctx context.Context) ([]client.LogLine, error) {
		return nil, p.follow(ctx, query, func(l client.LogLine) client.LogLine { return p.foreign(p.line(l)) }, emit)
	})
	return err
}

func (p *part) follow(ctx context.Context, query client.LogQuery, name func(client.LogLine) client.LogLine, emit func([]client.LogLine) error) error {
	does, err := client.As[client.LogFollower](p.backend, client.CanFollowLogs)
	if err != nil {
		return err
	}
	return does.FollowLogs(ctx, query, func(lines []client.LogLine) error { return emit(each(lines, name)) })
}
