package forms

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/jsondata"
	"fndeck/ui"
	"fndeck/ui/form"
)

// callForm calls a function with JSON. What is typed is sent byte for byte, so
// that integers above 2^53 survive.
//
// It is there before the data that it proposes: what is typed replaces them in
// any case, and keys that need them wait until they have been read.
type callForm struct {
	d    Deps
	fn   client.Function
	form *form.Form
	data *form.Editor
	// times is how many calls are made, atOnce how many of them run at once; that
	// is asked for more than one only.
	times, atOnce *form.Text
	// wait says whether the call is shown as it runs, patience how long somebody
	// waits for its end: for one call only, as many are always waited for.
	wait     *form.Choice
	patience *form.Text

	// reading ends the look for the data to propose, nil if nothing is looked for.
	reading context.CancelFunc
	waiting []tea.Msg
	recall  *recall
	series  *series
}

// CallStart is what a call form begins with. The zero value proposes {}.
type CallStart struct {
	// Data is proposed if it is not empty.
	Data json.RawMessage
	// CallID is the call whose data are read and proposed where Data is empty.
	CallID string
}

// dataRead is what a call was given, for the form that asked.
type dataRead struct {
	owner *callForm
	data  json.RawMessage
	err   error
}

// NewCall makes the form, and the command that reads what it is to propose.
func NewCall(d Deps, fn client.Function, start CallStart) (ui.Overlay, tea.Cmd) {
	c := &callForm{d: d, fn: fn, data: newDataField(d.Backend, "{}")}
	c.data.Selected = true
	c.times = countField("Times", "how many calls; more than one are measured", action.MaxTimes)
	c.atOnce = countField("At once", "how many of them run at the same time", action.MaxAtOnce)
	c.wait = form.NewChoice(form.FieldSpec{Label: "Wait", Help: "yes shows the call as it runs; no stays here, and the calls list it"}, []string{waitYes, waitNo})
	c.patience = form.NewText(form.FieldSpec{
		Label: "Timeout", Help: "how long to wait, as 30s or 5m; the call itself goes on", Check: patienceCheck,
	})
	fields := []form.Field{c.data}
	if note := c.serving(); note != "" {
		fields = append(fields, form.NewNote("", form.Remark{Tone: ui.ToneWarn, Text: note}))
	}
	c.form = form.New(d.Clock, append(fields, c.times, c.atOnce, c.wait, c.patience)...)
	c.form.Recalls = true
	c.hide()
	switch {
	case len(start.Data) > 0:
		c.data.Propose(string(start.Data))
	case start.CallID != "":
		return c, c.read(start.CallID)
	}
	return c, nil
}

// read looks up what a call was given.
func (c *callForm) read(callID string) tea.Cmd {
	ctx, stop := context.WithCancel(c.d.Ctx)
	c.reading = stop
	backend, id := c.d.Backend, c.fn.ID
	return func() tea.Msg {
		defer stop()
		result, err := backend.Result(ctx, id, callID)
		return dataRead{owner: c, data: result.Data, err: err}
	}
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
func (c *callForm) Title() string {
	if c.series != nil {
		return "calls of " + nameAndVersion(c.fn)
	}
	return "call " + nameAndVersion(c.fn)
}

// nameAndVersion is a function in a title, cleaned.
func nameAndVersion(fn client.Function) string {
	name := ui.Clean(fn.Name)
	if fn.Version > 0 {
		name += fmt.Sprintf(" v%d", fn.Version)
	}
	return name
}

// Hints implements ui.Overlay.
func (c *callForm) Hints() []ui.Hint {
	if c.series != nil {
		return c.series.hints()
	}
	if c.recall != nil {
		return c.recall.hints()
	}
	return c.form.Hints("call")
}

// View implements ui.Overlay.
func (c *callForm) View(theme *ui.Theme, width, height int) []string {
	if c.series != nil {
		return c.series.view(theme, width, height)
	}
	if c.recall != nil {
		return c.recall.view(theme, width, height)
	}
	if c.reading == nil || height < 2 {
		return c.form.View(theme, width, height)
	}
	said := "  reading what it was given last; typing replaces that"
	if len(c.waiting) > 0 {
		said = "  reading what it was given last; keys wait for that"
	}
	return append(c.form.View(theme, width, height-1), theme.Dim.Render(ui.Truncate(said, width)))
}

// Update implements ui.Overlay.
func (c *callForm) Update(msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case dataRead:
		if msg.owner == c && c.reading != nil {
			return c.propose(msg)
		}
		return nil, false
	case recalled:
		c.choose(msg)
		return nil, false
	case seriesMoved, seriesEnded:
		return c.moved(msg), false
	}
	switch {
	case reopened(c.form, msg) || !isInput(msg):
		return nil, false
	case c.series != nil:
		return c.seriesKey(msg)
	case c.recall != nil:
		c.choose(msg)
		return nil, false
	case c.reading != nil:
		return c.early(msg)
	}
	return c.input(msg)
}

// early takes a key before the data to propose are there.
func (c *callForm) early(msg tea.Msg) (tea.Cmd, bool) {
	key, isKey := msg.(tea.KeyPressMsg)
	switch {
	case isKey && key.String() == "esc":
		c.settle()
	case len(c.waiting) == 0 && (!isKey || form.Replaces(key)):
		c.settle()
	default:
		c.waiting = append(c.waiting, msg)
		return nil, false
	}
	return c.input(msg)
}

// settle gives up the data to propose.
func (c *callForm) settle() {
	c.reading()
	c.reading, c.waiting = nil, nil
}

// propose takes the data and then the keys that waited for them.
func (c *callForm) propose(read dataRead) (tea.Cmd, bool) {
	waiting := c.waiting
	c.settle()
	var cmds []tea.Cmd
	switch {
	case read.err != nil:
		operation := "read the data of the last call of " + c.fn.Name
		cmds = append(cmds, func() tea.Msg { return Failed{Operation: operation, Err: read.err} })
		c.data.Say("the last data are not known: " + client.Explain(read.err).Sentence)
		waiting = nil // They were for the data: {} must not go out in their place.
	case len(read.data) > 0:
		c.data.Propose(string(read.data))
	}
	for _, msg := range waiting {
		cmd, done := c.Update(msg)
		cmds = append(cmds, cmd)
		if done {
			// Keys behind it were for what shows next, and at leisure they would be
			// pressed with that in sight.
			return tea.Batch(cmds...), true
		}
	}
	return tea.Batch(cmds...), false
}

// choose hands a message to the list of earlier data and takes what was chosen.
func (c *callForm) choose(msg tea.Msg) {
	if c.recall == nil {
		return
	}
	taken, over := c.recall.update(msg)
	if over {
		c.recall = nil
	}
	if taken != nil {
		takeData(c.form, c.data, taken.Data)
	}
}

// input hands a key or a paste to the form.
func (c *callForm) input(msg tea.Msg) (tea.Cmd, bool) {
	switch c.form.Update(msg) {
	case form.Cancelled:
		return nil, true
	case form.Opening:
		return c.d.openEditor(c.form), false
	case form.Recalling:
		list, cmd := newRecall(c.d, c.fn)
		c.recall = list
		return cmd, false
	case form.Submitted:
		return c.submit()
	}
	c.hide()
	return nil, false
}

// The answers to whether a call is waited for.
const (
	waitYes = "yes"
	waitNo  = "no"
)

// hide takes out what says nothing beside the other values.
func (c *callForm) hide() {
	one := countOf(c.times) == 1
	c.form.Hide(c.atOnce, one)
	c.form.Hide(c.wait, !one)
	c.form.Hide(c.patience, !one || c.wait.Value() == waitNo)
}

func patienceCheck(value string) form.Report {
	if value = strings.TrimSpace(value); value == "" {
		return form.Report{}
	}
	if length, err := time.ParseDuration(value); err != nil || length <= 0 {
		return form.Report{Error: "a time such as 30s, 5m or 1h30m is expected"}
	}
	return form.Report{}
}

// values are what one call is made with.
func (c *callForm) values() action.Values {
	values := action.Values{Data: json.RawMessage(c.data.Value()), Async: c.wait.Value() == waitNo}
	if !values.Async {
		values.Patience, _ = time.ParseDuration(strings.TrimSpace(c.patience.Value())) // Empty is 0: as long as it takes.
	}
	return values
}

// submit makes the call, or the many.
func (c *callForm) submit() (tea.Cmd, bool) {
	target := action.Target{Function: &c.fn}
	values, times := c.values(), countOf(c.times)
	if times == 1 {
		return run(RunAction{Action: action.Invoke, Target: target, Values: values, Origin: c}), true
	}
	if reason := action.Invoke.Reason(c.d.Backend, target); reason != "" {
		c.form.Refused(reason)
		return nil, false
	}
	list, cmd := newSeries(c.d, action.Series{Function: c.fn, Data: values.Data, Times: times, AtOnce: countOf(c.atOnce)})
	c.series = list
	return tea.Batch(cmd, func() tea.Msg { return Called{FunctionID: c.fn.ID, Data: values.Data} }), false
}

// moved takes what has become of the series.
func (c *callForm) moved(msg tea.Msg) tea.Cmd {
	if c.series == nil {
		return nil
	}
	cmd := c.series.took(msg)
	if failed := c.series.err; failed != nil {
		return func() tea.Msg { return Failed{Operation: "call " + c.fn.Name, Err: failed} }
	}
	return cmd
}

// seriesKey hands a key to the series. What it came to is also said as it closes:
// a key that was to stop it may come when it has just ended.
func (c *callForm) seriesKey(msg tea.Msg) (tea.Cmd, bool) {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	closed, again := c.series.key(ui.KeyName(key))
	if closed {
		sentence := c.fn.Name + ": " + c.series.figures.Sentence()
		return func() tea.Msg { return Told{Sentence: sentence} }, true
	}
	if again {
		c.series = nil
	}
	return nil, false
}

// Pulse implements the overlay that changes while time passes.
func (c *callForm) Pulse() time.Duration {
	if c.series != nil && !c.series.over {
		return time.Second
	}
	return 0
}

// Refused implements Refusable.
func (c *callForm) Refused(why string) { c.form.Refused(why) }
