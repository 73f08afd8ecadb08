package redeploy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"fndeck/client"
	"fndeck/client/cognite"
)

// perform does one step and writes what came of it.
func (o *Operation) perform(ctx context.Context, a Action) error {
	switch a.Step {
	case KeepCode:
		return o.keepCode(ctx)
	case ArchiveCalls:
		return o.archive(ctx, o.state().Plan.Old.ID, Record{Kind: Done, Step: a.Step})
	case Upload:
		return o.upload(ctx)
	case Rehearse:
		return o.rehearse(ctx)
	case CreateCandidate:
		return o.create(ctx, a.Step)
	case CreateFinal:
		return o.create(ctx, a.Step)
	case SmokeCall:
		return o.change(a, func() (string, error) {
			c, err := o.m.API.Invoke(ctx, client.CallRequest{FunctionID: a.Target, Data: o.state().Plan.Smoke})
			return c.ID, err
		})
	case AwaitSmoke:
		return o.awaitSmoke(ctx, a.Target)
	case AwaitCandidate, AwaitFinal:
		return o.await(ctx, a)
	case CreateSchedule:
		return o.createSchedule(ctx, a)
	case RemoveSchedule:
		return o.change(a, func() (string, error) { return "", o.m.API.DeleteSchedule(ctx, o.moving(a.Item).On[a.From]) })
	case Drain:
		return o.drain(ctx, a.Target)
	case Look:
		return o.look(ctx, a.Target)
	case DeleteFunction:
		return o.change(a, func() (string, error) { return "", o.m.API.Delete(ctx, a.Target) })
	case DeleteFile:
		return o.deleteFile(ctx, a)
	case Close:
		return o.closeUp(ctx)
	}
	return fmt.Errorf("step %q is not known: this journal was written by a newer fndeck", a.Step)
}

// change sends one request between its intent and its outcome. Where the project
// says that what is to be deleted is not there, that is read once more: a gateway
// may say so too.
func (o *Operation) change(a Action, send func() (id string, err error)) error {
	r := Record{Kind: Intended, Step: a.Step, Item: a.Item, Target: a.Target}
	if err := o.write(r); err != nil {
		return err
	}
	id, err := send()
	gone := errors.Is(err, client.ErrNotFound) && (a.Step == RemoveSchedule || a.Step == DeleteFunction)
	switch {
	case err == nil:
		r.Kind, r.ID = Done, id
		return o.write(r)
	case gone:
		return &client.Error{Code: client.CodeUnknownOutcome, Message: err.Error(), Err: err}
	case refusedOutright(err):
		r.Kind = Void
		return errors.Join(o.write(r), err)
	}
	return err // the intent stays open
}

// refusedOutright reports whether an answer says that the request had no effect.
func refusedOutright(err error) bool {
	var e *client.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case client.CodeInvalid, client.CodeNotFound, client.CodeConflict, client.CodeUnauthenticated, client.CodeForbidden, client.CodeThrottled, client.CodeLimit:
		return true
	}
	return false
}

func (o *Operation) moving(key string) Moving {
	i := slices.IndexFunc(o.state().Schedules, func(m Moving) bool { return m.Key == key })
	return o.state().Schedules[i]
}

// archive keeps the calls of a function that are not kept yet.
func (o *Operation) archive(ctx context.Context, function string, done Record) (err error) {
	if done.Text, err = o.fetch(ctx, function); err != nil {
		return err
	}
	return o.write(done)
}

// fetch archives calls and says how many, if any.
func (o *Operation) fetch(ctx context.Context, function string) (text string, err error) {
	added, err := o.m.Archive.Fetch(ctx, o.m.API, function, func(added int) { o.tell(fmt.Sprintf("%d calls so far", added)) })
	if errors.Is(err, client.ErrNotFound) {
		err = nil // somebody deleted it: the last look says so
	}
	if added > 0 {
		text = fmt.Sprintf("%d calls", added)
	}
	return text, err
}

const (
	// quickPoll is how often a function or its calls are looked at in the first
	// minute, slowPoll after it.
	quickPoll, slowPoll = 2 * time.Second, 10 * time.Second
	quickFor            = time.Minute
)

func (o *Operation) pause(ctx context.Context, since time.Time) error {
	pause := slowPoll
	if o.m.Clock().Sub(since) < quickFor {
		pause = quickPoll
	}
	return o.m.Wait(ctx, pause)
}

// await waits for the end of a build.
func (o *Operation) await(ctx context.Context, a Action) error {
	since := o.m.Clock()
	for {
		var f cognite.Function
		there, err := o.present(ctx, func() (bool, error) {
			found, err := o.m.API.Look(ctx, a.Target)
			if len(found) == 1 {
				f = found[0]
			}
			return len(found) == 1, err
		})
		switch {
		case err != nil:
			return err
		case !there:
			return o.write(Record{Kind: Lost, Step: a.Step, Target: a.Target, Text: "somebody deleted function " + a.Target})
		case f.Status == client.FunctionReady:
			return o.write(Record{Kind: Done, Step: a.Step, Target: a.Target})
		case f.Status == client.FunctionFailed && a.Step == AwaitCandidate:
			return o.turn("the new version could not be built: "+message(f.Error), f.Error)
		case f.Status == client.FunctionFailed:
			return o.retryFinal(ctx, f)
		}
		o.at.Tries = 0 // It answers: what failed before was not in a row.
		o.tell(string(f.Status))
		if err := o.pause(ctx, since); err != nil {
			return err
		}
	}
}

func message(f *client.Failure) string {
	if f == nil || f.Message == "" {
		return "the service gives no reason"
	}
	return f.Message
}

// finalTries is how often a run builds under the external id: the same code was
// built a moment ago, so that a failure is likely to be the service's.
const finalTries = 2

// retryFinal deletes a final function that could not be built. The candidate runs
// the schedules meanwhile.
func (o *Operation) retryFinal(ctx context.Context, f cognite.Function) error {
	if err := o.change(Action{Step: DeleteFunction, Target: f.ID}, func() (string, error) { return "", o.m.API.Delete(ctx, f.ID) }); err != nil {
		return err
	}
	if o.finals++; o.finals < finalTries {
		return nil
	}
	return &stopped{"the code was built as candidate, but twice not under its external id: " + message(f.Error), "resume tries again, roll back builds the old code; the candidate runs the schedules meanwhile"}
}

// stopped is a state in which a person must decide.
type stopped struct{ sentence, hint string }

func (s *stopped) Error() string { return s.sentence }

// drain waits until no call of a function runs, but not longer than one can, and
// archives what has ended since.
func (o *Operation) drain(ctx context.Context, function string) error {
	since := o.m.Clock()
	limit := time.Duration((o.state().Plan.TimeoutMinutes + 1) * float64(time.Minute))
	done := Record{Kind: Done, Step: Drain, Target: function}
	for {
		page, err := o.m.API.Calls(ctx, client.CallQuery{FunctionID: function, Status: client.CallRunning, Limit: 1000})
		if err != nil && !errors.Is(err, client.ErrNotFound) {
			return err
		}
		if len(page.Calls) == 0 || o.m.Clock().Sub(since) > limit {
			if len(page.Calls) > 0 {
				if err := o.write(Record{Kind: Noted, Text: fmt.Sprintf("%d calls of function %s still read Running after %s", len(page.Calls), function, limit)}); err != nil {
					return err
				}
			}
			return o.drained(ctx, function, done)
		}
		o.at.Tries = 0
		o.tell(strconv.Itoa(len(page.Calls)) + " calls still run")
		if err := o.pause(ctx, since); err != nil {
			return err
		}
	}
}

// drained archives what has ended, and looks for runs that took place twice.
func (o *Operation) drained(ctx context.Context, function string, done Record) error {
	s := o.state()
	heir := s.Candidate
	if function == s.Candidate {
		heir = s.Final
	}
	added, err := o.fetch(ctx, function)
	if err != nil {
		return err
	}
	if err := o.noteDoubles(ctx, function, heir); err != nil {
		return err
	}
	done.Text = added
	return o.write(done)
}
