package action_test

import (
	"context"

	"fndeck/client"
)

// fake is a backend of which each test writes what it needs; what is not
// written answers ErrUnsupported.
type fake struct {
	describe  client.Description
	function  func(id string) (client.Function, error)
	call      func(functionID, callID string) (client.Call, error)
	calls     func(client.CallQuery) (client.CallPage, error)
	cancel    func(functionID, callID string) error
	invoke    func(client.CallRequest) (client.Call, error)
	deploy    func(client.FunctionSpec, client.Package) (client.Function, error)
	redeploy  func(id string, code client.Package, change client.SpecChange) (client.Function, error)
	versions  func(id string) ([]client.Version, error)
	rollback  func(id string, version int) (client.Function, error)
	rebuild   func(id string) (client.Function, error)
	settings  func(id string, change client.SpecChange) (client.Function, error)
	functions []client.Function
	remove    func(id string) error
	create    func(client.ScheduleSpec) (client.Schedule, error)
	unplan    func(id string) error
	replace   func(id string, spec client.ScheduleSpec) (client.Schedule, error)
	runNow    func(id string) (client.Call, error)
	deploys   func(id string) ([]client.Deploy, error)
	watch     func(ctx context.Context, emit func(client.Event)) error
	schedules []client.Schedule
	resume    func(verb, deployID string) error
	archive   func(functionID string) (int, error)
	plan      func(code client.Package, version int) (client.RedeployPlan, error)
}

// bare is a backend without any capability.
type bare struct{ f *fake }

func (b bare) Describe() client.Description { return b.f.describe }
func (b bare) Functions(context.Context) ([]client.Function, error) {
	return b.f.functions, nil
}

func (b bare) Function(_ context.Context, id string) (client.Function, error) {
	return b.f.function(id)
}

func (b bare) Invoke(_ context.Context, r client.CallRequest) (client.Call, error) {
	return b.f.invoke(r)
}

func (b bare) Calls(_ context.Context, q client.CallQuery) (client.CallPage, error) {
	if b.f.calls == nil {
		return client.CallPage{}, client.ErrUnsupported
	}
	return b.f.calls(q)
}

func (b bare) Call(_ context.Context, functionID, callID string) (client.Call, error) {
	return b.f.call(functionID, callID)
}

func (b bare) Result(context.Context, string, string) (client.Result, error) {
	return client.Result{}, client.ErrUnsupported
}
func (b bare) Close() error { return nil }

// full is a backend with every capability but pushes.
type full struct{ bare }

func (b full) Deploy(_ context.Context, spec client.FunctionSpec, code client.Package, _ client.Progress) (client.Function, error) {
	return b.f.deploy(spec, code)
}
func (b full) Delete(_ context.Context, id string) error { return b.f.remove(id) }
func (b full) Redeploy(_ context.Context, id string, code client.Package, change client.SpecChange, _ client.Progress) (client.Function, error) {
	return b.f.redeploy(id, code, change)
}

func (b full) Versions(_ context.Context, id string) ([]client.Version, error) {
	return b.f.versions(id)
}

func (b full) Rollback(_ context.Context, id string, version int) (client.Function, error) {
	return b.f.rollback(id, version)
}

func (b full) SetMode(_ context.Context, id, mode string, workers int) (client.Function, error) {
	return client.Function{ID: id, Name: "hello", Mode: mode, Workers: workers}, nil
}

func (b full) ChangeSettings(_ context.Context, id string, change client.SpecChange) (client.Function, error) {
	return b.f.settings(id, change)
}

func (b full) Rebuild(_ context.Context, id string) (client.Function, error) {
	return b.f.rebuild(id)
}

func (b full) Schedules(context.Context, string) ([]client.Schedule, error) {
	return b.f.schedules, nil
}

func (b full) CreateSchedule(_ context.Context, spec client.ScheduleSpec) (client.Schedule, error) {
	return b.f.create(spec)
}
func (b full) DeleteSchedule(_ context.Context, id string) error { return b.f.unplan(id) }

func (b full) ReplaceSchedule(_ context.Context, id string, spec client.ScheduleSpec) (client.Schedule, error) {
	return b.f.replace(id, spec)
}

func (b full) RunSchedule(_ context.Context, id string) (client.Call, error) { return b.f.runNow(id) }

func (b full) Deploys(_ context.Context, id string, _ int) ([]client.Deploy, error) {
	return b.f.deploys(id)
}

func (b full) CancelCall(_ context.Context, functionID, callID string) error {
	return b.f.cancel(functionID, callID)
}

// pushing is full with pushes.
type pushing struct{ full }

func (b pushing) Watch(ctx context.Context, emit func(client.Event)) error {
	return b.f.watch(ctx, emit)
}

func (f full) ResumeDeploy(_ context.Context, id string) error   { return f.f.resume("resume", id) }
func (f full) RollBackDeploy(_ context.Context, id string) error { return f.f.resume("roll back", id) }
func (f full) LeaveDeploy(_ context.Context, id string) error    { return f.f.resume("leave", id) }
func (f full) StopDeploy(_ context.Context, id string) error     { return f.f.resume("stop", id) }

func (f full) ArchiveCalls(_ context.Context, id string) (int, error) { return f.f.archive(id) }

// planning is a backend that makes plans.
type planning struct{ full }

func (p planning) PlanRedeploy(_ context.Context, _ string, code client.Package, _ client.SpecChange) (client.RedeployPlan, error) {
	return p.f.plan(code, 0)
}

func (p planning) PlanRollback(_ context.Context, _ string, version int) (client.RedeployPlan, error) {
	return p.f.plan(client.Package{}, version)
}
