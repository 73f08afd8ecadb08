package action

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"fndeck/client"
)

// Deploy creates a function from packed code.
var Deploy = Action{
	ID:     "functions.deploy",
	Label:  "upload",
	Help:   "Upload a folder, a zip or a notebook as a new function.",
	Danger: Safe,
	Needs:  client.CanDeploy,
	Run:    deploy,
}

// CheckName refuses a name that no function can be deployed under.
func CheckName(name string) error {
	switch {
	case name == "":
		return client.Invalidf("deploy: the function has no name")
	case !utf8.ValidString(name):
		return client.Invalidf("deploy: the name %q is not UTF-8", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return client.Invalidf("deploy: the name %q holds a control character", name)
	}
	return nil
}

// CheckRuntime refuses a runtime that the backend is known not to have, before
// anything is sent.
func CheckRuntime(backend client.Backend, runtime string) error {
	d := backend.Describe()
	if runtime == "" || len(d.Runtimes) == 0 || slices.Contains(d.Runtimes, runtime) {
		return nil
	}
	lacks := "is not offered by " + d.Name
	if d.Kind == "embedded" {
		lacks = "is not installed here"
	}
	return client.Invalidf("%s %s; available: %s", runtime, lacks, strings.Join(d.Runtimes, ", "))
}

// deploy returns once the backend has accepted the function; AwaitReady waits
// for the rest.
func deploy(ctx context.Context, backend client.Backend, _ Target, values Values) (Outcome, error) {
	deployer, err := client.As[client.Deployer](backend, client.CanDeploy)
	if err != nil {
		return Outcome{}, err
	}
	if err := CheckName(values.Spec.Name); err != nil {
		return Outcome{}, err
	}
	if err := CheckRuntime(backend, values.Spec.Runtime); err != nil {
		return Outcome{}, fmt.Errorf("deploy %s: %w", values.Spec.Name, err)
	}
	if values.Code == nil {
		return Outcome{}, client.Invalidf("deploy %s: no folder, zip or notebook chosen", values.Spec.Name)
	}
	f, err := deployer.Deploy(ctx, values.Spec, *values.Code, values.Progress)
	if err != nil {
		return Outcome{}, fmt.Errorf("deploy %s: %w", values.Spec.Name, err)
	}
	return Outcome{Sentence: f.Name + " is accepted and being deployed", Function: &f}, nil
}
