package action

import (
	"context"

	"fndeck/client"
)

// AwaitCall waits for the end of an accepted call and returns it, whatever its
// status. It only reads: the call goes on when ctx ends.
func AwaitCall(ctx context.Context, backend client.Backend, call client.Call) (client.Call, error) {
	look := func(ctx context.Context) (client.Call, error) {
		return backend.Call(ctx, call.FunctionID, call.ID)
	}
	if waiter, err := client.As[client.CallWaiter](backend, client.CanWait); err == nil {
		look = func(ctx context.Context) (client.Call, error) {
			return waiter.WaitCall(ctx, call.FunctionID, call.ID)
		}
	}
	ended := call
	err := EachChange(ctx, backend, []string{"call"}, func(ctx context.Context) (bool, error) {
		now, err := look(ctx)
		if err != nil {
			return false, err
		}
		ended = now
		return now.Status.Ended(), nil
	})
	return ended, err
}
