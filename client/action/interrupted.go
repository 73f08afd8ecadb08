package action

import (
	"context"
	"fmt"
	"strings"

	"fndeck/client"
)

// The ways to end a deploy that was cut.
var (
	// ResumeDeploy asks nothing: it does what was asked for before.
	ResumeDeploy = Action{
		ID:       "deploys.resume",
		Label:    "resume",
		Help:     "Go on with a deploy that was cut, from the step where it stands.",
		Danger:   Safe,
		Needs:    client.CanResume,
		Disabled: notInterrupted,
		Run:      resumeDeploy,
	}
	TakeBackDeploy = Action{
		ID:       "deploys.rollback",
		Label:    "take back",
		Help:     "Take back what a deploy that was cut has done so far.",
		Danger:   Ask,
		Needs:    client.CanResume,
		Disabled: notInterrupted,
		Question: takeBackQuestion,
		Run:      takeBackDeploy,
	}
	LeaveDeploy = Action{
		ID:       "deploys.leave",
		Label:    "leave",
		Help:     "Give up a deploy that was cut and touch nothing: what it has made stays.",
		Danger:   Ask,
		Needs:    client.CanResume,
		Disabled: notInterrupted,
		Question: leaveQuestion,
		Run:      leaveDeploy,
	}
	// StopDeploy asks nothing: what it ends can be resumed.
	StopDeploy = Action{
		ID:       "deploys.stop",
		Label:    "stop",
		Help:     "Stop a deploy that waits for the link or the service where it stands; it can be resumed.",
		Danger:   Safe,
		Needs:    client.CanResume,
		Disabled: notWaiting,
		Run:      stopDeploy,
	}
)

// NewestDeploy is a function's newest deploy, as far as the function tells of it.
func NewestDeploy(f client.Function) client.Deploy {
	d := client.Deploy{ID: f.DeployID, FunctionID: f.ID, FunctionName: f.Name, Kind: "deploy", Status: f.Status, Tries: f.DeployTries}
	switch {
	case f.Interrupted:
		d.Status = client.DeployInterrupted
	case f.DeployingVersion != 0:
		d.Status = client.FunctionDeploying // The status is that of the version that serves.
	}
	return d
}

// notInterrupted is the disabled reason of what only a deploy that was cut can be
// told.
func notInterrupted(target Target) string {
	switch d := target.Deploy; {
	case d == nil:
		return "no deploy chosen"
	case d.Status != client.DeployInterrupted:
		return "no deploy of " + d.FunctionName + " was cut"
	}
	return ""
}

// notWaiting is the disabled reason of what only a deploy can be told that waits to
// try again.
func notWaiting(target Target) string {
	switch d := target.Deploy; {
	case d == nil:
		return "no deploy chosen"
	case d.Status != client.FunctionQueued && d.Status != client.FunctionDeploying:
		return "no deploy of " + d.FunctionName + " is under way"
	case d.Tries == 0:
		return "the " + d.Kind + " of " + d.FunctionName + " goes on and waits for nobody"
	}
	return ""
}

// deployWords names a deploy inside a sentence: "the redeploy of hello to v2".
func deployWords(d client.Deploy) string {
	words := "the " + d.Kind + " of " + d.FunctionName
	if d.ToVersion > 0 {
		words += fmt.Sprintf(" to v%d", d.ToVersion)
	}
	return words
}

func takeBackQuestion(target Target, _ Values) string {
	if target.Deploy == nil {
		return ""
	}
	return "take back " + deployWords(*target.Deploy) + ": schedules go back to where they were, and what it made is deleted; where the old function is gone already, its code is built again"
}

func leaveQuestion(target Target, _ Values) string {
	if target.Deploy == nil {
		return ""
	}
	return "leave " + deployWords(*target.Deploy) + " as it stands: functions, schedules and files that it has made stay, and are yours to see to; it cannot be resumed any more"
}

// resumer is the backend as one that can take deploys up, and the deploy.
func resumer(backend client.Backend, target Target, verb string) (client.DeployResumer, client.Deploy, error) {
	b, err := client.As[client.DeployResumer](backend, client.CanResume)
	if err != nil {
		return nil, client.Deploy{}, err
	}
	if target.Deploy == nil {
		return nil, client.Deploy{}, client.Invalidf("%s a deploy: none chosen", verb)
	}
	return b, *target.Deploy, nil
}

func resumeDeploy(ctx context.Context, backend client.Backend, target Target, _ Values) (Outcome, error) {
	b, d, err := resumer(backend, target, "resume")
	if err != nil {
		return Outcome{}, err
	}
	if err := b.ResumeDeploy(ctx, d.ID); err != nil {
		return Outcome{}, fmt.Errorf("resume %s: %w", deployWords(d), err)
	}
	return Outcome{Sentence: deployWords(d) + " goes on where it was cut"}, nil
}

func takeBackDeploy(ctx context.Context, backend client.Backend, target Target, _ Values) (Outcome, error) {
	b, d, err := resumer(backend, target, "take back")
	if err != nil {
		return Outcome{}, err
	}
	if err := b.RollBackDeploy(ctx, d.ID); err != nil {
		return Outcome{}, fmt.Errorf("take back %s: %w", deployWords(d), err)
	}
	return Outcome{Sentence: deployWords(d) + " is being taken back"}, nil
}

func leaveDeploy(ctx context.Context, backend client.Backend, target Target, _ Values) (Outcome, error) {
	b, d, err := resumer(backend, target, "leave")
	if err != nil {
		return Outcome{}, err
	}
	if err := b.LeaveDeploy(ctx, d.ID); err != nil {
		return Outcome{}, fmt.Errorf("leave %s: %w", deployWords(d), err)
	}
	return Outcome{Sentence: deployWords(d) + " is left as it stands"}, nil
}

func stopDeploy(ctx context.Context, backend client.Backend, target Target, _ Values) (Outcome, error) {
	b, d, err := resumer(backend, target, "stop")
	if err != nil {
		return Outcome{}, err
	}
	if err := b.StopDeploy(ctx, d.ID); err != nil {
		return Outcome{}, fmt.Errorf("stop %s: %w", deployWords(d), err)
	}
	return Outcome{Sentence: deployWords(d) + " stops where it stands, and can be resumed"}, nil
}

// ResumeHint says on the command line what can be done about a deploy that was cut.
func ResumeHint(deployID string) string {
	return "fndeck deploys resume " + deployID + " goes on with it, deploys rollback takes it back, deploys leave gives it up"
}

// errCut is the error of a deploy that was cut: where, why, what serves.
func errCut(ctx context.Context, backend client.Backend, f client.Function) error {
	d, ok := newestDeploy(ctx, backend, f)
	if !ok {
		d = NewestDeploy(f)
	}
	sentence := deployWords(d) + " was cut"
	if d.Phase != "" {
		sentence += " at " + d.Phase
	}
	if d.Error != nil && d.Error.Message != "" {
		sentence += ": " + strings.TrimRight(d.Error.Message, ". \n")
	}
	if f.Version > 0 {
		sentence += fmt.Sprintf(". v%d serves", f.Version)
	}
	return &client.Error{Code: client.CodeFailed, Message: sentence, Hint: ResumeHint(f.DeployID)}
}

// AwaitDeploy waits until a deploy has ended or was cut, and returns it. onChange
// sees each new state, phase and detail, and may be nil.
func AwaitDeploy(ctx context.Context, backend client.Backend, functionID, deployID string, onChange func(client.Deploy)) (client.Deploy, error) {
	lister, err := client.As[client.DeployLister](backend, client.CanListBuilds)
	if err != nil {
		return client.Deploy{}, err
	}
	var d client.Deploy
	err = EachChange(ctx, backend, []string{"deploy", "version"}, func(ctx context.Context) (bool, error) {
		all, err := lister.Deploys(ctx, functionID, deploysLooked)
		if err != nil {
			return false, err
		}
		for _, next := range all {
			if next.ID != deployID {
				continue
			}
			if onChange != nil && (next.Status != d.Status || next.Phase != d.Phase || next.Detail != d.Detail) {
				onChange(next)
			}
			d = next
			return !d.Ended.IsZero() || d.Status == client.DeployInterrupted || d.Status == client.FunctionFailed, nil
		}
		return false, &client.Error{Code: client.CodeNotFound, Message: "deploy " + deployID + " is not among the newest of its function"}
	})
	return d, err
}
