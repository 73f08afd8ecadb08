// Package forms is what the console asks an operator for: the forms of a call, a
// schedule and an upload, and the choice of a version to roll back to. A form
// does nothing by itself: it ends with a RunAction, which the console carries
// out, and comes back with what was typed when that is refused.
package forms

import (
	"context"
	"encoding/json"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/ui/external"
	"fndeck/ui/form"
)

// Deps is what every form is given.
type Deps struct {
	// Ctx ends with the console. Commands derive theirs from it.
	Ctx     context.Context
	Backend client.Backend
	Clock   func() time.Time
	// Zone is where times are shown beside UTC.
	Zone *time.Location
	// Editor opens texts in the operator's own editor.
	Editor external.Editor
	// Given is what a function was called with from here, the newest first; nil
	// where nothing is kept.
	Given func(functionID string) []action.Earlier
}

// openEditor opens the text of a form that has answered Opening.
func (d Deps) openEditor(f *form.Form) tea.Cmd {
	text, name := f.Opened()
	return d.Editor.Open(external.Text{Owner: f, FileName: name, Body: text})
}

// reopened hands a text that was edited back to its form, and reports whether
// that was what the message is.
func reopened(f *form.Form, msg tea.Msg) bool {
	edited, ok := msg.(external.Edited)
	if !ok || edited.Owner != f {
		return false
	}
	why := ""
	if edited.Err != nil {
		why = edited.Err.Error()
	}
	f.Reopened(edited.Body, why)
	return true
}

// RunAction asks the root to run an action: forms and dialogs end with one.
// The root runs it outside the update loop and tells the outcome.
type RunAction struct {
	Action action.Action
	Target action.Target
	Values action.Values
	// On is the backend of another context that it is done to, nil for the console's.
	On client.Backend
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

// Failed asks the root to keep a failure that the form tells by itself.
type Failed struct {
	Operation string
	Err       error
}

// Called tells the root what a function is being called with, by a form that
// makes the calls itself.
type Called struct {
	FunctionID string
	Data       json.RawMessage
}

// Told asks the root to say something in the foot, as a form closes.
type Told struct{ Sentence string }

// run hands an action to the root.
func run(request RunAction) tea.Cmd {
	return func() tea.Msg { return request }
}
