package action

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"fndeck/client"
	"fndeck/client/pack"
	"fndeck/client/template"
)

// New writes a function from a template and deploys it.
var New = Action{
	ID:     "functions.new",
	Label:  "new",
	Help:   "Write a function from a template into a folder, and deploy it.",
	Danger: Safe,
	Needs:  client.CanDeploy,
	Run:    newFunction,
}

// newFunction returns once the backend has accepted the function. What can be
// refused is refused before anything is written.
func newFunction(ctx context.Context, backend client.Backend, _ Target, values Values) (Outcome, error) {
	if _, err := client.As[client.Deployer](backend, client.CanDeploy); err != nil {
		return Outcome{}, err
	}
	if locked := backend.Describe().Locked; locked != "" { // also nothing is written
		return Outcome{}, &client.Error{Code: client.CodeForbidden, Message: locked}
	}
	spec := values.Spec
	if err := CheckName(spec.Name); err != nil {
		return Outcome{}, err
	}
	if err := CheckRuntime(backend, spec.Runtime); err != nil {
		return Outcome{}, fmt.Errorf("new %s: %w", spec.Name, err)
	}
	tmpl, err := template.Find(values.Template)
	if err != nil {
		return Outcome{}, err
	}
	if values.Folder == "" {
		return Outcome{}, client.Invalidf("new %s: no folder chosen", spec.Name)
	}
	functions, err := backend.Functions(ctx)
	if err != nil {
		return Outcome{}, fmt.Errorf("new %s: %w", spec.Name, err)
	}
	if slices.ContainsFunc(functions, func(f client.Function) bool { return f.Name == spec.Name }) {
		return Outcome{}, &client.Error{Code: client.CodeConflict, Message: "a function " + spec.Name + " exists already", Hint: "take another name"}
	}
	path, err := tmpl.Write(values.Folder)
	if err != nil {
		return Outcome{}, fmt.Errorf("new %s: %w", spec.Name, err)
	}
	f, err := deployWritten(ctx, backend, path, values)
	if err != nil {
		return Outcome{}, fmt.Errorf("%s lies in %s and is not deployed: %w", spec.Name, path, err)
	}
	return Outcome{Sentence: fmt.Sprintf("%s lies in %s and is being deployed", f.Name, path), Function: &f}, nil
}

func deployWritten(ctx context.Context, backend client.Backend, path string, values Values) (client.Function, error) {
	runtime := values.Spec.Runtime
	if runtimes := backend.Describe().Runtimes; len(runtimes) > 0 {
		runtime = cmp.Or(runtime, runtimes[0])
	}
	preview, err := pack.Scan(ctx, path, pack.Options{Python: Interpreter(runtime)})
	if err != nil {
		return client.Function{}, err
	}
	code, err := preview.Pack(ctx)
	if err != nil {
		return client.Function{}, err
	}
	values.Code = &code
	out, err := deploy(ctx, backend, Target{}, values)
	if err != nil {
		return client.Function{}, err
	}
	return *out.Function, nil
}
