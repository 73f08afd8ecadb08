package action

import (
	"context"
	"fmt"
	"slices"

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

func rollbackQuestion(target Target, values Values) string {
	f := target.Function
	if f == nil {
		return ""
	}
	to := "the version before"
	if values.Version > 0 {
		to = fmt.Sprintf("v%d", values.Version)
	}
	if f.Version == 0 {
		return fmt.Sprintf("roll back %s: %s answers calls and schedules", f.Name, to)
	}
	return fmt.Sprintf("roll back %s from v%d: %s answers calls and schedules", f.Name, f.Version, to)
}

// VersionBefore returns the version that a roll back without further words means:
// the newest Ready one that is older than what serves. It is zero if there is
// none.
func VersionBefore(versions []client.Version, serving int) client.Version {
	for _, v := range versions {
		if v.Serving {
			serving = v.Number
		}
	}
	var before client.Version
	for _, v := range versions {
		if v.Status == client.FunctionReady && v.Number < serving && v.Number > before.Number {
			before = v
		}
	}
	return before
}

// RollbackTo returns the version that a roll back to number means, 0 for the one
// before, or why there is nothing to be asked: no earlier version, an unknown
// one, one that serves or one that was never Ready.
func RollbackTo(ctx context.Context, backend client.Backend, f client.Function, number int) (int, error) {
	versioner, err := client.As[client.Versioner](backend, client.CanVersion)
	if err != nil {
		return 0, err
	}
	versions, err := versioner.Versions(ctx, f.ID)
	if err != nil {
		return 0, fmt.Errorf("roll back %s: %w", f.Name, err)
	}
	if number == 0 {
		if number = VersionBefore(versions, f.Version).Number; number == 0 {
			refused := &client.Error{Code: client.CodeConflict, Message: f.Name + " has no earlier version to roll back to"}
			if i := slices.IndexFunc(versions, func(v client.Version) bool { return v.Number > f.Version && v.Status == client.FunctionReady }); i >= 0 {
				refused.Hint = fmt.Sprintf("v%d is later and can serve again: name it", versions[i].Number)
			}
			return 0, refused
		}
		return number, nil
	}
	for _, v := range versions {
		switch {
		case v.Number != number:
			continue
		case v.Serving || number == f.Version:
			return 0, &client.Error{Code: client.CodeConflict, Message: fmt.Sprintf("%s v%d serves already", f.Name, number)}
		case v.Status != client.FunctionReady:
			return 0, &client.Error{Code: client.CodeConflict, Message: fmt.Sprintf("%s v%d is %s: only a Ready version can serve again", f.Name, number, v.Status)}
		}
		return number, nil
	}
	return 0, &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("%s has no version %d", f.Name, number)}
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
	err = acceptGap(backend, GapError{Verb: "roll back", Function: f}, values, func(p client.RedeployPlanner) (client.RedeployPlan, error) {
		version, err := RollbackTo(ctx, backend, f, values.Version)
		if err != nil {
			return client.RedeployPlan{}, err
		}
		return p.PlanRollback(ctx, f.ID, version)
	})
	if err != nil {
		return Outcome{}, err
	}
	rollback := versioner.Rollback
	if values.Change.RunAsMe {
		asMe, err := client.As[client.AsMe](backend, client.CanPlan)
		if err != nil {
			return Outcome{}, err
		}
		rollback = asMe.RollbackAsMe
	}
	after, err := rollback(ctx, f.ID, values.Version)
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
