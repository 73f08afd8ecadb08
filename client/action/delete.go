package action

import (
	"context"
	"fmt"
	"strings"

	"fndeck/client"
)

// DeleteFunction removes a function and what hangs on it.
var DeleteFunction = Action{
	ID:       "functions.delete",
	Label:    "delete",
	Help:     "Delete the function, its versions, calls, logs and schedules.",
	Danger:   Typed,
	Needs:    client.CanDeploy,
	Disabled: needsFunction,
	Question: deleteQuestion,
	Subject:  functionName,
	Run:      deleteFunction,
}

func functionName(target Target) string {
	if target.Function == nil {
		return ""
	}
	return target.Function.Name
}

func deleteQuestion(target Target, _ Values) string {
	f := target.Function
	if f == nil {
		return ""
	}
	known := Losses{Running: -1}
	if target.Losses != nil {
		known = *target.Losses
	}
	question := "delete " + f.Name + ": " + known.versions() + ", its calls and logs"
	switch schedules := known.schedules(*f); {
	case schedules == "" && f.Schedules == 0:
		question += " go too; it has no schedules"
	case schedules == "":
		question += " and any schedules go too"
	default:
		question += ", and " + schedules + " go too"
	}
	switch {
	case known.Running == 1:
		question += "; 1 call is running and is ended"
	case known.Running > 1:
		question += "; " + plural(known.Running, "call") + " are running and are ended"
	case known.Running < 0:
		question += "; a running call is ended"
	}
	return question
}

func deleteFunction(ctx context.Context, backend client.Backend, target Target, _ Values) (Outcome, error) {
	f, err := functionOf(target, "delete")
	if err != nil {
		return Outcome{}, err
	}
	deployer, err := client.As[client.Deployer](backend, client.CanDeploy)
	if err != nil {
		return Outcome{}, err
	}
	if err := deployer.Delete(ctx, f.ID); err != nil {
		return Outcome{}, fmt.Errorf("delete %s: %w", f.Name, err)
	}
	sentence := "deleted " + f.Name
	if f.Schedules > 0 {
		sentence += " and " + plural(f.Schedules, "schedule")
	}
	return Outcome{Sentence: sentence, Function: &f}, nil
}

// namedSchedules is how many schedules a question names; the rest are counted.
const namedSchedules = 5

// runningLooked is how many running calls are counted at most: the size of the
// largest page.
const runningLooked = 1000

// Losses is what goes when a function is deleted, for the question.
type Losses struct {
	// Versions counts the kept versions, 0 if that is not known.
	Versions int
	// Schedules are the names of its schedules, nil if they are not known.
	Schedules []string
	// Running counts its running calls, -1 if that is not known.
	Running int
}

// LossesOf reads what goes with a function. What cannot be read stays unknown:
// the question is worth asking without it.
func LossesOf(ctx context.Context, backend client.Backend, f client.Function) *Losses {
	found := &Losses{Running: -1}
	if versioner, err := client.As[client.Versioner](backend, client.CanVersion); err == nil {
		if versions, err := versioner.Versions(ctx, f.ID); err == nil {
			found.Versions = len(versions)
		}
	}
	if scheduler, err := client.As[client.Scheduler](backend, client.CanSchedule); err == nil {
		if schedules, err := scheduler.Schedules(ctx, f.ID); err == nil {
			for _, s := range schedules {
				found.Schedules = append(found.Schedules, s.Name)
			}
		}
	}
	running, err := backend.Calls(ctx, client.CallQuery{FunctionID: f.ID, Status: client.CallRunning, Limit: runningLooked})
	if err == nil {
		found.Running = len(running.Calls)
	}
	return found
}

func (l Losses) versions() string {
	switch {
	case l.Versions == 1:
		return "its only version"
	case l.Versions > 1:
		return fmt.Sprintf("its %d versions", l.Versions)
	}
	return "its versions"
}

// schedules names the schedules, or counts them where only that is known.
func (l Losses) schedules(f client.Function) string {
	switch n := len(l.Schedules); {
	case n == 0 && f.Schedules > 0:
		return plural(f.Schedules, "schedule")
	case n == 0:
		return ""
	case n == 1:
		return "schedule " + l.Schedules[0]
	case n <= namedSchedules:
		return "schedules " + strings.Join(l.Schedules, ", ")
	default:
		return fmt.Sprintf("schedules %s and %d more", strings.Join(l.Schedules[:namedSchedules], ", "), n-namedSchedules)
	}
}
