package action

import (
	"fmt"

	"fndeck/client"
)

// In is the backend that has the target: of several contexts shown as one that one.
// A target without an id, which is yet to be made, belongs to the whole.
func (t Target) In(b client.Backend) client.Backend { return client.Holding(b, t.ID()) }

// ID is the id of the target, "" of one that is yet to be made.
func (t Target) ID() string {
	switch {
	case t.Schedule != nil:
		return t.Schedule.ID
	case t.Function != nil:
		return t.Function.ID
	case t.Call != nil:
		return t.Call.ID
	}
	return ""
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
