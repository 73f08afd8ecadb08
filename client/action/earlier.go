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
	// they were given, and earlierAtOnce how many are read at the same time.
	earlierCalls  = 30
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
	found := make([]Earlier, len(page.Calls))
	failed := make([]error, len(page.Calls))
	var reading sync.WaitGroup
	free := make(chan struct{}, earlierAtOnce)
	for i, call := range page.Calls {
		free <- struct{}{}
		reading.Go(func() {
			defer func() { <-free }()
			result, err := backend.Result(ctx, functionID, call.ID)
			found[i] = Earlier{Data: result.Data, At: call.Started, CallID: call.ID, Status: call.Status}
			failed[i] = err
		})
	}
	reading.Wait()
	distinct := Distinct(found)
	for _, err := range failed {
		if err != nil && len(distinct) == 0 {
			return nil, fmt.Errorf("read the data of the calls: %w", err)
		}
	}
	return distinct, nil
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
