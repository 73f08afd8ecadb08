package action

import (
	"context"
	"fmt"

	"fndeck/client"
)

// Rollback makes an earlier version serve again.
var Rollback = Action{
	ID:       "functions.rollback",
	Label:    "roll back",
	Help:     "Make an earlier Ready version serve again; schedules, id and history stay.",
	Danger:   Ask,
	Needs:    client.CanVersion,
	Disabled: alreadyDeploying,
	Question: rollbackQuestion,
	Run:      rollback,
}

func rollbackQuestion(target Target) string {
	f := target.Function
	if f == nil {
		return ""
	}
	if f.Version == 0 {
		return fmt.Sprintf("roll back %s to an earlier version", f.Name)
	}
	return fmt.Sprintf("roll back %s: v%d stops serving, an earlier version answers calls and schedules", f.Name, f.Version)
}

func rollback(ctx context.Context, backend client.Backend, target Target, values Values) (Outcome, error) {
	f, err := functionOf(target, "roll back")
	if err != nil {
		return Outcome{}, err
	}
	versioner, err := client.As[client.Versioner](backend, client.CanVersion)
	if err != nil {
		return Outcome{}, err
	}
	after, err := versioner.Rollback(ctx, f.ID, values.Version)
	if err != nil {
		return Outcome{}, fmt.Errorf("roll back %s: %w", f.Name, err)
	}
	sentence := fmt.Sprintf("%s v%d serves again", after.Name, after.Version)
	if after.DeployingVersion != 0 {
		sentence = fmt.Sprintf("%s is going back to v%d, v%d serves until it is Ready",
			after.Name, after.DeployingVersion, after.Version)
	}
	return Outcome{Sentence: sentence, Function: &after}, nil
}
