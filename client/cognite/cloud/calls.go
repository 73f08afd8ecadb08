package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fndeck/client"
	"fndeck/client/cognite/archive"
)

// Invoke starts a call of whatever serves now.
func (b *Backend) Invoke(ctx context.Context, r client.CallRequest) (client.Call, error) {
	if err := b.sessions(); err != nil {
		return client.Call{}, err
	}
	v, err := b.view()
	if err != nil {
		return client.Call{}, err
	}
	r.FunctionID = v.present(r.FunctionID)
	c, err := b.Backend.Invoke(ctx, r)
	return v.call(c, ""), err
}

// call is a call as it is shown here; archived is the id that its function had, if
// only this machine has it.
func (v view) call(c client.Call, archived string) client.Call {
	if c.ID == "" {
		return c
	}
	c.Version, c.Archived = v.version(c.FunctionID), archived
	c.FunctionID = v.public(c.FunctionID)
	if c.ScheduleID != "" {
		c.ScheduleID = v.schedule(c.ScheduleID)
	}
	return c
}

// Calls lists the calls of one function, those of its present id first and then
// those of earlier ones, which are kept on this machine; without a function the newest
// of those that were called lately.
func (b *Backend) Calls(ctx context.Context, q client.CallQuery) (client.CallPage, error) {
	if q.FunctionID == "" {
		return b.newest(ctx, q)
	}
	v, err := b.view()
	if err != nil {
		return client.CallPage{}, err
	}
	ids, alive := v.places(q.FunctionID)
	place, cursor, err := readCursor(q.Cursor, len(ids))
	if err != nil {
		return client.CallPage{}, err
	}
	for ; place < len(ids); place, cursor = place+1, "" {
		at := q
		at.FunctionID, at.Cursor = ids[place], cursor
		var page client.CallPage
		if alive[ids[place]] {
			page, err = b.livePage(ctx, v, at)
		} else {
			page, err = b.keptPage(v, at)
		}
		if err != nil {
			return client.CallPage{}, err
		}
		switch {
		case page.Next != "":
			page.Next = fmt.Sprintf("%d:%s", place, page.Next)
		case place+1 < len(ids):
			page.Next = fmt.Sprintf("%d:", place+1)
		}
		if len(page.Calls) > 0 || page.Next == "" {
			return page, nil
		}
		if strings.HasPrefix(page.Next, strconv.Itoa(place)+":") {
			return page, nil // an empty page with more behind it
		}
	}
	return client.CallPage{}, nil
}

// readCursor splits a cursor into the place among a function's ids and the cursor
// there.
func readCursor(text string, places int) (place int, cursor string, err error) {
	if text == "" {
		return 0, "", nil
	}
	before, cursor, ok := strings.Cut(text, ":")
	place, err = strconv.Atoi(before)
	if !ok || err != nil || place < 0 || place >= places {
		return 0, "", client.Invalidf("cursor %q is not one of this list", text)
	}
	return place, cursor, nil
}

// livePage is a page of an id that the project still has. A schedule is asked for by
// the id that it has there.
func (b *Backend) livePage(ctx context.Context, v view, q client.CallQuery) (client.CallPage, error) {
	if q.ScheduleID != "" {
		q.ScheduleID = v.scheduleIDs(q.ScheduleID)[0]
	}
	page, err := b.Backend.Calls(ctx, q)
	for i := range page.Calls {
		page.Calls[i] = v.call(page.Calls[i], "")
		page.Calls[i].FunctionName = b.knownName(v, q.FunctionID)
	}
	return page, err
}

// keptPage is a page of what this machine keeps of an id; its cursor counts calls.
func (b *Backend) keptPage(v view, q client.CallQuery) (client.CallPage, error) {
	kept, err := b.archive.Calls(q.FunctionID)
	if err != nil {
		return client.CallPage{}, err
	}
	ids := v.scheduleIDs(q.ScheduleID)
	kept = slices.DeleteFunc(kept, func(c client.Call) bool {
		return q.Status != "" && c.Status != q.Status || q.ScheduleID != "" && !slices.Contains(ids, c.ScheduleID)
	})
	from := 0
	if q.Cursor != "" {
		if from, err = strconv.Atoi(q.Cursor); err != nil || from < 0 {
			return client.CallPage{}, client.Invalidf("cursor %q is not one of this list", q.Cursor)
		}
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 100
	}
	from = min(from, len(kept))
	to := min(from+limit, len(kept))
	page := client.CallPage{}
	for _, c := range kept[from:to] {
		shown := v.call(c, q.FunctionID)
		shown.FunctionName = cmp.Or(shown.FunctionName, b.knownName(v, q.FunctionID))
		page.Calls = append(page.Calls, shown)
	}
	if to < len(kept) {
		page.Next = strconv.Itoa(to)
	}
	return page, nil
}

// each asks the places where a call may be, in order, until one has it.
func (b *Backend) each(functionID, callID string, live func(id string) error, old func(archive.Record, string) error) error {
	v, err := b.view()
	if err != nil {
		return err
	}
	if functionID == "" {
		return live("")
	}
	ids, alive := v.places(functionID)
	missing := error(&client.Error{Code: client.CodeNotFound, Message: "call " + callID + " does not exist"})
	for _, id := range ids {
		if alive[id] {
			err := live(id)
			if !errors.Is(err, client.ErrNotFound) {
				return err
			}
			missing = err
		}
		r, ok, err := b.archive.Find(id, callID)
		if err != nil {
			return err
		}
		if ok {
			return old(r, id)
		}
	}
	return missing
}

// Call reads one call, from the project or from this machine.
func (b *Backend) Call(ctx context.Context, functionID, callID string) (c client.Call, err error) {
	v, err := b.view()
	if err != nil {
		return c, err
	}
	err = b.each(functionID, callID, func(id string) error {
		found, err := b.Backend.Call(ctx, id, callID)
		c = v.call(found, "")
		return err
	}, func(r archive.Record, id string) error {
		c = v.call(r.Call, id)
		return nil
	})
	if err == nil {
		c.FunctionName = cmp.Or(c.FunctionName, b.knownName(v, functionID))
	}
	return c, err
}

// Result reads what a call returned.
func (b *Backend) Result(ctx context.Context, functionID, callID string) (result client.Result, err error) {
	err = b.each(functionID, callID, func(id string) (err error) {
		result, err = b.Backend.Result(ctx, id, callID)
		return err
	}, func(r archive.Record, _ string) error {
		result = client.Result{Response: r.Body.Response}
		return nil
	})
	return result, err
}
