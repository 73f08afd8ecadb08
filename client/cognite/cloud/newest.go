package cloud

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"fndeck/client"
)

const (
	// lately is how many functions are asked for their newest calls: those that were
	// called last. abreast is how many at the same time.
	lately, abreast = 16, 4
	// pageOfCalls is how many calls a page holds where nobody says.
	pageOfCalls = 100
)

// newest lists the newest calls of all functions. The project lists the calls of one
// function at a time, so those called lately are asked, each for one page, and there
// is no page after it.
func (b *Backend) newest(ctx context.Context, q client.CallQuery) (client.CallPage, error) {
	if q.Cursor != "" {
		return client.CallPage{}, client.Invalidf("older calls are listed function by function: name one")
	}
	called, err := b.calledLately(ctx)
	if err != nil {
		return client.CallPage{}, err
	}
	pages, failures := make([]client.CallPage, len(called)), make([]error, len(called))
	places := make(chan struct{}, abreast)
	var all sync.WaitGroup
	for i, f := range called {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			one := q
			one.FunctionID = f.ID
			pages[i], failures[i] = b.newestOf(ctx, one)
		})
	}
	all.Wait()
	var merged client.CallPage
	for i, page := range pages {
		if failures[i] != nil && !errors.Is(failures[i], client.ErrNotFound) { // deleted in between
			return client.CallPage{}, failures[i]
		}
		for _, c := range page.Calls {
			c.FunctionName = cmp.Or(c.FunctionName, called[i].Name)
			merged.Calls = append(merged.Calls, c)
		}
	}
	slices.SortStableFunc(merged.Calls, func(x, y client.Call) int { return y.Started.Compare(x.Started) })
	merged.Calls = merged.Calls[:min(len(merged.Calls), cmp.Or(max(q.Limit, 0), pageOfCalls))]
	return merged, nil
}

// newestOf is a page of the calls of one function, filled up from the ids that it had
// before: a redeploy must not take the calls of an hour ago off the list.
func (b *Backend) newestOf(ctx context.Context, q client.CallQuery) (client.CallPage, error) {
	page, err := b.Calls(ctx, q)
	wanted := cmp.Or(max(q.Limit, 0), pageOfCalls)
	for err == nil && len(page.Calls) < wanted && startsAnID(page.Next) {
		q.Cursor = page.Next
		var older client.CallPage
		older, err = b.Calls(ctx, q)
		page.Calls, page.Next = append(page.Calls, older.Calls...), older.Next
	}
	return page, err
}

// startsAnID reports whether a cursor is the beginning of another id, not a page further
// on in one. A service's own cursors may hold any sign.
func startsAnID(cursor string) bool {
	_, further, ok := strings.Cut(cursor, ":")
	return ok && further == ""
}

// calledLately are the functions that were called last, that one first.
func (b *Backend) calledLately(ctx context.Context) ([]client.Function, error) {
	all, err := b.Functions(ctx)
	if err != nil {
		return nil, err
	}
	called := slices.DeleteFunc(slices.Clone(all), func(f client.Function) bool { return f.LastCall == nil })
	slices.SortStableFunc(called, func(x, y client.Function) int { return y.LastCall.Started.Compare(x.LastCall.Started) })
	return called[:min(lately, len(called))], nil
}
