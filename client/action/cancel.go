package action

import (
	"context"
	"fmt"

	"fndeck/client"
)

// CancelCall ends a running call.
var CancelCall = Action{
	ID:       "calls.cancel",
	Label:    "cancel",
	Help:     "End the running call; what it has done already stays done.",
	Danger:   Ask,
	Needs:    client.CanCancel,
	Disabled: notRunning,
	Question: cancelQuestion,
	Run:      cancelCall,
}

// notRunning is the disabled reason of what only a running call can be told.
func notRunning(target Target) string {
	switch c := target.Call; {
	case c == nil:
		return "no call chosen"
	case c.Status.Ended():
		return fmt.Sprintf("call %s has ended: %s", c.ID, c.Status)
	}
	return ""
}

func cancelQuestion(target Target, _ Values) string {
	c := target.Call
	if c == nil {
		return ""
	}
	question := "cancel call " + c.ID
	if c.FunctionName != "" {
		question += " of " + c.FunctionName
	}
	return question + ": its process is ended, what it has done already stays done"
}

// cancelCall returns once the backend has accepted it; AwaitCall waits for the
// end of the call.
func cancelCall(ctx context.Context, backend client.Backend, target Target, _ Values) (Outcome, error) {
	if target.Call == nil {
		return Outcome{}, client.Invalidf("cancel a call: none chosen")
	}
	canceller, err := client.As[client.Canceller](backend, client.CanCancel)
	if err != nil {
		return Outcome{}, err
	}
	c := *target.Call
	if err := canceller.CancelCall(ctx, c.FunctionID, c.ID); err != nil {
		return Outcome{}, fmt.Errorf("cancel call %s: %w", c.ID, err)
	}
	return Outcome{Sentence: "call " + c.ID + " is being cancelled", Call: &c}, nil
}
