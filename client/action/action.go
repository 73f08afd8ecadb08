// Package action holds what an operator can do, each as one value: the console
// binds keys to it, the help and the documentation list it, and a subcommand
// runs it. No behaviour of an action hides in a key handler or a flag.
package action

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"fndeck/client"
)

// Target is what the action is done to; only what applies is set.
type Target struct {
	Function *client.Function
	Call     *client.Call
	Schedule *client.Schedule
	Deploy   *client.Deploy
	// Losses is what goes with Function when it is deleted, from LossesOf; nil
	// if it was not looked up.
	Losses *Losses
}

// Values is what a form or the command line adds; only what applies is set.
type Values struct {
	// Spec and Code are for deploy; Change and Code for redeploy. With a nil
	// Code, redeploy packs the folder of the last deploy itself.
	Spec   client.FunctionSpec
	Change client.SpecChange
	Code   *client.Package
	// Force redeploys unchanged code; AcceptGap accepts that some callers find nothing
	// for a while, see GapError.
	Force, AcceptGap bool
	// Data is the JSON of a call, byte for byte.
	Data json.RawMessage
	// Async says that nobody waits for the call's end, Patience how long somebody
	// does, 0 for as long as it takes. The call itself goes on in any case.
	Async    bool
	Patience time.Duration
	// Template and Folder are for new: what to begin with, and where to write it.
	Template, Folder string
	// Schedule is for schedule create.
	Schedule client.ScheduleSpec
	// Version is for roll back; 0 means the one before.
	Version int
	// To is the context that promote goes to, for its question.
	To string
	// Mode and Workers are for choose mode.
	Mode    string
	Workers int
	// Progress follows an upload; it may be nil.
	Progress client.Progress
}

// Outcome is what an action did.
type Outcome struct {
	// Sentence tells the operator, for the toast and for stderr.
	Sentence string
	// Next is when a schedule runs next, zero if it does not or nothing was made. It
	// goes behind Sentence, in the form that its reader has times in.
	Next     time.Time
	Function *client.Function
	Call     *client.Call
	Schedule *client.Schedule
	// Warnings are sentences about what was accepted all the same, such as a
	// duplicate key in the data.
	Warnings []string
}

// Action is one thing that an operator can do.
type Action struct {
	// ID names it in the key configuration: "functions.redeploy".
	ID string
	// Label is its short verb for the hint bar, Help one sentence.
	Label, Help string
	Danger      Danger
	// Needs is the capability without which the backend's reason is shown.
	Needs client.Capability
	// Acts says that something then runs as the identity, which not each allows.
	Acts bool
	// Disabled says why it cannot be done to this target now, "" if it can; nil
	// means always possible.
	Disabled func(Target) string
	// Question is what Ask and Typed show: what happens and what else goes.
	Question func(Target, Values) string
	// Subject is the name to be typed, for Typed.
	Subject func(Target) string
	// Run does it. It may block; it never runs in the console's update loop.
	Run func(ctx context.Context, backend client.Backend, target Target, values Values) (Outcome, error)
}

// Unable returns why the action cannot be done on this backend, whatever it is
// done to; "" if it can. What the operator has locked comes first: it is the
// reason that only the operator can take away.
func (a Action) Unable(backend client.Backend) string {
	d := backend.Describe()
	if d.Locked != "" {
		return d.Locked
	}
	if reason := d.Missing[a.Needs]; a.Needs != "" && reason != "" {
		return reason
	}
	if a.Acts {
		return d.NoSessions
	}
	return ""
}

// Reason returns why the action cannot run on this backend and target, "" if
// it can.
func (a Action) Reason(backend client.Backend, target Target) string {
	backend = target.In(backend)
	if reason := a.Unable(backend); reason != "" {
		return reason
	}
	if a.Disabled != nil {
		return a.Disabled(target)
	}
	return ""
}

// Refusal is Reason as an error, nil if the action can run.
func (a Action) Refusal(backend client.Backend, target Target) error {
	backend = target.In(backend)
	reason := a.Reason(backend, target)
	switch {
	case reason == "":
		return nil
	case backend.Describe().Locked != "", a.Acts && reason == backend.Describe().NoSessions:
		return &client.Error{Code: client.CodeForbidden, Message: a.Label + ": " + reason}
	}
	return &client.Error{Code: client.CodeConflict, Message: a.Label + ": " + reason}
}

// All lists every action in the order of the help and the documentation.
func All() []Action {
	return []Action{
		Deploy, New, Redeploy, ChangeSettings, Rebuild, Rollback, ChooseMode, Promote, ResumeDeploy, TakeBackDeploy, LeaveDeploy, StopDeploy, Invoke, CancelCall, ArchiveCalls, DeleteFunction,
		CreateSchedule, ReplaceSchedule, RunSchedule, DeleteSchedule,
	}
}

// functionOf returns the function of a target, or an error of CodeInvalid that
// names the action when there is none.
func functionOf(target Target, verb string) (client.Function, error) {
	if target.Function == nil {
		return client.Function{}, client.Invalidf("%s: no function chosen", verb)
	}
	return *target.Function, nil
}

// needsFunction is the disabled reason of an action on one function.
func needsFunction(target Target) string {
	if target.Function == nil {
		return "no function chosen"
	}
	return ""
}

// plural counts things: "1 schedule", "3 schedules".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
