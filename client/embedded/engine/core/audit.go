package core

import (
	"fmt"

	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/journal"
)

// openAudit opens the audit trail. On a full disk it gets the ballast's room.
func (e *Core) openAudit() (err error) {
	e.audit, err = journal.OpenAudit(e.path(journal.AuditFile), func(err error) bool { return disk.IsFull(err) && e.room.Release() })
	return err
}

// Record writes down what a caller did, or was refused: before the answer
// leaves, so that nobody who got one is missing.
func (e *Core) Record(caller Caller, remote, action, object string, failure error) {
	if e.audit == nil {
		return // nothing can be changed, so nothing was
	}
	entry := journal.Entry{Time: e.now(), User: e.user(caller), Issuer: caller.Issuer, Remote: remote, Action: action, Object: object, Result: "ok"}
	if failure != nil {
		entry.Result = failure.Error()
	}
	if err := e.audit.Record(entry); err != nil {
		e.c.Logger.Error("a line of the audit trail waits for room", "action", action, "error", err)
	}
}

func (e *Core) user(caller Caller) string {
	switch {
	case caller.CallID != 0:
		return fmt.Sprintf("call %d of function %d", caller.CallID, caller.FunctionID)
	case caller.Subject != "":
		return caller.Subject
	}
	return e.subject
}
