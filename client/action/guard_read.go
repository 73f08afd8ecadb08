package action

import (
	"context"

	"fndeck/client"
)

// Versions implements client.Versioner.
func (g *Guarded) Versions(ctx context.Context, functionID string) ([]client.Version, error) {
	b, err := client.As[client.Versioner](g.Backend, client.CanVersion)
	if err != nil {
		return nil, err
	}
	return b.Versions(ctx, functionID)
}

// Logs implements client.LogReader.
func (g *Guarded) Logs(ctx context.Context, query client.LogQuery) ([]client.LogLine, error) {
	b, err := client.As[client.LogReader](g.Backend, client.CanReadLogs)
	if err != nil {
		return nil, err
	}
	return b.Logs(ctx, query)
}

// FollowLogs implements client.LogFollower.
func (g *Guarded) FollowLogs(ctx context.Context, query client.LogQuery, emit func([]client.LogLine) error) error {
	b, err := client.As[client.LogFollower](g.Backend, client.CanFollowLogs)
	if err != nil {
		return err
	}
	return b.FollowLogs(ctx, query, emit)
}

// Schedules implements client.Scheduler.
func (g *Guarded) Schedules(ctx context.Context, functionID string) ([]client.Schedule, error) {
	b, err := client.As[client.Scheduler](g.Backend, client.CanSchedule)
	if err != nil {
		return nil, err
	}
	return b.Schedules(ctx, functionID)
}

// ScheduleRuns implements client.RunLister.
func (g *Guarded) ScheduleRuns(ctx context.Context, scheduleID string, limit int) ([]client.ScheduleRun, error) {
	b, err := client.As[client.RunLister](g.Backend, client.CanListRuns)
	if err != nil {
		return nil, err
	}
	return b.ScheduleRuns(ctx, scheduleID, limit)
}

// WaitCall implements client.CallWaiter.
func (g *Guarded) WaitCall(ctx context.Context, functionID, callID string) (client.Call, error) {
	b, err := client.As[client.CallWaiter](g.Backend, client.CanWait)
	if err != nil {
		return client.Call{}, err
	}
	return b.WaitCall(ctx, functionID, callID)
}

// Watch implements client.Pusher.
func (g *Guarded) Watch(ctx context.Context, emit func(client.Event)) error {
	b, err := client.As[client.Pusher](g.Backend, client.CanPush)
	if err != nil {
		return err
	}
	return b.Watch(ctx, emit)
}

// Deploys implements client.DeployLister.
func (g *Guarded) Deploys(ctx context.Context, functionID string, limit int) ([]client.Deploy, error) {
	b, err := client.As[client.DeployLister](g.Backend, client.CanListBuilds)
	if err != nil {
		return nil, err
	}
	return b.Deploys(ctx, functionID, limit)
}

// CodeFiles implements client.CodeReader.
func (g *Guarded) CodeFiles(ctx context.Context, functionID string, version int) ([]client.CodeFile, error) {
	b, err := client.As[client.CodeReader](g.Backend, client.CanReadCode)
	if err != nil {
		return nil, err
	}
	return b.CodeFiles(ctx, functionID, version)
}

// Code implements client.CodeReader.
func (g *Guarded) Code(ctx context.Context, functionID string, version int) ([]byte, error) {
	b, err := client.As[client.CodeReader](g.Backend, client.CanReadCode)
	if err != nil {
		return nil, err
	}
	return b.Code(ctx, functionID, version)
}

// StoredCode implements client.FileReader.
func (g *Guarded) StoredCode(ctx context.Context, fileID string) ([]byte, error) {
	b, err := client.As[client.FileReader](g.Backend, client.CanReadFiles)
	if err != nil {
		return nil, err
	}
	return b.StoredCode(ctx, fileID)
}

// PlanRedeploy implements client.RedeployPlanner.
func (g *Guarded) PlanRedeploy(ctx context.Context, functionID string, code client.Package, change client.SpecChange) (client.RedeployPlan, error) {
	b, err := client.As[client.RedeployPlanner](g.Backend, client.CanPlan)
	if err != nil {
		return client.RedeployPlan{}, err
	}
	return b.PlanRedeploy(ctx, functionID, code, change)
}

// PlanRollback implements client.RedeployPlanner.
func (g *Guarded) PlanRollback(ctx context.Context, functionID string, version int) (client.RedeployPlan, error) {
	b, err := client.As[client.RedeployPlanner](g.Backend, client.CanPlan)
	if err != nil {
		return client.RedeployPlan{}, err
	}
	return b.PlanRollback(ctx, functionID, version)
}
