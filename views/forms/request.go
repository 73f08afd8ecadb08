// Package forms is what the console asks an operator for: the forms of a call, a
// schedule and an upload, and the choice of a version to roll back to. A form
// does nothing by itself: it ends with a RunAction, which the console carries
// out, and comes back with what was typed when that is refused.
package forms

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
)

// Deps is what every form is given.
type Deps struct {
	// Ctx ends with the console. Commands derive theirs from it.
	Ctx     context.Context
	Backend client.Backend
	Clock   func() time.Time
	// Zone is where times are shown beside UTC.
	Zone *time.Location
}

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

// run hands an action to the root.
func run(request RunAction) tea.Cmd {
	return func() tea.Msg { return request }
}
