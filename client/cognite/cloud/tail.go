package cloud

import (
	"context"
	"errors"
	"slices"

	"fndeck/client"
)

// tailCalls is how many of a function's newest calls are looked at in each round.
const tailCalls = 20

// tailing is what a tail has seen of a call.
type tailing struct {
	after int64
	over  bool
}

// tail follows the calls of a function, or of all, for ever. One that fails for a
// while is looked at again in the next round.
func (b *Backend) tail(ctx context.Context, q client.LogQuery, emit func([]client.LogLine) error) error {
	seen := map[string]*tailing{}
	return b.poll(ctx, logPoll, func() (moved, ended bool, err error) {
		functions, err := b.tailed(ctx, q.FunctionID)
		if err != nil {
			return false, false, err
		}
		for _, f := range functions {
			grown, err := b.tailOne(ctx, f, q, seen, emit)
			moved = moved || grown
			if err != nil && !errors.Is(err, client.ErrNotFound) { // deleted in between
				return moved, false, err
			}
		}
		return moved, false, nil
	})
}

func (b *Backend) tailed(ctx context.Context, functionID string) ([]client.Function, error) {
	if functionID == "" {
		return b.Functions(ctx)
	}
	f, err := b.Function(ctx, functionID)
	return []client.Function{f}, err
}

// lately are the newest calls of a function, those of its earlier ids too: what ran
// there while a redeploy took place is followed to its end.
func (b *Backend) lately(ctx context.Context, functionID string) (calls []client.Call, err error) {
	for q := (client.CallQuery{FunctionID: functionID, Limit: tailCalls}); ; {
		page, err := b.Calls(ctx, q)
		calls = append(calls, page.Calls...)
		if err != nil || page.Next == "" || len(calls) >= tailCalls {
			return calls, err
		}
		q.Cursor = page.Next
	}
}

// tailOne hands over what the newest calls of one function have printed since.
func (b *Backend) tailOne(ctx context.Context, f client.Function, q client.LogQuery, seen map[string]*tailing, emit func([]client.LogLine) error) (moved bool, err error) {
	calls, err := b.lately(ctx, f.ID)
	if err != nil {
		return false, err
	}
	for _, c := range slices.Backward(calls) {
		t := seen[c.ID]
		if t == nil {
			t = &tailing{}
			seen[c.ID] = t
		}
		if t.over || !c.Ended.IsZero() && c.Ended.Before(q.Since) {
			continue
		}
		at := client.LogQuery{FunctionID: f.ID, CallID: c.ID, After: t.after, Since: q.Since, Tail: q.Tail}
		grown, err := b.more(ctx, &at, func(lines []client.LogLine) error {
			for i := range lines {
				lines[i].FunctionName = f.Name
			}
			return emit(lines)
		})
		if err != nil {
			return moved, err
		}
		t.after, t.over, moved = at.After, c.Status.Ended(), moved || grown
	}
	return moved, nil
}
