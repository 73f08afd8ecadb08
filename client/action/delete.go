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
	Help:     "Delete the function, its versions and its schedules.",
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
	question := fmt.Sprintf("delete %s: its versions", f.Name)
	switch {
	case f.Schedules > 0:
		return question + " go, also " + plural(f.Schedules, "schedule")
	case f.Schedules < 0:
		return question + " and any schedules go"
	}
	return question + " go; it has no schedules"
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
