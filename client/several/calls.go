package several

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"fndeck/client"
)

// Invoke implements client.Backend.
func (b *Backend) Invoke(ctx context.Context, request client.CallRequest) (client.Call, error) {
	p, id, err := b.owner(request.FunctionID)
	if err != nil {
		return client.Call{}, err
	}
	request.FunctionID = id
	c, err := p.backend.Invoke(ctx, request)
	return p.call(c), err
}

// callPage is a page of one context.
type callPage struct {
	context string
	page    client.CallPage
}

// cursors are the places in the pages of those contexts that have more.
type cursors map[string]string

// Calls implements client.Backend. A page of several contexts is a page of each:
// it may hold more than the limit, and its rows are the newest first, but the next
// page may have newer ones of a context that calls more often.
func (b *Backend) Calls(ctx context.Context, query client.CallQuery) (client.CallPage, error) {
	if id := cmp.Or(query.FunctionID, query.ScheduleID); id != "" {
		return b.callsOf(ctx, id, query)
	}
	if query.Cursor != "" {
		return b.olderCalls(ctx, query)
	}
	pages, err := gather(ctx, b, func(p *part) *shelf[callPage] { return p.calls.of(query) }, func(ctx context.Context, p *part) ([]callPage, error) {
		page, err := p.callPage(ctx, query)
		return []callPage{page}, err
	})
	return together(pages), err
}

// olderCalls reads on in those contexts that have more.
func (b *Backend) olderCalls(ctx context.Context, query client.CallQuery) (client.CallPage, error) {
	from := cursors{}
	if err := json.Unmarshal([]byte(query.Cursor), &from); err != nil {
		return client.CallPage{}, client.Invalidf("that is no cursor of several contexts")
	}
	var pages []callPage
	for _, p := range b.parts {
		if query.Cursor = from[p.name]; query.Cursor == "" {
			continue
		}
		page, err := p.callPage(ctx, query)
		if err != nil {
			return client.CallPage{}, err
		}
		pages = append(pages, page)
	}
	return together(pages), nil
}

func (p *part) callPage(ctx context.Context, query client.CallQuery) (callPage, error) {
	page, err := p.backend.Calls(ctx, query)
	page.Calls = each(page.Calls, p.call)
	return callPage{p.name, page}, err
}

// together makes one page of those of several contexts.
func together(pages []callPage) client.CallPage {
	var all client.CallPage
	more := cursors{}
	for _, one := range pages {
		all.Calls = append(all.Calls, one.page.Calls...)
		if one.page.Next != "" {
			more[one.context] = one.page.Next
		}
	}
	newestFirst(all.Calls, func(c client.Call) time.Time { return c.Started })
	if len(more) > 0 {
		text, _ := json.Marshal(more) // Texts always encode.
		all.Next = string(text)
	}
	return all
}

// callsOf are the calls of a function or a schedule, which one context has.
func (b *Backend) callsOf(ctx context.Context, id string, query client.CallQuery) (client.CallPage, error) {
	p, _, err := b.owner(id)
	if err != nil {
		return client.CallPage{}, err
	}
	query.FunctionID, query.ScheduleID = unnamed(query.FunctionID), unnamed(query.ScheduleID)
	page, err := p.backend.Calls(ctx, query)
	page.Calls = each(page.Calls, p.call)
	return page, err
}

// Call implements client.Backend.
func (b *Backend) Call(ctx context.Context, functionID, callID string) (client.Call, error) {
	p, id, err := b.owner(callID)
	if err != nil {
		return client.Call{}, err
	}
	c, err := p.backend.Call(ctx, unnamed(functionID), id)
	return p.call(c), err
}

// Result implements client.Backend.
func (b *Backend) Result(ctx context.Context, functionID, callID string) (client.Result, error) {
	p, id, err := b.owner(callID)
	if err != nil {
		return client.Result{}, err
	}
	return p.backend.Result(ctx, unnamed(functionID), id)
}

// WaitCall implements client.CallWaiter.
func (b *Backend) WaitCall(ctx context.Context, functionID, callID string) (client.Call, error) {
	does, p, id, err := held[client.CallWaiter](b, callID, client.CanWait)
	if err != nil {
		return client.Call{}, err
	}
	c, err := does.WaitCall(ctx, unnamed(functionID), id)
	return p.call(c), err
}

// CancelCall implements client.Canceller.
func (b *Backend) CancelCall(ctx context.Context, functionID, callID string) error {
	does, _, id, err := held[client.Canceller](b, callID, client.CanCancel)
	if err != nil {
		return err
	}
	return does.CancelCall(ctx, unnamed(functionID), id)
}
