package action

import (
	"context"
	"fmt"
	"time"

	"fndeck/client"
	"fndeck/client/pack"
)

// Redeploy puts the folder's present code behind an existing function. It asks
// nothing because the old version serves until the new one is Ready.
var Redeploy = Action{
	ID:       "functions.redeploy",
	Label:    "redeploy",
	Help:     "Deploy the function's folder again; the old version serves until the new one is Ready.",
	Danger:   Safe,
	Needs:    client.CanRedeploy,
	Disabled: alreadyDeploying,
	Run:      redeploy,
}

// alreadyDeploying is the disabled reason of what would start a second deploy.
func alreadyDeploying(target Target) string {
	if reason := needsFunction(target); reason != "" {
		return reason
	}
	f := target.Function
	switch {
	case f.DeployingVersion != 0:
		return fmt.Sprintf("%s is already deploying v%d", f.Name, f.DeployingVersion)
	case f.Status == client.FunctionQueued, f.Status == client.FunctionDeploying:
		return f.Name + " is already deploying"
	}
	return ""
}

// redeploy returns once the backend has accepted the code. With a nil Code it
// packs the function's folder itself, and stops with a *FindingsError where
// the preview has something that blocks or that wants a yes: after the yes,
// pack that preview and run again with Code set.
func redeploy(ctx context.Context, backend client.Backend, target Target, values Values) (Outcome, error) {
	f, err := functionOf(target, "redeploy")
	if err != nil {
		return Outcome{}, err
	}
	redeployer, err := client.As[client.Redeployer](backend, client.CanRedeploy)
	if err != nil {
		return Outcome{}, err
	}
	if values.Change.Runtime != nil {
		if err := CheckRuntime(backend, *values.Change.Runtime); err != nil {
			return Outcome{}, fmt.Errorf("redeploy %s: %w", f.Name, err)
		}
	}
	if err := checkSmoke(backend, values.Change); err != nil {
		return Outcome{}, fmt.Errorf("redeploy %s: %w", f.Name, err)
	}
	if err := notSince(ctx, backend, f, "redeploy"); err != nil {
		return Outcome{}, err
	}
	code := values.Code
	var warnings []string
	if code == nil {
		if code, warnings, err = packFolder(ctx, f, values.Change); err != nil {
			return Outcome{}, err
		}
	}
	if !values.Force && unchangedSettings(values.Change) {
		if err := refuseUnchanged(ctx, backend, f, *code); err != nil {
			return Outcome{}, err
		}
	}
	gap := GapError{Verb: "redeploy", Function: f, Code: code}
	err = acceptGap(backend, gap, values, func(p client.RedeployPlanner) (client.RedeployPlan, error) {
		return p.PlanRedeploy(ctx, f.ID, *code, values.Change)
	})
	if err != nil {
		return Outcome{}, err
	}
	after, err := redeployer.Redeploy(ctx, f.ID, *code, values.Change, values.Progress)
	if err != nil {
		return Outcome{}, fmt.Errorf("redeploy %s: %w", f.Name, err)
	}
	sentence := after.Name + " is accepted and being deployed again"
	if after.Version > 0 && after.DeployingVersion > 0 {
		sentence = fmt.Sprintf("%s v%d is on its way, v%d serves until it is Ready",
			after.Name, after.DeployingVersion, after.Version)
	}
	sentence += usually(after)
	return Outcome{Sentence: sentence, Function: &after, Warnings: warnings}, nil
}

// checkSmoke makes sure that a smoke call can be made, with data that can be sent.
func checkSmoke(backend client.Backend, change client.SpecChange) error {
	if change.Smoke == nil {
		return nil
	}
	if _, err := client.As[client.Redeployer](backend, client.CanSmokeTest); err != nil {
		return err
	}
	_, _, err := checkData(backend, change.Smoke)
	return err
}

// usually is how long deploys of a function usually take, as the end of a sentence; ""
// if that is not known, or is over before it is read.
func usually(f client.Function) string {
	if f.UsualDeploy < time.Second {
		return ""
	}
	return "; it usually takes " + f.UsualDeploy.Round(time.Second/10).String()
}

// packFolder packs the folder that the function was last deployed from, and
// tells what of it should be known and stops nothing.
func packFolder(ctx context.Context, f client.Function, change client.SpecChange) (code *client.Package, warnings []string, err error) {
	if f.Folder == "" {
		return nil, nil, &client.Error{
			Code:    client.CodeInvalid,
			Message: fmt.Sprintf("redeploy %s: the folder it came from is not known", f.Name),
			Hint:    "name the folder to deploy from",
		}
	}
	preview, err := pack.Scan(ctx, f.Folder, PackOptions(f, change))
	if err != nil {
		return nil, nil, fmt.Errorf("redeploy %s: %w", f.Name, err)
	}
	if len(preview.Blocking()) > 0 || len(preview.NeedConfirmation()) > 0 {
		return nil, nil, &FindingsError{Preview: preview}
	}
	packed, err := preview.Pack(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("redeploy %s: %w", f.Name, err)
	}
	for _, finding := range preview.Findings {
		warnings = append(warnings, Place(finding)+finding.Message)
	}
	return &packed, warnings, nil
}

// PackOptions returns how the folder of an existing function is scanned: with
// the settings that a redeploy with this change would run under.
func PackOptions(f client.Function, change client.SpecChange) pack.Options {
	runtime, path := f.Runtime, f.FunctionPath
	if change.Runtime != nil {
		runtime = *change.Runtime
	}
	if change.FunctionPath != nil {
		path = *change.FunctionPath
	}
	opts := pack.Options{
		FunctionPath:   path,
		Python:         Interpreter(runtime),
		ExtraIndexURLs: change.ExtraIndexURLs,
	}
	if change.ExtraIndexURLs == nil {
		opts.KeptExtraIndexes = f.ExtraIndexes
	}
	if change.IndexURL != nil {
		opts.IndexURL = *change.IndexURL
	}
	return opts
}

// unchangedSettings reports whether a redeploy changes nothing but code.
func unchangedSettings(change client.SpecChange) bool {
	return change.FunctionPath == nil && change.Runtime == nil && change.Secrets == nil &&
		change.EnvVars == nil && change.CPU == nil && change.MemoryGB == nil && change.IndexURL == nil && change.ExtraIndexURLs == nil &&
		change.Description == nil && change.Owner == nil && change.Metadata == nil
}

// refuseUnchanged fails with ErrUnchanged when the serving version has the
// same code. A backend without versions cannot tell and is not asked.
func refuseUnchanged(ctx context.Context, backend client.Backend, f client.Function, code client.Package) error {
	versioner, err := client.As[client.Versioner](backend, client.CanVersion)
	if err != nil {
		return nil
	}
	versions, err := versioner.Versions(ctx, f.ID)
	if err != nil {
		return fmt.Errorf("redeploy %s: %w", f.Name, err)
	}
	for _, v := range versions {
		if v.Serving && v.CodeSHA256 != "" && v.CodeSHA256 == code.SHA256 {
			return unchanged(f.Name, v.Number)
		}
	}
	return nil
}
