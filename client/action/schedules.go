package action

import (
	"cmp"
	"context"
	"fmt"

	"fndeck/client"
	"fndeck/client/cron"
)

// CreateSchedule runs a function at the times of a cron expression.
var CreateSchedule = Action{
	ID:       "schedules.create",
	Label:    "new schedule",
	Help:     "Run the function at the times of a cron expression, in UTC.",
	Danger:   Safe,
	Needs:    client.CanSchedule,
	Acts:     true,
	Disabled: needsFunction,
	Run:      createSchedule,
}

// DeleteSchedule removes a schedule; its past calls stay.
var DeleteSchedule = Action{
	ID:       "schedules.delete",
	Label:    "delete",
	Help:     "Delete the schedule; the function and its past calls stay.",
	Danger:   Typed,
	Needs:    client.CanSchedule,
	Disabled: needsSchedule,
	Question: deleteScheduleQuestion,
	Subject:  scheduleName,
	Run:      deleteSchedule,
}

func createSchedule(ctx context.Context, backend client.Backend, target Target, values Values) (Outcome, error) {
	f, err := functionOf(target, "create a schedule")
	if err != nil {
		return Outcome{}, err
	}
	scheduler, err := client.As[client.Scheduler](backend, client.CanSchedule)
	if err != nil {
		return Outcome{}, err
	}
	spec := values.Schedule
	expr, warnings, err := checkSchedule(ctx, backend, f, &spec, "")
	if err != nil {
		return Outcome{}, err
	}
	spec.FunctionID = f.ID
	made, err := scheduler.CreateSchedule(ctx, spec)
	if err != nil {
		return Outcome{}, fmt.Errorf("create schedule %s of %s: %w", spec.Name, f.Name, err)
	}
	return Outcome{Sentence: runsSentence(made, f, expr), Next: made.Next, Schedule: &made, Warnings: warnings}, nil
}

// runsSentence says what a schedule does from now on.
func runsSentence(made client.Schedule, f client.Function, expr cron.Expr) string {
	return fmt.Sprintf("schedule %s runs %s %s", made.Name, f.Name, expr.Words())
}

// checkSchedule judges a new schedule before it is sent, and puts its cron text
// and data as they are sent. replaces is the id of the one that it takes the
// place of, "" for none.
func checkSchedule(ctx context.Context, backend client.Backend, f client.Function, spec *client.ScheduleSpec, replaces string) (cron.Expr, []string, error) {
	if spec.Name == "" {
		return cron.Expr{}, nil, client.Invalidf("create a schedule of %s: it has no name", f.Name)
	}
	expr, err := cron.Parse(spec.Cron)
	if err != nil {
		return expr, nil, err
	}
	data, warnings, err := checkData(backend, spec.Data)
	if err != nil {
		return expr, nil, err
	}
	if err := checkRunner(backend, *spec); err != nil {
		return expr, nil, err
	}
	if err := checkPolicies(backend, *spec); err != nil {
		return expr, nil, err
	}
	scheduler, err := client.As[client.Scheduler](backend, client.CanSchedule)
	if err != nil {
		return expr, nil, err
	}
	if err := refuseSecond(ctx, scheduler, f, spec.Name, replaces); err != nil {
		return expr, nil, err
	}
	spec.Cron, spec.Data = expr.String(), data
	return expr, append(expr.Warnings(), warnings...), nil
}

// checkRunner refuses an identity that the backend would not heed, or half of one.
func checkRunner(backend client.Backend, spec client.ScheduleSpec) error {
	reason, missing := backend.Describe().Missing[client.CanRunAs]
	switch {
	case spec.ClientID == "" && spec.ClientSecret.IsZero():
		return nil
	case missing:
		return &client.Error{Code: client.CodeUnsupported, Message: reason}
	case spec.ClientID == "" || spec.ClientSecret.IsZero():
		return client.Invalidf("a schedule runs as a client by its id and its secret: both are needed")
	}
	return nil
}

// checkPolicies refuses a policy that the backend would not heed. The default
// is what any does that has none.
func checkPolicies(backend client.Backend, spec client.ScheduleSpec) error {
	if err := client.CheckPolicies(spec.Overlap, spec.CatchUp); err != nil {
		return err
	}
	reason, missing := backend.Describe().Missing[client.CanSetPolicies]
	chosen := cmp.Or(spec.Overlap, client.OverlapSkip) != client.OverlapSkip || cmp.Or(spec.CatchUp, client.CatchUpSkip) != client.CatchUpSkip
	if missing && chosen {
		return &client.Error{Code: client.CodeUnsupported, Message: reason}
	}
	return nil
}

// refuseSecond refuses a second schedule of one name: both would run, and
// neither could be told from the other.
func refuseSecond(ctx context.Context, scheduler client.Scheduler, f client.Function, name, replaces string) error {
	existing, err := scheduler.Schedules(ctx, f.ID)
	if err != nil {
		return fmt.Errorf("create schedule %s of %s: %w", name, f.Name, err)
	}
	for _, s := range existing {
		if s.Name == name && (replaces == "" || s.ID != replaces) {
			return &client.Error{
				Code:    client.CodeConflict,
				Message: fmt.Sprintf("%s has a schedule %s already: %s", f.Name, name, s.Cron),
				Hint:    "give it another name",
				Err:     ErrScheduleExists,
			}
		}
	}
	return nil
}

func deleteSchedule(ctx context.Context, backend client.Backend, target Target, _ Values) (Outcome, error) {
	if target.Schedule == nil {
		return Outcome{}, client.Invalidf("delete a schedule: none chosen")
	}
	scheduler, err := client.As[client.Scheduler](backend, client.CanSchedule)
	if err != nil {
		return Outcome{}, err
	}
	s := *target.Schedule
	if err := scheduler.DeleteSchedule(ctx, s.ID); err != nil {
		return Outcome{}, fmt.Errorf("delete schedule %s: %w", s.Name, err)
	}
	return Outcome{Sentence: "deleted schedule " + s.Name, Schedule: &s}, nil
}

func needsSchedule(target Target) string {
	if target.Schedule == nil {
		return "no schedule chosen"
	}
	return ""
}

func scheduleName(target Target) string {
	if target.Schedule == nil {
		return ""
	}
	return target.Schedule.Name
}

func deleteScheduleQuestion(target Target, _ Values) string {
	s := target.Schedule
	if s == nil {
		return ""
	}
	question := "delete schedule " + s.Name
	if s.FunctionName != "" {
		question += " of " + s.FunctionName
	}
	return question + ": it does not run again"
}
