package views

import (
	"fndeck/client/action"
	"fndeck/ui"
)

// RunAction asks the root to run an action: forms and dialogs end with one.
// The root runs it outside the update loop and tells the outcome.
type RunAction struct {
	Action action.Action
	Target action.Target
	Values action.Values
	// Confirmed says that what the action's Danger asks for has been answered.
	Confirmed bool
	// Origin is the form that asked, nil if none did. It comes back with what was
	// typed when the action fails.
	Origin Refusable
}

// Refusable is a form that can be shown again with the reason why what it asked
// for was not done.
type Refusable interface {
	ui.Overlay
	Refused(why string)
}
