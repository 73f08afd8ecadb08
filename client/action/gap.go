package action

import (
	"context"
	"strings"

	"fndeck/client"
)

// GapError says that what was asked for leaves a gap, in which some callers find
// nothing, or has schedules run as somebody else, and that this wants a yes first: then
// run it again with what Accept makes of the values. Errors.As finds it, and also a *client.Error of
// CodeInvalid.
type GapError struct {
	// Verb and Function say what is done to what.
	Verb     string
	Function client.Function
	Plan     client.RedeployPlan
	// Code is what was packed, nil for a roll back.
	Code *client.Package
}

// Accept is the values of the same action after the yes.
func (e *GapError) Accept(values Values) Values {
	values.AcceptGap, values.Change.RunAsMe = true, len(e.Plan.RunAs) > 0
	if e.Code != nil {
		values.Code = e.Code
	}
	return values
}

// Error says what the gap is.
func (e *GapError) Error() string {
	return e.Verb + " " + e.Function.Name + ": " + strings.Join(e.Plan.Notes, " ")
}

// As makes the error one of CodeInvalid for errors.As.
func (e *GapError) As(target any) bool {
	t, ok := target.(**client.Error)
	if ok {
		*t = &client.Error{Code: client.CodeInvalid, Message: e.Error(), Hint: "accept the gap: a redeploy of this one function asks"}
	}
	return ok
}

// Check is what to ask before the gap is accepted.
func (e *GapError) Check(d client.Description) Check {
	return newCheck(d, Action{Danger: Ask}.DangerIn(d), e.Error(), e.Function.Name)
}

// acceptGap returns a *GapError where a plan says that there is a gap, or that schedules
// run as somebody else, which nobody has accepted. A backend that makes no plans leaves none.
func acceptGap(backend client.Backend, e GapError, values Values, plan func(client.RedeployPlanner) (client.RedeployPlan, error)) error {
	planner, err := client.As[client.RedeployPlanner](backend, client.CanPlan)
	if err != nil || values.AcceptGap {
		return nil
	}
	if e.Plan, err = plan(planner); err != nil || !e.Plan.Gap && len(e.Plan.RunAs) == 0 {
		return err
	}
	return &e
}

// PlanOf says what a redeploy of a function with some code would do; false where the
// backend makes no plans.
func PlanOf(ctx context.Context, backend client.Backend, f client.Function, code client.Package, change client.SpecChange) (client.RedeployPlan, bool, error) {
	planner, err := client.As[client.RedeployPlanner](backend, client.CanPlan)
	if err != nil {
		return client.RedeployPlan{}, false, nil
	}
	plan, err := planner.PlanRedeploy(ctx, f.ID, code, change)
	return plan, err == nil, err
}
