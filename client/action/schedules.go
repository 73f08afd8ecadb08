package action

import (
	"context"
	"fmt"
	"time"

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
	if spec.Name == "" {
		return Outcome{}, client.Invalidf("create a schedule of %s: it has no name", f.Name)
	}
	expr, err := cron.Parse(spec.Cron)
	if err != nil {
		return Outcome{}, err
	}
	data, warnings, err := checkData(backend, spec.Data)
	if err != nil {
		return Outcome{}, err
	}
	if err := refuseSecond(ctx, scheduler, f, spec.Name); err != nil {
		return Outcome{}, err
	}
	spec.FunctionID, spec.Cron, spec.Data = f.ID, expr.String(), data
	made, err := scheduler.CreateSchedule(ctx, spec)
	if err != nil {
		return Outcome{}, fmt.Errorf("create schedule %s of %s: %w", spec.Name, f.Name, err)
	}
	sentence := fmt.Sprintf("schedule %s runs %s %s", made.Name, f.Name, expr.Words())
	if !made.Next.IsZero() {
		sentence += ", next at " + made.Next.UTC().Format(time.RFC3339)
	}
	return Outcome{Sentence: sentence, Schedule: &made, Warnings: append(expr.Warnings(), warnings...)}, nil
}

// refuseSecond refuses a second schedule of one name: both would run, and
// neither could be told from the other.
func refuseSecond(ctx context.Context, scheduler client.Scheduler, f client.Function, name string) error {
	existing, err := scheduler.Schedules(ctx, f.ID)
	if err != nil {
		return fmt.Errorf("create schedule %s of %s: %w", name, f.Name, err)
	}
	for _, s := range existing {
		if s.Name == name {
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
