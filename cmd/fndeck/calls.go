package main

import (
	"context"
	"fmt"
	"time"

	"fndeck/client"
	"fndeck/cmd/output"
)

func fetchCalls(ctx context.Context, a *app, backend client.Backend, s scope) ([]row, error) {
	query := client.CallQuery{}
	if s.function != nil {
		query.FunctionID = s.function.ID
	}
	if s.id == "" {
		list, err := readCalls(ctx, backend, query, s.wanted())
		if err != nil {
			return nil, fmt.Errorf("list calls: %w", err)
		}
		return rowsOf(list, a.now(), callRow), nil
	}
	call, err := backend.Call(ctx, query.FunctionID, s.id) // Without a function any call of this id.
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", s.id, err)
	}
	result, err := backend.Result(ctx, call.FunctionID, call.ID)
	if err != nil {
		return nil, fmt.Errorf("result of call %s: %w", call.ID, err)
	}
	result.Data, result.Response = asJSON(result.Data), asJSON(result.Response)
	r := callRow(call, a.now())
	r.Value = struct {
		client.Call
		client.Result
	}{call, result}
	return []row{r}, nil
}

// readCalls reads the newest calls page by page until there are enough, or no
// further ones.
func readCalls(ctx context.Context, backend client.Backend, query client.CallQuery, wanted int) ([]client.Call, error) {
	var all []client.Call
	for {
		query.Limit = min(wanted-len(all), pageLimit)
		page, err := backend.Calls(ctx, query)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Calls...)
		// A cursor that does not move would be followed for ever.
		if len(all) >= wanted || len(page.Calls) == 0 || page.Next == "" || page.Next == query.Cursor {
			return all, nil
		}
		query.Cursor = page.Next
	}
}

func callRow(c client.Call, _ time.Time) row {
	trigger, result := "manual", c.Preview
	if c.ScheduleName != "" {
		trigger = c.ScheduleName
	} else if c.ScheduleID != "" {
		trigger = "schedule " + c.ScheduleID
	}
	if c.Error != nil {
		result = c.Error.Message
	}
	return row{Key: c.ID, Name: c.ID, Value: c, Cells: []string{
		c.ID, c.FunctionName, string(c.Status), output.Time(c.Started), output.Duration(c.Duration), trigger, result,
		output.Version(c.Version), output.Count(c.LogLines), output.Time(c.Ended),
	}}
}
