package cognite

import (
	"context"
	"errors"
	"time"

	"fndeck/client"
)

// ready is the status of a session that nothing is bound to yet.
const ready = "READY"

// newestCalls is how many calls are looked at to find the one that was just started.
const newestCalls = 100

func isUnknown(err error) bool { return errors.Is(err, &client.Error{Code: client.CodeUnknownOutcome}) }

// findCall looks for the call that was started under a session, where the answer to
// that was lost: the session tells that a call took it, and since when one can have.
// It is found only where no other call of the function was started by hand since.
func (b *Backend) findCall(ctx context.Context, functionID string, sessionID int64) (found client.Call, ok bool) {
	s, known, err := b.Session(ctx, sessionID)
	if err != nil || !known || s.Status == ready || s.Created == 0 {
		return found, false
	}
	page, err := b.CallsStarted(ctx, client.CallQuery{FunctionID: functionID, Limit: newestCalls}, fromMillis(s.Created), time.Time{})
	if err != nil || page.Next != "" {
		return found, false
	}
	for _, c := range page.Calls {
		switch {
		case c.ScheduleID != "":
		case ok:
			return client.Call{}, false // One of two: nobody can tell which.
		default:
			found, ok = c, true
		}
	}
	return found, ok
}

// findSchedule looks for the schedule that lives under a session, where the answer
// to its creation was lost: no other can.
func (b *Backend) findSchedule(ctx context.Context, functionID string, sessionID int64) (client.Schedule, bool) {
	all, err := b.Bound(ctx, functionID)
	if err != nil {
		return client.Schedule{}, false
	}
	for _, s := range all {
		if s.SessionID == sessionID {
			return s.Schedule, true
		}
	}
	return client.Schedule{}, false
}
