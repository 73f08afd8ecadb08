package action

import (
	"context"
	"fmt"
	"strings"

	"fndeck/client"
)

// deploysLooked is how many of a function's newest deploys are searched for the
// one that failed; it is the first unless others were started since.
const deploysLooked = 10

// AwaitReady waits until no deploy of the function is on its way and returns
// it. The error says why the last deploy failed and what still serves; the
// function is valid beside it. onChange sees each new state and may be nil.
func AwaitReady(ctx context.Context, backend client.Backend, functionID string, onChange func(client.Function)) (client.Function, error) {
	var f client.Function
	seen := false
	err := EachChange(ctx, backend, []string{"function", "version", "deploy"}, func(ctx context.Context) (bool, error) {
		next, err := backend.Function(ctx, functionID)
		if err != nil {
			return false, err
		}
		if onChange != nil && (!seen || moved(f, next)) {
			onChange(next)
		}
		f, seen = next, true
		return alreadyDeploying(Target{Function: &next}) == "", nil
	})
	if err != nil {
		return f, err
	}
	if f.Error != nil || f.Status == client.FunctionFailed {
		return f, deployFailed(ctx, backend, f)
	}
	return f, nil
}

// moved reports whether a deploy went on between two readings.
func moved(a, b client.Function) bool {
	return a.Status != b.Status || a.Version != b.Version ||
		a.DeployingVersion != b.DeployingVersion || a.DeployID != b.DeployID
}

// deployFailed is the sentence of a failed deploy: where, why, what serves.
func deployFailed(ctx context.Context, backend client.Backend, f client.Function) error {
	if f.Interrupted {
		return errCut(ctx, backend, f)
	}
	sentence := "deploy failed"
	if phase := FailedPhase(ctx, backend, f); phase != "" {
		sentence += " at " + phase
	}
	if f.Error != nil && f.Error.Message != "" {
		sentence += ": " + strings.TrimRight(f.Error.Message, ". \n")
	}
	if f.Version > 0 {
		sentence += fmt.Sprintf(". v%d still serves", f.Version)
	} else {
		sentence += ". No version serves"
	}
	e := &client.Error{Code: client.CodeFailed, Message: sentence}
	if f.DeployID != "" {
		e.Hint = "the build output says more: fndeck logs --deploy " + f.DeployID
	}
	return e
}

// FailedPhase is where a function's newest deploy failed, "" where that is not told.
func FailedPhase(ctx context.Context, backend client.Backend, f client.Function) string {
	d, _ := newestDeploy(ctx, backend, f)
	return d.Phase
}

// newestDeploy reads the function's newest deploy; false if it is not told: the
// sentence is worth showing without it.
func newestDeploy(ctx context.Context, backend client.Backend, f client.Function) (client.Deploy, bool) {
	lister, err := client.As[client.DeployLister](backend, client.CanListBuilds)
	if err != nil || f.DeployID == "" {
		return client.Deploy{}, false
	}
	deploys, err := lister.Deploys(ctx, f.ID, deploysLooked)
	if err != nil {
		return client.Deploy{}, false
	}
	for _, d := range deploys {
		if d.ID == f.DeployID {
			return d, true
		}
	}
	return client.Deploy{}, false
}
