package action

import (
	"context"
	"maps"

	"fndeck/client"
)

// errReadOnly refuses whatever would change something.
var errReadOnly = &client.Error{
	Code:    client.CodeForbidden,
	Message: "read-only: nothing is changed or called",
	Hint:    "run fndeck without --read-only",
}

// ReadOnly returns a backend that reads what b reads and refuses everything
// that would change or call something, before a request leaves. It claims the
// capabilities of b.
func ReadOnly(b client.Backend) client.Backend { return readOnly{b} }

type readOnly struct{ client.Backend }

// Describe adds the reasons for what the backend lacks without saying so, as
// the wrapper has the methods of every capability.
func (r readOnly) Describe() client.Description {
	d := r.Backend.Describe()
	missing := maps.Clone(d.Missing)
	if missing == nil {
		missing = map[client.Capability]string{}
	}
	for capability, err := range map[client.Capability]error{
		client.CanDeploy:     lacks[client.Deployer](r.Backend, client.CanDeploy),
		client.CanRedeploy:   lacks[client.Redeployer](r.Backend, client.CanRedeploy),
		client.CanVersion:    lacks[client.Versioner](r.Backend, client.CanVersion),
		client.CanReadLogs:   lacks[client.LogReader](r.Backend, client.CanReadLogs),
		client.CanFollowLogs: lacks[client.LogFollower](r.Backend, client.CanFollowLogs),
		client.CanSchedule:   lacks[client.Scheduler](r.Backend, client.CanSchedule),
		client.CanListRuns:   lacks[client.RunLister](r.Backend, client.CanListRuns),
		client.CanWait:       lacks[client.CallWaiter](r.Backend, client.CanWait),
		client.CanPush:       lacks[client.Pusher](r.Backend, client.CanPush),
		client.CanListBuilds: lacks[client.DeployLister](r.Backend, client.CanListBuilds),
		client.CanRebuild:    lacks[client.Rebuilder](r.Backend, client.CanRebuild),
		client.CanChooseMode: lacks[client.ModeChooser](r.Backend, client.CanChooseMode),
		client.CanCancel:     lacks[client.Canceller](r.Backend, client.CanCancel),

		client.CanReplaceSchedule: lacks[client.ScheduleReplacer](r.Backend, client.CanReplaceSchedule),
		client.CanRunSchedule:     lacks[client.ScheduleRunner](r.Backend, client.CanRunSchedule),
	} {
		if err != nil {
			missing[capability] = err.Error()
		}
	}
	d.Missing = missing
	return d
}

func lacks[T any](b client.Backend, c client.Capability) error {
	_, err := client.As[T](b, c)
	return err
}

func (r readOnly) Invoke(context.Context, client.CallRequest) (client.Call, error) {
	return client.Call{}, errReadOnly
}

func (r readOnly) Deploy(context.Context, client.FunctionSpec, client.Package, client.Progress) (client.Function, error) {
	return client.Function{}, errReadOnly
}

func (r readOnly) Delete(context.Context, string) error { return errReadOnly }

func (r readOnly) Redeploy(context.Context, string, client.Package, client.SpecChange, client.Progress) (client.Function, error) {
	return client.Function{}, errReadOnly
}

func (r readOnly) SetMode(context.Context, string, string, int) (client.Function, error) {
	return client.Function{}, errReadOnly
}

func (r readOnly) Rollback(context.Context, string, int) (client.Function, error) {
	return client.Function{}, errReadOnly
}

func (r readOnly) Rebuild(context.Context, string) (client.Function, error) {
	return client.Function{}, errReadOnly
}

func (r readOnly) CreateSchedule(context.Context, client.ScheduleSpec) (client.Schedule, error) {
	return client.Schedule{}, errReadOnly
}

func (r readOnly) ReplaceSchedule(context.Context, string, client.ScheduleSpec) (client.Schedule, error) {
	return client.Schedule{}, errReadOnly
}

func (r readOnly) RunSchedule(context.Context, string) (client.Call, error) {
	return client.Call{}, errReadOnly
}

func (r readOnly) DeleteSchedule(context.Context, string) error { return errReadOnly }

func (r readOnly) CancelCall(context.Context, string, string) error { return errReadOnly }

func (r readOnly) Versions(ctx context.Context, functionID string) ([]client.Version, error) {
	b, err := client.As[client.Versioner](r.Backend, client.CanVersion)
	if err != nil {
		return nil, err
	}
	return b.Versions(ctx, functionID)
}

func (r readOnly) Logs(ctx context.Context, query client.LogQuery) ([]client.LogLine, error) {
	b, err := client.As[client.LogReader](r.Backend, client.CanReadLogs)
	if err != nil {
		return nil, err
	}
	return b.Logs(ctx, query)
}

func (r readOnly) FollowLogs(ctx context.Context, query client.LogQuery, emit func([]client.LogLine) error) error {
	b, err := client.As[client.LogFollower](r.Backend, client.CanFollowLogs)
	if err != nil {
		return err
	}
	return b.FollowLogs(ctx, query, emit)
}

func (r readOnly) Schedules(ctx context.Context, functionID string) ([]client.Schedule, error) {
	b, err := client.As[client.Scheduler](r.Backend, client.CanSchedule)
	if err != nil {
		return nil, err
	}
	return b.Schedules(ctx, functionID)
}

func (r readOnly) ScheduleRuns(ctx context.Context, scheduleID string, limit int) ([]client.ScheduleRun, error) {
	b, err := client.As[client.RunLister](r.Backend, client.CanListRuns)
	if err != nil {
		return nil, err
	}
	return b.ScheduleRuns(ctx, scheduleID, limit)
}

func (r readOnly) WaitCall(ctx context.Context, functionID, callID string) (client.Call, error) {
	b, err := client.As[client.CallWaiter](r.Backend, client.CanWait)
	if err != nil {
		return client.Call{}, err
	}
	return b.WaitCall(ctx, functionID, callID)
}

func (r readOnly) Watch(ctx context.Context, emit func(client.Event)) error {
	b, err := client.As[client.Pusher](r.Backend, client.CanPush)
	if err != nil {
		return err
	}
	return b.Watch(ctx, emit)
}

func (r readOnly) Deploys(ctx context.Context, functionID string, limit int) ([]client.Deploy, error) {
	b, err := client.As[client.DeployLister](r.Backend, client.CanListBuilds)
	if err != nil {
		return nil, err
	}
	return b.Deploys(ctx, functionID, limit)
}
