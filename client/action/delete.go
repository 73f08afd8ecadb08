package action

import (
	"context"
	"fmt"

	"fndeck/client"
)

// DeleteFunction removes a function and what hangs on it.
var DeleteFunction = Action{
	ID:       "functions.delete",
	Label:    "delete",
	Help:     "Delete the function, its versions, calls, logs and schedules.",
	Danger:   Typed,
	Needs:    client.CanDeploy,
	Disabled: needsFunction,
	Question: deleteQuestion,
	Subject:  functionName,
	Run:      deleteFunction,
}

func functionName(target Target) string {
	if target.Function == nil {
		return ""
	}
	return target.Function.Name
}

func deleteQuestion(target Target, _ Values) string {
	f := target.Function
	if f == nil {
		return ""
	}
	known := Losses{Running: -1}
	if target.Losses != nil {
		known = *target.Losses
	}
	question := "delete " + f.Name + ": " + known.versions() + ", its calls and logs"
	switch schedules := known.schedules(*f); {
	case schedules == "" && f.Schedules == 0:
		question += " go too; it has no schedules"
	case schedules == "":
		question += " and any schedules go too"
	default:
		question += ", and " + schedules + " go too"
	}
	switch {
	case known.Running == 1:
		question += "; 1 call is running and is ended"
	case known.Running > 1:
		question += "; " + plural(known.Running, "call") + " are running and are ended"
	case known.Running < 0:
		question += "; a running call is ended"
	}
	return question
}

func deleteFunction(ctx context.Context, backend client.Backend, target Target, _ Values) (Outcome, error) {
	f, err := functionOf(target, "delete")
	if err != nil {
		return Outcome{}, err
	}
	deployer, err := client.As[client.Deployer](backend, client.CanDeploy)
	if err != nil {
		return Outcome{}, err
	}
	if err := deployer.Delete(ctx, f.ID); err != nil {
		return Outcome{}, fmt.Errorf("delete %s: %w", f.Name, err)
	}
	sentence := "deleted " + f.Name
	if f.Schedules > 0 {
		sentence += " and " + plural(f.Schedules, "schedule")
	}
	return Outcome{Sentence: sentence, Function: &f}, nil
}
