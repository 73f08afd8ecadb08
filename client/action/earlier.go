package action

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"fndeck/client"
)

const (
	// earlierCalls is how many of a function's newest calls are looked at for what
	// they were given, earlierStep by earlierStep until earlierEnough were found:
	// most calls are given what those before them were.
	earlierCalls  = 120
	earlierStep   = 30
	earlierEnough = 10
	// earlierAtOnce is how many are read at the same time.
	earlierAtOnce = 4
)

// Earlier is data that a function was called with.
type Earlier struct {
	Data json.RawMessage
	// At is when the newest such call was made, CallID and Status are that call's;
	// both are empty where the call is not known.
	At     time.Time
	CallID string
	Status client.CallStatus
}

// EarlierData reads what a function was called with lately, each data once, the
// newest call first. Calls whose data the backend does not hand back are left
// out.
func EarlierData(ctx context.Context, backend client.Backend, functionID string) ([]Earlier, error) {
	page, err := backend.Calls(ctx, client.CallQuery{FunctionID: functionID, Limit: earlierCalls})
	if err != nil {
		return nil, fmt.Errorf("read the calls: %w", err)
	}
	calls := onePerSchedule(page.Calls)
	var found []Earlier
	for len(calls) > 0 && len(found) < earlierEnough {
		step := min(earlierStep, len(calls))
		more, err := dataOf(ctx, backend, functionID, calls[:step])
		calls = calls[step:]
		if found = Distinct(append(found, more...)); err != nil {
			if len(found) == 0 {
				return nil, fmt.Errorf("read the data of the calls: %w", err)
			}
			break
		}
	}
	return found, nil
}

// onePerSchedule leaves out all calls of a schedule but the newest: a schedule
// always gives the same.
func onePerSchedule(calls []client.Call) []client.Call {
	var kept []client.Call
	seen := map[string]bool{}
	for _, call := range calls {
		if call.ScheduleID == "" || !seen[call.ScheduleID] {
			kept = append(kept, call)
		}
		seen[call.ScheduleID] = true
	}
	return kept
}

// dataOf reads what calls were given; err is why some are missing.
func dataOf(ctx context.Context, backend client.Backend, functionID string, calls []client.Call) ([]Earlier, error) {
	found, failed := make([]Earlier, len(calls)), make([]error, len(calls))
	var reading sync.WaitGroup
	free := make(chan struct{}, earlierAtOnce)
	for i, call := range calls {
		free <- struct{}{}
		reading.Go(func() {
			defer func() { <-free }()
			result, err := backend.Result(ctx, functionID, call.ID)
			found[i] = Earlier{Data: result.Data, At: call.Started, CallID: call.ID, Status: call.Status}
			failed[i] = err
		})
	}
	reading.Wait()
	for _, err := range failed {
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// Distinct keeps the first of each data and leaves out what has none.
func Distinct(all []Earlier) []Earlier {
	var kept []Earlier
next:
	for _, e := range all {
		if len(e.Data) == 0 {
			continue
		}
		for _, k := range kept {
			if bytes.Equal(k.Data, e.Data) {
				continue next
			}
		}
		kept = append(kept, e)
	}
	return kept
}
