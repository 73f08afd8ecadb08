package views

import "fndeck/client/action"

// RunAction asks the root to run an action: forms and dialogs end with one.
// The root runs it outside the update loop and tells the outcome.
type RunAction struct {
	Action action.Action
	Target action.Target
	Values action.Values
	// Confirmed says that what the action's Danger asks for has been answered.
	Confirmed bool
}
