package action

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"fndeck/client"
	"fndeck/client/cron"
)

// ReplaceSchedule changes a schedule, which means that another takes its place:
// schedules themselves never change. Values.Schedule is the whole new one.
var ReplaceSchedule = Action{
	ID:       "schedules.replace",
	Label:    "change",
	Help:     "Change the schedule: another takes its place at once, with an id of its own; past calls stay.",
	Danger:   Ask,
	Needs:    client.CanReplaceSchedule,
	Disabled: needsSchedule,
	Question: replaceQuestion,
	Run:      replaceSchedule,
}

// RunSchedule runs a schedule now.
var RunSchedule = Action{
	ID:       "schedules.run",
	Label:    "run now",
	Help:     "Run the schedule now, with its data, beside whatever runs; its next run stays when it is.",
	Danger:   Safe,
	Needs:    client.CanRunSchedule,
	Disabled: needsSchedule,
	Run:      runSchedule,
}

// SpecOf is what a schedule was created with, to be changed.
func SpecOf(s client.Schedule) client.ScheduleSpec {
	return client.ScheduleSpec{
		Name: s.Name, Description: s.Description, FunctionID: s.FunctionID, Cron: s.Cron, Data: s.Data, Overlap: s.Overlap, CatchUp: s.CatchUp,
	}
}

// Changes says what differs between a schedule and the one that is to take its
// place: "cron 0 6 * * * becomes 0 7 * * *".
func Changes(s client.Schedule, spec client.ScheduleSpec) []string {
	var all []string
	for _, field := range []struct{ name, old, new string }{
		{"name", s.Name, spec.Name},
		{"description", s.Description, spec.Description},
		{"cron", s.Cron, oneSpaced(spec.Cron)},
		{"overlap", cmp.Or(s.Overlap, client.OverlapSkip), cmp.Or(spec.Overlap, client.OverlapSkip)},
		{"catch-up", cmp.Or(s.CatchUp, client.CatchUpSkip), cmp.Or(spec.CatchUp, client.CatchUpSkip)},
	} {
		if field.old != field.new {
			all = append(all, fmt.Sprintf("%s %s becomes %s", field.name, orNone(field.old), orNone(field.new)))
		}
	}
	if !bytes.Equal(given(s.Data), given(spec.Data)) {
		all = append(all, "its data change")
	}
	return all
}

// oneSpaced is an expression as schedules keep it, as far as it can be parsed.
func oneSpaced(text string) string {
	if expr, err := cron.Parse(text); err == nil {
		return expr.String()
	}
	return text
}

func orNone(s string) string { return cmp.Or(s, "(none)") }

// given is the data that runs get: none is an empty object.
func given(data json.RawMessage) []byte {
	if data = bytes.TrimSpace(data); len(data) > 0 {
		return data
	}
	return []byte(`{}`)
}

func replaceQuestion(target Target, values Values) string {
	s := target.Schedule
	if s == nil {
		return ""
	}
	question := "change schedule " + s.Name
	if s.FunctionName != "" {
		question += " of " + s.FunctionName
	}
	if changes := Changes(*s, values.Schedule); len(changes) > 0 {
		question += ": " + strings.Join(changes, ", ")
	}
	question += "; it gets a new id and an empty list of runs, its past calls stay with the function"
	if !s.Queued.IsZero() {
		question += "; the run that waits does not run"
	}
	return question
}

func replaceSchedule(ctx context.Context, backend client.Backend, target Target, values Values) (Outcome, error) {
	if target.Schedule == nil {
		return Outcome{}, client.Invalidf("change a schedule: none chosen")
	}
	s, spec := *target.Schedule, values.Schedule
	replacer, err := client.As[client.ScheduleReplacer](backend, client.CanReplaceSchedule)
	if err != nil {
		return Outcome{}, err
	}
	if len(Changes(s, spec)) == 0 {
		return Outcome{}, &client.Error{Code: client.CodeConflict, Message: "schedule " + s.Name + " is like that already: nothing to change"}
	}
	f := client.Function{ID: s.FunctionID, Name: cmp.Or(s.FunctionName, s.FunctionID)}
	expr, warnings, err := checkSchedule(ctx, backend, f, &spec, s.ID)
	if err != nil {
		return Outcome{}, err
	}
	made, err := replacer.ReplaceSchedule(ctx, s.ID, spec)
	if err != nil {
		return Outcome{}, fmt.Errorf("change schedule %s: %w", s.Name, err)
	}
	return Outcome{Sentence: runsSentence(made, f, expr), Next: made.Next, Schedule: &made, Warnings: warnings}, nil
}

func runSchedule(ctx context.Context, backend client.Backend, target Target, _ Values) (Outcome, error) {
	if target.Schedule == nil {
		return Outcome{}, client.Invalidf("run a schedule: none chosen")
	}
	runner, err := client.As[client.ScheduleRunner](backend, client.CanRunSchedule)
	if err != nil {
		return Outcome{}, err
	}
	s := *target.Schedule
	call, err := runner.RunSchedule(ctx, s.ID)
	if err != nil {
		return Outcome{}, fmt.Errorf("run schedule %s: %w", s.Name, err)
	}
	sentence := fmt.Sprintf("schedule %s runs now, as call %s", s.Name, call.ID)
	if s.LastCall != nil && !s.LastCall.Status.Ended() {
		sentence += ", beside call " + s.LastCall.ID + ": its overlap policy is for runs that are due"
	}
	return Outcome{Sentence: sentence, Call: &call, Schedule: &s}, nil
}
