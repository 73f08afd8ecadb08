package forms

import (
	"encoding/json"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/cron"
	"fndeck/ui"
	"fndeck/ui/form"
)

// upcomingRuns is how many runs are shown under the cron field.
const upcomingRuns = 5

// scheduleForm creates a schedule, or changes one, and says what it will do
// while it is typed.
type scheduleForm struct {
	d Deps
	// old is the schedule that is changed, nil for a new one.
	old        *client.Schedule
	functions  []client.Function
	form       *form.Form
	name, cron *form.Text
	function   *form.Choice
	data       *form.Editor
	// overlap and catchUp are nil where the backend has no policies.
	overlap, catchUp *form.Choice
	runner           *scheduleRunner
	recall           *recall
}

// NewSchedule makes the form. fn is selected at first; nil selects none in
// particular.
func NewSchedule(d Deps, fn *client.Function, functions []client.Function) (ui.Overlay, tea.Cmd) {
	if fn != nil && !holds(functions, fn.ID) {
		functions = append([]client.Function{*fn}, functions...)
	}
	s := &scheduleForm{d: d, functions: functions}
	labels := functionLabels(functions)
	if fn == nil && len(functions) > 1 {
		// None is proposed where several could be meant.
		s.functions, labels = append([]client.Function{{}}, functions...), append([]string{""}, labels...)
	}
	selected := ""
	for i := range functions {
		if fn != nil && functions[i].ID == fn.ID {
			selected = labels[i]
		}
	}
	s.function = form.NewChoice(form.FieldSpec{
		Label: "Function", Help: "what it calls; type to search", Value: selected,
		Check: func(value string) form.Report {
			switch {
			case value == "" && len(functions) > 0:
				return form.Report{Error: "choose the function that it calls"}
			case value == "":
				return form.Report{Error: "there is no function to call: deploy one first"}
			}
			return form.Report{}
		},
	}, labels)
	s.fill(d, client.ScheduleSpec{Data: json.RawMessage("{}")})
	s.data.Selected = true
	return s, nil
}

// ChangeSchedule makes the form that puts another schedule in the place of one.
func ChangeSchedule(d Deps, old client.Schedule) (ui.Overlay, tea.Cmd) {
	s := &scheduleForm{d: d, old: &old}
	spec := action.SpecOf(old)
	if len(spec.Data) == 0 {
		spec.Data = json.RawMessage("{}")
	}
	s.fill(d, spec)
	return s, nil
}

// fill makes the fields with what a schedule has.
func (s *scheduleForm) fill(d Deps, spec client.ScheduleSpec) {
	s.name = form.NewText(form.FieldSpec{Label: "Name", Help: "what the schedule is called", Value: spec.Name, Check: nameCheck("the schedule")})
	s.cron = form.NewText(form.FieldSpec{
		Label: "Cron", Help: "UTC: minute hour day month weekday, such as 0 6 * * MON-FRI", Value: spec.Cron,
		Check: cronCheck(d.Clock, d.Zone),
	})
	s.data = newDataField(d.Backend, string(spec.Data))
	fields := []form.Field{s.name}
	if s.function != nil {
		fields = append(fields, s.function)
	}
	fields = append(fields, s.cron, s.data)
	if d.Backend.Describe().Missing[client.CanSetPolicies] == "" {
		s.overlap = form.NewChoice(form.FieldSpec{
			Label: "Overlap", Help: "a run is due while one still runs: skip it, allow both, queue one", Value: spec.Overlap,
		}, client.Overlaps())
		s.catchUp = form.NewChoice(form.FieldSpec{
			Label: "Catch up", Help: "runs were missed: skip them, or run the last of them once", Value: spec.CatchUp,
		}, client.CatchUps())
		fields = append(fields, s.overlap, s.catchUp)
	}
	if s.old == nil {
		s.runner = newScheduleRunner(d.Backend.Describe())
		fields = append(fields, s.runner.fields()...)
	}
	s.form = form.New(d.Clock, fields...)
	s.form.Recalls = true
	s.runner.follow(s.form)
}

// called is the function that the schedule is for, false if there is none.
func (s *scheduleForm) called() (client.Function, bool) {
	if s.old != nil {
		return client.Function{ID: s.old.FunctionID, Name: s.old.FunctionName}, true
	}
	if len(s.functions) == 0 {
		return client.Function{}, false
	}
	fn := s.functions[s.function.Index()]
	return fn, fn.ID != ""
}

// request is what the form ends with.
func (s *scheduleForm) request() RunAction {
	spec := client.ScheduleSpec{Name: s.name.Value(), Cron: s.cron.Value(), Data: json.RawMessage(s.data.Value())}
	if s.overlap != nil {
		spec.Overlap, spec.CatchUp = s.overlap.Value(), s.catchUp.Value()
	}
	request := RunAction{Action: action.CreateSchedule, Origin: s}
	if s.old != nil {
		spec.FunctionID, spec.Description = s.old.FunctionID, s.old.Description
		request.Action, request.Target = action.ReplaceSchedule, action.Target{Schedule: s.old}
	} else {
		fn := s.functions[s.function.Index()]
		spec.FunctionID = fn.ID
		request.Target = action.Target{Function: &fn}
	}
	request.Values = action.Values{Schedule: spec}
	return request
}

func holds(functions []client.Function, id string) bool {
	for i := range functions {
		if functions[i].ID == id {
			return true
		}
	}
	return false
}

// functionLabels names functions so that each label is its own: two may share a
// name, and a choice must not pick the wrong one.
func functionLabels(functions []client.Function) []string {
	count := map[string]int{}
	for _, fn := range functions {
		count[fn.Name]++
	}
	labels := make([]string, len(functions))
	for i, fn := range functions {
		labels[i] = fn.Name
		if count[fn.Name] > 1 || fn.Name == "" {
			labels[i] = strings.TrimSpace(fn.Name + " (" + fn.ID + ")")
		}
	}
	return labels
}

// nameCheck judges a name that the operator gives.
func nameCheck(what string) func(string) form.Report {
	return func(value string) form.Report {
		switch {
		case strings.TrimSpace(value) == "":
			return form.Report{Error: what + " needs a name"}
		case value != strings.TrimSpace(value):
			return form.Report{Error: "the name begins or ends with a space"}
		case value != ui.Clean(value):
			return form.Report{Error: "the name holds characters that cannot be seen: " + ui.Clean(value)}
		}
		return form.Report{}
	}
}

// cronCheck says on every keystroke what an expression means and when it fires.
func cronCheck(clock func() time.Time, zone *time.Location) func(string) form.Report {
	return func(value string) form.Report {
		expr, err := cron.Parse(value)
		if err != nil {
			return form.Report{Error: client.Explain(err).Sentence}
		}
		now := clock()
		report := form.Report{Notes: []form.Remark{{Tone: ui.ToneOK, Text: expr.Words()}}}
		report.Notes = append(report.Notes, warnings(expr.Warnings())...)
		for _, note := range cron.ZoneNotes(expr, zone, now) {
			report.Notes = append(report.Notes, form.Remark{Tone: ui.ToneInfo, Text: note})
		}
		report.Notes = append(report.Notes, runTable(expr.Upcoming(now, upcomingRuns), zone, now)...)
		return report
	}
}

// runTable shows times in UTC and in the display zone side by side.
func runTable(times []time.Time, zone *time.Location, now time.Time) []form.Remark {
	layout, short := "Mon _2 Jan 15:04", "_2 Jan 15:04"
	if n := len(times); n > 0 && times[n-1].Year() != now.UTC().Year() {
		layout, short = "Mon _2 Jan 2006 15:04", "2006-01-02 15:04"
	}
	both := !IsUTC(zone, times)
	line := func(utc, local string, width int) string {
		if !both {
			return utc
		}
		return ui.Pad(utc, width) + "  " + local
	}
	head := line("next runs, UTC", zoneName(zone), len(layout))
	remarks := []form.Remark{{Tone: ui.ToneDim, Text: head, Short: line("UTC", zoneName(zone), len(short))}}
	for _, at := range times {
		local := at.UTC()
		if both {
			local = at.In(zone)
		}
		remarks = append(remarks, form.Remark{
			Text:  line(at.UTC().Format(layout), local.Format(layout), len(layout)),
			Short: line(at.UTC().Format(short), local.Format(short), len(short)),
		})
	}
	return remarks
}

// IsUTC reports whether a zone is UTC; of a machine's zone, which has no name, as
// far as the times tell.
func IsUTC(zone *time.Location, times []time.Time) bool {
	if zone == nil || zone.String() == "UTC" {
		return true
	}
	for _, at := range times {
		if _, offset := at.In(zone).Zone(); offset != 0 {
			return false
		}
	}
	return zone == time.Local
}

// zoneName is the place of a zone: Oslo for Europe/Oslo.
func zoneName(zone *time.Location) string {
	if zone == nil {
		return "UTC"
	}
	name := zone.String()
	if zone == time.Local {
		return "your zone"
	}
	name = name[strings.LastIndex(name, "/")+1:]
	return strings.ReplaceAll(name, "_", " ")
}

// Title implements ui.Overlay.
func (s *scheduleForm) Title() string {
	if s.old != nil {
		return "change schedule " + ui.Clean(s.old.Name)
	}
	return "new schedule"
}

// Hints implements ui.Overlay.
func (s *scheduleForm) Hints() []ui.Hint {
	if s.recall != nil {
		return s.recall.hints()
	}
	if s.old != nil {
		return s.form.Hints("change")
	}
	return s.form.Hints("create")
}

// View implements ui.Overlay.
func (s *scheduleForm) View(theme *ui.Theme, width, height int) []string {
	if s.recall != nil {
		return s.recall.view(theme, width, height)
	}
	return s.form.View(theme, width, height)
}

// Update implements ui.Overlay.
func (s *scheduleForm) Update(msg tea.Msg) (tea.Cmd, bool) {
	if reopened(s.form, msg) {
		return nil, false
	}
	if known, ok := msg.(runnerKnown); ok && known.owner == s {
		if known.err != nil {
			s.form.Refused("client secret: " + known.err.Error())
			return nil, false
		}
		return run(known.request), true
	}
	if s.recall != nil {
		s.choose(msg)
		return nil, false
	}
	event := s.form.Update(msg)
	s.runner.follow(s.form)
	switch event {
	case form.Cancelled:
		return nil, true
	case form.Opening:
		return s.d.openEditor(s.form), false
	case form.Recalling:
		if fn, ok := s.called(); ok {
			list, cmd := newRecall(s.d, fn)
			s.recall = list
			return cmd, false
		}
	case form.Submitted:
		if s.old != nil && len(action.Changes(*s.old, s.request().Values.Schedule)) == 0 {
			s.form.Refused("nothing differs from the schedule as it is")
			return nil, false
		}
		if s.runner.named() {
			return s.runner.resolve(s.d.Ctx, s, s.request()), false
		}
		return run(s.request()), true
	}
	return nil, false
}

// choose hands a message to the list of earlier data and takes what was chosen.
func (s *scheduleForm) choose(msg tea.Msg) {
	taken, over := s.recall.update(msg)
	if over {
		s.recall = nil
	}
	if taken != nil {
		takeData(s.form, s.data, taken.Data)
	}
}

// Refused implements Refusable.
func (s *scheduleForm) Refused(why string) { s.form.Refused(why) }
