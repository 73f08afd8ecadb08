package forms

import (
	"encoding/json"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/auth"
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
	// Secrets are the values that were given for there.
	Secrets map[string]client.Secret
	Data    json.RawMessage
	Origin  Refusable
}

// promoteForm chooses the context that a function is promoted to.
type promoteForm struct {
	form    *form.Form
	fn      client.Function
	context *form.Choice
	// secrets is nil where the function has none.
	secrets *form.Editor
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
	fields := []form.Field{p.context, p.data}
	if len(fn.SecretNames) > 0 {
		p.secrets = form.NewEditor(form.FieldSpec{
			Label: "Secrets", Help: "given anew, as none can be read; without a value it stays as there",
			Value: strings.Join(fn.SecretNames, "=\n") + "=", Check: p.checkSecrets,
		})
		p.secrets.MaskAfter = '='
		fields = slices.Insert(fields, 1, form.Field(p.secrets))
	}
	p.form = form.New(d.Clock, fields...)
	return p, nil
}

// checkSecrets names the secrets that have no value yet.
func (p *promoteForm) checkSecrets(text string) form.Report {
	pairs, fault := parsePairs(text)
	if fault != "" {
		return form.Report{Error: fault}
	}
	var lacks []string
	for _, name := range p.fn.SecretNames {
		if pairs[name] == "" {
			lacks = append(lacks, name)
		}
	}
	if len(lacks) == 0 {
		return form.Report{Notes: []form.Remark{{Tone: ui.ToneOK, Text: "all have a value"}}}
	}
	return form.Report{Notes: []form.Remark{{Tone: ui.ToneWarn, Text: "without a value: " + strings.Join(lacks, ", ") + "; a function that is new there needs it", Short: "without a value: " + strings.Join(lacks, ", ")}}}
}

// given are the secrets that have a value.
func (p *promoteForm) given() map[string]client.Secret {
	if p.secrets == nil {
		return nil
	}
	pairs, _ := parsePairs(p.secrets.Value()) // The form lets nothing faulty through.
	given := map[string]client.Secret{}
	for name, value := range pairs {
		if value != "" {
			given[name] = auth.NewSecret(value)
		}
	}
	if len(given) == 0 {
		return nil
	}
	return given
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
		to := PromoteTo{Function: p.fn, Context: p.context.Value(), Secrets: p.given(), Origin: p}
		if typed := strings.TrimSpace(p.data.Value()); typed != "" {
			to.Data = json.RawMessage(typed)
		}
		return func() tea.Msg { return to }, true
	}
	return nil, false
}

// Refused implements Refusable.
func (p *promoteForm) Refused(why string) { p.form.Refused(why) }
