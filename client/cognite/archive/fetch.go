package archive

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"fndeck/client"
	"fndeck/client/cognite"
)

const (
	// pageSize is how many calls one request lists (API reference 20230101, calls).
	pageSize = 1000
	// batch is how many calls are fetched before they are written, and abreast how
	// many at once.
	batch, abreast = 100, 4
)

// Fetch keeps the ended calls of a function that are not kept yet, and returns how
// many those were. A fetch that was cut is taken up by the next. progress, if not
// nil, is told how many were kept so far.
func (a *Archive) Fetch(ctx context.Context, api *cognite.Backend, functionID string, progress func(added int)) (added int, err error) {
	err = a.locked(functionID, func() error {
		entries, err := a.entries(functionID)
		if err != nil {
			return err
		}
		known := make(map[string]bool, len(entries))
		for _, e := range entries {
			known[e.Call.ID] = true
		}
		var pages client.Cursors
		for q := (client.CallQuery{FunctionID: functionID, Limit: pageSize}); ; {
			page, err := api.Calls(ctx, q)
			if err != nil {
				return err
			}
			n, err := a.fetchPage(ctx, api, functionID, page.Calls, known)
			if added += n; n > 0 && progress != nil {
				progress(added)
			}
			if err != nil {
				return err
			}
			more, err := pages.Follow(page.Next)
			if err != nil || !more {
				return err
			}
			q.Cursor = page.Next
		}
	})
	if err != nil {
		return added, fmt.Errorf("archive the calls of function %s: %w", functionID, err)
	}
	return added, nil
}

func (a *Archive) fetchPage(ctx context.Context, api *cognite.Backend, functionID string, calls []client.Call, known map[string]bool) (added int, err error) {
	var wanted []client.Call
	for _, c := range calls {
		if c.Status.Ended() && !known[c.ID] {
			known[c.ID] = true
			wanted = append(wanted, c)
		}
	}
	for len(wanted) > 0 {
		n := min(batch, len(wanted))
		records, err := fetch(ctx, api, wanted[:n])
		if err == nil {
			err = a.add(functionID, records)
		}
		if err != nil {
			return added, err
		}
		wanted, added = wanted[n:], added+n
	}
	return added, nil
}

// fetch reads what some calls left behind.
func fetch(ctx context.Context, api *cognite.Backend, calls []client.Call) ([]Record, error) {
	records, failures := make([]Record, len(calls)), make([]error, len(calls))
	places := make(chan struct{}, abreast)
	var all sync.WaitGroup
	for i, c := range calls {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			records[i], failures[i] = fetchOne(ctx, api, c)
		})
	}
	all.Wait()
	return records, errors.Join(failures...)
}

func fetchOne(ctx context.Context, api *cognite.Backend, c client.Call) (r Record, err error) {
	r.Call = c
	result, err := api.Result(ctx, c.FunctionID, c.ID)
	if err != nil && !hasNone(err) {
		return r, err
	}
	r.Body.Response = result.Response
	r.Body.Lines, err = api.Logs(ctx, client.LogQuery{FunctionID: c.FunctionID, CallID: c.ID})
	if err != nil && !hasNone(err) {
		return r, err
	}
	return r, nil
}

// hasNone reports whether an answer says that a call has no response or no log: it
// may be 404 or 400.
func hasNone(err error) bool {
	var e *client.Error
	return errors.As(err, &e) && (e.Code == client.CodeNotFound || e.Code == client.CodeInvalid)
}
