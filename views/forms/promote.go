package forms

import (
	"encoding/json"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/ui/form"
)

// PromoteTo asks the root to promote a function to another context, which it opens
// first, and then to call both with the data, if there are any.
type PromoteTo struct {
	Function client.Function
	Context  string
	Data     json.RawMessage
	Origin   Refusable
}

// promoteForm chooses the context that a function is promoted to.
type promoteForm struct {
	form    *form.Form
	fn      client.Function
	context *form.Choice
	data    *form.Text
}

// NewPromote makes the form; contexts are those that it may go to.
func NewPromote(d Deps, fn client.Function, contexts []string) (ui.Overlay, tea.Cmd) {
	p := &promoteForm{fn: fn}
	p.context = form.NewChoice(form.FieldSpec{Label: "Context", Help: "where the folder " + fn.Folder + " is deployed"}, contexts)
	p.data = form.NewText(form.FieldSpec{
		Label: "Data", Help: "JSON to call both with and compare the answers; empty calls none",
		Check: func(typed string) form.Report {
			if strings.TrimSpace(typed) == "" {
				return form.Report{}
			}
			return dataCheck(action.DataRules(d.Backend))(typed)
		},
	})
	p.form = form.New(d.Clock, p.context, p.data)
	return p, nil
}

// Title implements ui.Overlay.
func (p *promoteForm) Title() string { return "promote " + nameAndVersion(p.fn) }

// Hints implements ui.Overlay.
func (p *promoteForm) Hints() []ui.Hint { return p.form.Hints("promote") }

// View implements ui.Overlay.
func (p *promoteForm) View(theme *ui.Theme, width, height int) []string {
	return p.form.View(theme, width, height)
}

// Update implements ui.Overlay.
func (p *promoteForm) Update(msg tea.Msg) (tea.Cmd, bool) {
	if !isInput(msg) {
		return nil, false
	}
	switch p.form.Update(msg) {
	case form.Cancelled:
		return nil, true
	case form.Submitted:
		to := PromoteTo{Function: p.fn, Context: p.context.Value(), Origin: p}
		if typed := strings.TrimSpace(p.data.Value()); typed != "" {
			to.Data = json.RawMessage(typed)
		}
		return func() tea.Msg { return to }, true
	}
	return nil, false
}

// Refused implements Refusable.
func (p *promoteForm) Refused(why string) { p.form.Refused(why) }
