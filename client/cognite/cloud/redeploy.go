package cloud

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/cognite/redeploy"
)

// Redeploy puts the package behind the function without losing anything of it: see
// the package redeploy. It returns once the code is uploaded; what follows goes on
// whoever waits for it, and shows in Functions and Deploys.
func (b *Backend) Redeploy(ctx context.Context, functionID string, code client.Package, change client.SpecChange, progress client.Progress) (client.Function, error) {
	return b.start(ctx, functionID, redeploy.Request{Code: code, Change: change, RunAsMe: change.RunAsMe}, progress)
}

// Rollback deploys the code and settings of a kept version again, in the same way;
// 0 means the version before.
func (b *Backend) Rollback(ctx context.Context, functionID string, version int) (client.Function, error) {
	return b.rollback(ctx, functionID, redeploy.Request{Version: version})
}

// RollbackAsMe implements client.AsMe.
func (b *Backend) RollbackAsMe(ctx context.Context, functionID string, version int) (client.Function, error) {
	return b.rollback(ctx, functionID, redeploy.Request{Version: version, RunAsMe: true})
}

func (b *Backend) rollback(ctx context.Context, functionID string, r redeploy.Request) (client.Function, error) {
	f, err := b.Function(ctx, functionID)
	if err != nil {
		return f, err
	}
	if r.Version, err = action.RollbackTo(ctx, b, f, r.Version); err != nil {
		return f, err
	}
	return b.start(ctx, functionID, r, nil)
}

func (b *Backend) start(ctx context.Context, functionID string, r redeploy.Request, progress client.Progress) (client.Function, error) {
	v, err := b.view()
	if err != nil {
		return client.Function{}, err
	}
	r.Function, r.RunAsMe = v.present(functionID), r.RunAsMe || b.c.RunAsMe
	o, err := b.machine.Start(ctx, r)
	if err != nil {
		return client.Function{}, err
	}
	uploaded, ended := b.drive(ctx, o, progress)
	select {
	case <-uploaded:
	case err := <-ended:
		if err != nil {
			return client.Function{}, err
		}
	case <-ctx.Done(): // it goes on
	}
	return b.Function(context.WithoutCancel(ctx), functionID)
}

// drive runs an operation in a goroutine of its own, which goes on when ctx ends.
// uploaded is closed when the code is in the project, ended tells the end. progress
// is not called any more after ctx has ended or uploaded is closed.
func (b *Backend) drive(ctx context.Context, o *redeploy.Operation, progress client.Progress) (uploaded <-chan struct{}, ended <-chan error) {
	op := o.State().Plan.Op
	passed, done := make(chan struct{}), make(chan error, 1)
	var past atomic.Bool
	sent := func(n, total int64) {
		b.mu.Lock()
		p := b.live[op]
		p.Detail = fmt.Sprintf("%d of %d kB", n/1000, total/1000)
		b.live[op] = p
		b.mu.Unlock()
		if progress != nil && !past.Load() && ctx.Err() == nil {
			progress(n, total)
		}
	}
	report := func(p redeploy.Progress) {
		b.mu.Lock()
		b.live[op] = p
		b.mu.Unlock()
		if p.Step == redeploy.Rehearse && past.CompareAndSwap(false, true) {
			close(passed)
		}
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	b.mu.Lock()
	b.stops[op] = stop
	b.mu.Unlock()
	b.driven.Add(1)
	b.going.Go(func() {
		defer b.driven.Add(-1)
		defer stop()
		err := b.run(life, o, report, sent)
		b.mu.Lock()
		if err != nil && life.Err() != nil {
			err = byHand(b.live[op].Detail)
		}
		delete(b.stops, op)
		delete(b.live, op)
		delete(b.why, op)
		if err != nil {
			b.why[op] = err
		}
		b.mu.Unlock()
		if state := o.State(); err == nil && state.Outcome == redeploy.Unchanged && !past.Load() {
			err = &client.Error{Code: client.CodeFailed, Message: state.Reason, Hint: "nothing was changed"}
		}
		done <- err
	})
	return passed, done
}

// byHand is why an operation stands that a person stopped while it said detail.
func byHand(detail string) error {
	e := &client.Error{Code: client.CodeFailed, Message: "stopped by hand"}
	if detail != "" {
		e.Message += ", after " + detail
	}
	return e
}

// run drives an operation; a panic of ours ends it as a cut would.
func (b *Backend) run(ctx context.Context, o *redeploy.Operation, report func(redeploy.Progress), sent client.Progress) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the redeploy stopped for a fault of fndeck: %v", r)
		}
	}()
	return o.Run(ctx, report, sent)
}

// stopped is why an operation of this program stopped, nil if it did not.
func (b *Backend) stopped(op string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.why[op]
}

// ResumeDeploy goes on with a redeploy that was cut.
func (b *Backend) ResumeDeploy(ctx context.Context, deployID string) error {
	o, err := b.machine.Resume(ctx, deployID)
	if err != nil {
		return err
	}
	b.drive(ctx, o, nil)
	return nil
}

// RollBackDeploy takes a redeploy back that was cut.
func (b *Backend) RollBackDeploy(ctx context.Context, deployID string) error {
	o, err := b.machine.RollBack(ctx, deployID)
	if err != nil {
		return err
	}
	b.drive(ctx, o, nil)
	return nil
}

// LeaveDeploy gives a redeploy up that was cut, and touches nothing.
func (b *Backend) LeaveDeploy(ctx context.Context, deployID string) error {
	return b.machine.Leave(ctx, deployID)
}

// StopDeploy stops a redeploy that this program drives, as a lost link would in the
// end: whoever has seen that it waits need not.
func (b *Backend) StopDeploy(_ context.Context, deployID string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	stop, ok := b.stops[deployID]
	if !ok {
		return &client.Error{Code: client.CodeConflict, Message: "this program does not drive it", Hint: "stop it where it was begun"}
	}
	stop()
	return nil
}

// ArchiveCalls keeps the ended calls of a function that are not kept yet on this machine,
// and returns how many those were.
func (b *Backend) ArchiveCalls(ctx context.Context, functionID string) (int, error) {
	v, err := b.view()
	if err != nil {
		return 0, err
	}
	ids, alive := v.places(functionID)
	added := 0
	for _, id := range ids {
		if !alive[id] {
			continue
		}
		n, fetchErr := b.archive.Fetch(ctx, b.Backend, id, nil)
		added, err = added+n, errors.Join(err, fetchErr)
	}
	return added, err
}

// PlanRedeploy checks all that a redeploy checks before its first change, and says
// what it would do. It changes nothing.
func (b *Backend) PlanRedeploy(ctx context.Context, functionID string, code client.Package, change client.SpecChange) (client.RedeployPlan, error) {
	if len(code.Zip) == 0 {
		var err error
		if code, err = b.servingCode(ctx, functionID); err != nil {
			return client.RedeployPlan{}, err
		}
	}
	return b.plan(ctx, functionID, redeploy.Request{Code: code, Change: change})
}

// PlanRollback is PlanRedeploy for a roll back to a kept version.
func (b *Backend) PlanRollback(ctx context.Context, functionID string, version int) (client.RedeployPlan, error) {
	return b.plan(ctx, functionID, redeploy.Request{Version: version})
}

func (b *Backend) plan(ctx context.Context, functionID string, r redeploy.Request) (client.RedeployPlan, error) {
	v, err := b.view()
	if err != nil {
		return client.RedeployPlan{}, err
	}
	r.Function, r.RunAsMe = v.present(functionID), true // what it would change is in the plan
	p, err := b.machine.Preview(ctx, r)
	if err != nil {
		return client.RedeployPlan{}, err
	}
	runAs := p.Plan.RunAs
	if b.c.RunAsMe {
		runAs = nil // accepted for good
	}
	return client.RedeployPlan{RunAs: runAs, Gap: p.Plan.Mode == redeploy.Swap, GapLength: p.Gap, Schedules: len(p.Plan.Schedules), Notes: p.Notes, Steps: inWords(p.Steps)}, nil
}
