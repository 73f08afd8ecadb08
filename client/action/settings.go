package action

import (
	"context"
	"fmt"

	"fndeck/client"
)

// ChangeSettings deploys the code that serves once more, with other settings. It
// asks nothing because the old version serves until the new one is Ready.
var ChangeSettings = Action{
	ID:       "functions.settings",
	Label:    "settings",
	Help:     "Change environment, secrets, owner and the like, and deploy the same code with them.",
	Danger:   Safe,
	Needs:    client.CanChangeSettings,
	Disabled: noCodeServes,
	Run:      changeSettings,
}

// noCodeServes is the disabled reason of what deploys the serving code again.
func noCodeServes(target Target) string {
	if reason := alreadyDeploying(target); reason != "" {
		return reason
	}
	if f := target.Function; f.Status == client.FunctionFailed {
		return f.Name + " has no version that serves: redeploy it"
	}
	return ""
}

// changeSettings returns once the backend has accepted the change. A change of
// nothing is refused, so that no version is made for it.
func changeSettings(ctx context.Context, backend client.Backend, target Target, values Values) (Outcome, error) {
	f, err := functionOf(target, "settings")
	if err != nil {
		return Outcome{}, err
	}
	changer, err := client.As[client.SettingsChanger](backend, client.CanChangeSettings)
	if err != nil {
		return Outcome{}, err
	}
	if unchangedSettings(values.Change) && !values.Force {
		return Outcome{}, client.Invalidf("settings of %s: nothing is different", f.Name)
	}
	if values.Change.Runtime != nil {
		if err := CheckRuntime(backend, *values.Change.Runtime); err != nil {
			return Outcome{}, fmt.Errorf("settings of %s: %w", f.Name, err)
		}
	}
	if err := checkSmoke(backend, values.Change); err != nil {
		return Outcome{}, fmt.Errorf("settings of %s: %w", f.Name, err)
	}
	if err := notSince(ctx, backend, f, "settings of"); err != nil {
		return Outcome{}, err
	}
	gap := GapError{Verb: "change the settings of", Function: f}
	err = acceptGap(backend, gap, values, func(p client.RedeployPlanner) (client.RedeployPlan, error) {
		return p.PlanRedeploy(ctx, f.ID, client.Package{}, values.Change)
	})
	if err != nil {
		return Outcome{}, err
	}
	after, err := changer.ChangeSettings(ctx, f.ID, values.Change)
	if err != nil {
		return Outcome{}, fmt.Errorf("settings of %s: %w", f.Name, err)
	}
	sentence := after.Name + " is deployed again with its settings"
	if after.Version > 0 && after.DeployingVersion > 0 {
		sentence = fmt.Sprintf("%s v%d gets the settings, v%d serves until it is Ready", after.Name, after.DeployingVersion, after.Version)
	}
	return Outcome{Sentence: sentence + usually(after), Function: &after}, nil
}

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
