package action

import (
	"context"
	"fmt"

	"fndeck/client"
)

// Rebuild installs a function's requirements anew. It asks nothing because the
// old version, with the packages it has, serves until the new one is Ready.
var Rebuild = Action{
	ID:       "functions.rebuild",
	Label:    "rebuild environment",
	Help:     "Install the requirements anew, as the package indexes have them now; the code stays as it is.",
	Danger:   Safe,
	Needs:    client.CanRebuild,
	Disabled: nothingToRebuild,
	Run:      rebuild,
}

// nothingToRebuild is the disabled reason of a rebuild.
func nothingToRebuild(target Target) string {
	if reason := noCodeServes(target); reason != "" {
		return reason
	}
	if f := target.Function; f.Environment == "" {
		return f.Name + " has no requirements to install anew"
	}
	return ""
}

func rebuild(ctx context.Context, backend client.Backend, target Target, _ Values) (Outcome, error) {
	f, err := functionOf(target, "rebuild environment")
	if err != nil {
		return Outcome{}, err
	}
	rebuilder, err := client.As[client.Rebuilder](backend, client.CanRebuild)
	if err != nil {
		return Outcome{}, err
	}
	after, err := rebuilder.Rebuild(ctx, f.ID)
	if err != nil {
		return Outcome{}, fmt.Errorf("rebuild the environment of %s: %w", f.Name, err)
	}
	return Outcome{
		Sentence: fmt.Sprintf("%s v%d gets its packages anew, v%d serves until it is Ready", after.Name, after.DeployingVersion, after.Version) + usually(after),
		Function: &after,
	}, nil
}
