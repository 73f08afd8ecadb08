package forms

import (
	"encoding/json"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/jsondata"
	"fndeck/ui"
	"fndeck/ui/form"
)

// callForm calls a function with JSON. What is typed is sent byte for byte, so
// that integers above 2^53 survive.
type callForm struct {
	fn   client.Function
	form *form.Form
	data *form.Editor
}

// NewCall makes the form; data is what the function was given last, nil if
// that is not known.
func NewCall(d Deps, fn client.Function, data json.RawMessage) (ui.Overlay, tea.Cmd) {
	proposed := len(data) == 0
	if proposed {
		data = json.RawMessage("{}")
	}
	c := &callForm{fn: fn, data: newDataField(d.Backend, string(data))}
	c.data.Selected = proposed
	fields := []form.Field{c.data}
	if note := c.serving(); note != "" {
		fields = append(fields, form.NewNote("", form.Remark{Tone: ui.ToneWarn, Text: note}))
	}
	c.form = form.New(d.Clock, fields...)
	return c, nil
}

// newDataField makes the editor for the data of a call or a schedule.
func newDataField(backend client.Backend, value string) *form.Editor {
	limit := backend.Describe().DataLimitBytes
	help := "one JSON object"
	if limit > 0 {
		help += ", at most " + ui.Bytes(limit)
	}
	help += ", sent byte for byte"
	e := form.NewEditor(form.FieldSpec{Label: "Data", Help: help, Value: value, Check: dataCheck(limit)})
	e.Tidy = func(text string) (string, error) {
		tidied, err := jsondata.Tidy([]byte(text))
		return string(tidied), err
	}
	return e
}

// dataCheck judges data as the action will before it is sent.
func dataCheck(limit int64) func(string) form.Report {
	return func(value string) form.Report {
		report, err := jsondata.Check([]byte(value), jsondata.Options{MustBeObject: true, LimitBytes: limit})
		if err != nil {
			return form.Report{Error: client.Explain(err).Sentence}
		}
		notes := []form.Remark{{Tone: ui.ToneOK, Text: "valid, " + ui.Bytes(int64(len(report.Data)))}}
		return form.Report{Notes: append(notes, warnings(report.Warnings)...)}
	}
}

func warnings(sentences []string) []form.Remark {
	remarks := make([]form.Remark, len(sentences))
	for i, sentence := range sentences {
		remarks[i] = form.Remark{Tone: ui.ToneWarn, Text: sentence}
	}
	return remarks
}

// serving says who answers when that may not be who the operator thinks.
func (c *callForm) serving() string {
	if c.fn.DeployingVersion == 0 || c.fn.Version == 0 {
		return ""
	}
	return fmt.Sprintf("v%d answers until v%d is Ready", c.fn.Version, c.fn.DeployingVersion)
}

// Title implements ui.Overlay.
func (c *callForm) Title() string { return "call " + nameAndVersion(c.fn) }

// nameAndVersion is a function in a title, cleaned.
func nameAndVersion(fn client.Function) string {
	name := ui.Clean(fn.Name)
	if fn.Version > 0 {
		name += fmt.Sprintf(" v%d", fn.Version)
	}
	return name
}

// Hints implements ui.Overlay.
func (c *callForm) Hints() []ui.Hint { return c.form.Hints("call") }

// View implements ui.Overlay.
func (c *callForm) View(theme *ui.Theme, width, height int) []string {
	return c.form.View(theme, width, height)
}

// Update implements ui.Overlay.
func (c *callForm) Update(msg tea.Msg) (tea.Cmd, bool) {
	switch c.form.Update(msg) {
	case form.Cancelled:
		return nil, true
	case form.Submitted:
		return run(RunAction{
			Action: action.Invoke,
			Target: action.Target{Function: &c.fn},
			Values: action.Values{Data: json.RawMessage(c.data.Value())},
			Origin: c,
		}), true
	}
	return nil, false
}

// Refused implements Refusable.
func (c *callForm) Refused(why string) { c.form.Refused(why) }
