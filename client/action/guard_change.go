package action

import (
	"context"

	"fndeck/client"
)

// refused is the error of a change while the context is read-only, nil otherwise.
func (g *Guarded) refused() error {
	if why := g.marks.Load().ReadOnly; why != "" {
		return &client.Error{Code: client.CodeForbidden, Message: why}
	}
	return nil
}

// changing returns the guarded backend as a capability interface that changes
// something.
func changing[T any](g *Guarded, c client.Capability) (T, error) {
	if err := g.refused(); err != nil {
		var none T
		return none, err
	}
	return client.As[T](g.Backend, c)
}

// Invoke implements client.Backend.
func (g *Guarded) Invoke(ctx context.Context, request client.CallRequest) (client.Call, error) {
	if err := g.refused(); err != nil {
		return client.Call{}, err
	}
	return g.Backend.Invoke(ctx, request)
}

// Deploy implements client.Deployer.
func (g *Guarded) Deploy(ctx context.Context, spec client.FunctionSpec, code client.Package, progress client.Progress) (client.Function, error) {
	b, err := changing[client.Deployer](g, client.CanDeploy)
	if err != nil {
		return client.Function{}, err
	}
	return b.Deploy(ctx, spec, code, progress)
}

// Delete implements client.Deployer.
func (g *Guarded) Delete(ctx context.Context, functionID string) error {
	b, err := changing[client.Deployer](g, client.CanDeploy)
	if err != nil {
		return err
	}
	return b.Delete(ctx, functionID)
}

// Redeploy implements client.Redeployer.
func (g *Guarded) Redeploy(ctx context.Context, functionID string, code client.Package, change client.SpecChange, progress client.Progress) (client.Function, error) {
	b, err := changing[client.Redeployer](g, client.CanRedeploy)
	if err != nil {
		return client.Function{}, err
	}
	return b.Redeploy(ctx, functionID, code, change, progress)
}

// ChangeSettings implements client.SettingsChanger.
func (g *Guarded) ChangeSettings(ctx context.Context, functionID string, change client.SpecChange) (client.Function, error) {
	b, err := changing[client.SettingsChanger](g, client.CanChangeSettings)
	if err != nil {
		return client.Function{}, err
	}
	return b.ChangeSettings(ctx, functionID, change)
}

// SetMode implements client.ModeChooser.
func (g *Guarded) SetMode(ctx context.Context, functionID, mode string, workers int) (client.Function, error) {
	b, err := changing[client.ModeChooser](g, client.CanChooseMode)
	if err != nil {
		return client.Function{}, err
	}
	return b.SetMode(ctx, functionID, mode, workers)
}

// Rollback implements client.Versioner.
func (g *Guarded) Rollback(ctx context.Context, functionID string, version int) (client.Function, error) {
	b, err := changing[client.Versioner](g, client.CanVersion)
	if err != nil {
		return client.Function{}, err
	}
	return b.Rollback(ctx, functionID, version)
}

// RollbackAsMe implements client.AsMe.
func (g *Guarded) RollbackAsMe(ctx context.Context, functionID string, version int) (client.Function, error) {
	b, err := changing[client.AsMe](g, client.CanPlan)
	if err != nil {
		return client.Function{}, err
	}
	return b.RollbackAsMe(ctx, functionID, version)
}

// Rebuild implements client.Rebuilder.
func (g *Guarded) Rebuild(ctx context.Context, functionID string) (client.Function, error) {
	b, err := changing[client.Rebuilder](g, client.CanRebuild)
	if err != nil {
		return client.Function{}, err
	}
	return b.Rebuild(ctx, functionID)
}

// CreateSchedule implements client.Scheduler.
func (g *Guarded) CreateSchedule(ctx context.Context, spec client.ScheduleSpec) (client.Schedule, error) {
	b, err := changing[client.Scheduler](g, client.CanSchedule)
	if err != nil {
		return client.Schedule{}, err
	}
	return b.CreateSchedule(ctx, spec)
}

// ReplaceSchedule implements client.ScheduleReplacer.
func (g *Guarded) ReplaceSchedule(ctx context.Context, id string, spec client.ScheduleSpec) (client.Schedule, error) {
	b, err := changing[client.ScheduleReplacer](g, client.CanReplaceSchedule)
	if err != nil {
		return client.Schedule{}, err
	}
	return b.ReplaceSchedule(ctx, id, spec)
}

// RunSchedule implements client.ScheduleRunner.
func (g *Guarded) RunSchedule(ctx context.Context, id string) (client.Call, error) {
	b, err := changing[client.ScheduleRunner](g, client.CanRunSchedule)
	if err != nil {
		return client.Call{}, err
	}
	return b.RunSchedule(ctx, id)
}

// DeleteSchedule implements client.Scheduler.
func (g *Guarded) DeleteSchedule(ctx context.Context, id string) error {
	b, err := changing[client.Scheduler](g, client.CanSchedule)
	if err != nil {
		return err
	}
	return b.DeleteSchedule(ctx, id)
}

// CancelCall implements client.Canceller.
func (g *Guarded) CancelCall(ctx context.Context, functionID, callID string) error {
	b, err := changing[client.Canceller](g, client.CanCancel)
	if err != nil {
		return err
	}
	return b.CancelCall(ctx, functionID, callID)
}

// ResumeDeploy implements client.DeployResumer.
func (g *Guarded) ResumeDeploy(ctx context.Context, deployID string) error {
	b, err := changing[client.DeployResumer](g, client.CanResume)
	if err != nil {
		return err
	}
	return b.ResumeDeploy(ctx, deployID)
}

// RollBackDeploy implements client.DeployResumer.
func (g *Guarded) RollBackDeploy(ctx context.Context, deployID string) error {
	b, err := changing[client.DeployResumer](g, client.CanResume)
	if err != nil {
		return err
	}
	return b.RollBackDeploy(ctx, deployID)
}

// LeaveDeploy implements client.DeployResumer.
func (g *Guarded) LeaveDeploy(ctx context.Context, deployID string) error {
	b, err := changing[client.DeployResumer](g, client.CanResume)
	if err != nil {
		return err
	}
	return b.LeaveDeploy(ctx, deployID)
}

// StopDeploy implements client.DeployResumer.
func (g *Guarded) StopDeploy(ctx context.Context, deployID string) error {
	b, err := changing[client.DeployResumer](g, client.CanResume)
	if err != nil {
		return err
	}
	return b.StopDeploy(ctx, deployID)
}

// ArchiveCalls implements client.CallArchiver. What it changes is on this machine, and
// that too waits in a read-only context.
func (g *Guarded) ArchiveCalls(ctx context.Context, functionID string) (int, error) {
	b, err := changing[client.CallArchiver](g, client.CanArchive)
	if err != nil {
		return 0, err
	}
	return b.ArchiveCalls(ctx, functionID)
}
