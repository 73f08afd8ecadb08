package action

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fndeck/client"
	"fndeck/client/drift"
)

// Promote deploys the folder of a function of one context into another. It runs on
// the backend that it goes to, under the marks of that one; Target.Function is the
// function where it comes from.
var Promote = Action{
	ID:       "functions.promote",
	Label:    "promote",
	Help:     "Deploy the function's folder to another context: as a new function, or over the one that it has there.",
	Danger:   Ask,
	Needs:    client.CanDeploy,
	Disabled: noFolder,
	Question: promoteQuestion,
	Run:      promote,
}

// noFolder is the disabled reason of what packs a function's folder.
func noFolder(target Target) string {
	if reason := needsFunction(target); reason != "" {
		return reason
	}
	if target.Function.Folder == "" {
		return "the folder that " + target.Function.Name + " came from is not known"
	}
	return ""
}

func promoteQuestion(target Target, values Values) string {
	f := target.Function
	if f == nil {
		return ""
	}
	question := fmt.Sprintf("promote %s to %s: %s is deployed there, over the function of that external id or name if there is one", f.Name, values.To, f.Folder)
	if values.Data != nil {
		question += ", and both are called with the data"
	}
	return question
}

// promote returns once the other context has accepted the code.
func promote(ctx context.Context, backend client.Backend, target Target, values Values) (Outcome, error) {
	f, err := functionOf(target, "promote")
	if err != nil {
		return Outcome{}, err
	}
	if _, err := client.As[client.Deployer](backend, client.CanDeploy); err != nil {
		return Outcome{}, err
	}
	there, found, err := Counterpart(ctx, backend, f)
	if err != nil {
		return Outcome{}, fmt.Errorf("promote %s: %w", f.Name, err)
	}
	if found {
		there.Folder = f.Folder
		at := Target{Function: &there}
		if err := Redeploy.Refusal(backend, at); err != nil {
			return Outcome{}, err
		}
		values.Change = keptThere(there, values.Change, values.Spec.Secrets)
		if err := lackingSecrets(f, namesAfter(there, values.Change)); err != nil {
			return Outcome{}, err
		}
		return redeploy(ctx, backend, at, values)
	}
	values.Spec = promoted(f, values.Spec)
	if err := lackingSecrets(f, slices.Collect(maps.Keys(values.Spec.Secrets))); err != nil {
		return Outcome{}, err
	}
	var warnings []string
	if values.Code == nil {
		if values.Code, warnings, err = packFolder(ctx, f, client.SpecChange{}); err != nil {
			return Outcome{}, err
		}
	}
	out, err := deploy(ctx, backend, Target{}, values)
	out.Warnings = append(warnings, out.Warnings...)
	return out, err
}

// Counterpart finds the function of another context that has the external id of f, or
// the name where there is none.
func Counterpart(ctx context.Context, backend client.Backend, f client.Function) (there client.Function, found bool, err error) {
	all, err := backend.Functions(ctx)
	if err != nil {
		return there, false, err
	}
	var named []client.Function
	for _, other := range all {
		if f.ExternalID != "" && other.ExternalID == f.ExternalID {
			return other, true, nil
		}
		if other.Name == f.Name {
			named = append(named, other)
		}
	}
	switch len(named) {
	case 0:
		return there, false, nil
	case 1:
		return named[0], true, nil
	}
	return there, false, &client.Error{
		Code: client.CodeConflict, Message: fmt.Sprintf("%s has %d functions called %s", backend.Describe().Name, len(named), f.Name), Hint: "delete or rename what is not needed there",
	}
}

// promoted is what a function is created with elsewhere: its settings, and what was
// given instead. What the toolkit left in its metadata belongs to where it was.
func promoted(f client.Function, given client.FunctionSpec) client.FunctionSpec {
	spec := client.FunctionSpec{
		Name: f.Name, ExternalID: f.ExternalID, Description: f.Description, Owner: f.Owner, FunctionPath: f.FunctionPath, Runtime: f.Runtime,
		EnvVars: maps.Clone(f.EnvVars), Metadata: maps.Clone(f.Metadata), CPU: f.CPU, MemoryGB: f.MemoryGB,
		Secrets: given.Secrets, IndexURL: given.IndexURL, ExtraIndexURLs: given.ExtraIndexURLs,
	}
	delete(spec.Metadata, drift.ToolkitHashKey)
	delete(spec.Metadata, drift.ToolkitSecretKey)
	for to, from := range map[*string]string{
		&spec.Description: given.Description, &spec.Owner: given.Owner, &spec.FunctionPath: given.FunctionPath, &spec.Runtime: given.Runtime,
	} {
		if from != "" {
			*to = from
		}
	}
	for to, from := range map[*float64]float64{&spec.CPU: given.CPU, &spec.MemoryGB: given.MemoryGB} {
		if from != 0 {
			*to = from
		}
	}
	spec.EnvVars, spec.Metadata = over(spec.EnvVars, given.EnvVars), over(spec.Metadata, given.Metadata)
	return spec
}

// over lays pairs over others.
func over(below, above map[string]string) map[string]string {
	if below == nil {
		return above
	}
	maps.Copy(below, above)
	return below
}

// keptThere has the secrets that were given take the place of those of their names,
// where nothing else is said of them: the others keep their values.
func keptThere(there client.Function, change client.SpecChange, given map[string]client.Secret) client.SpecChange {
	if change.Secrets != nil || len(given) == 0 {
		return change
	}
	change.Secrets = given
	change.KeepSecrets = slices.DeleteFunc(slices.Clone(there.SecretNames), func(name string) bool { _, replaced := given[name]; return replaced })
	return change
}

// namesAfter are the secrets that a function has after a change.
func namesAfter(f client.Function, change client.SpecChange) []string {
	if change.Secrets == nil {
		return f.SecretNames
	}
	return slices.AppendSeq(slices.Clone(change.KeepSecrets), maps.Keys(change.Secrets))
}

// lackingSecrets names the secrets of a function that would have no value elsewhere.
func lackingSecrets(f client.Function, have []string) error {
	var lacks []string
	for _, name := range f.SecretNames {
		if !slices.Contains(have, name) {
			lacks = append(lacks, name)
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	return &client.Error{
		Code: client.CodeInvalid, Message: fmt.Sprintf("promote %s: nobody can read the values of its secrets %s", f.Name, strings.Join(lacks, ", ")),
		Hint: "give them, in the form or by fndeck promote --secret-file or --secret-stdin",
	}
}

// Answer is a call that has ended, and what came of it.
type Answer struct {
	Call   client.Call
	Result client.Result
}

// CallOnce calls a function and waits for what it answers, whatever that is.
func CallOnce(ctx context.Context, backend client.Backend, f client.Function, values Values) (Answer, error) {
	out, err := invoke(ctx, backend, Target{Function: &f}, values)
	if err != nil {
		return Answer{}, err
	}
	call := *out.Call
	if call.FunctionID == "" {
		call.FunctionID = f.ID
	}
	if call, err = AwaitCall(ctx, backend, call); err != nil {
		return Answer{}, err
	}
	if call.FunctionName == "" {
		call.FunctionName = f.Name
	}
	result, err := backend.Result(ctx, call.FunctionID, call.ID)
	if err != nil {
		return Answer{}, fmt.Errorf("result of call %s: %w", call.ID, err)
	}
	result.Data = values.Data
	return Answer{Call: call, Result: result}, nil
}
