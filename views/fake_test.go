package views

import (
	"context"
	"strconv"
	"sync"

	"fndeck/client"
)

// fakeBackend is a backend as a struct of funcs. A nil func answers with the
// zero value; the lists are served as they stand.
type fakeBackend struct {
	mu          sync.Mutex
	description client.Description
	functions   []client.Function
	calls       []client.Call
	schedules   []client.Schedule
	runs        []client.ScheduleRun
	versions    []client.Version
	deploys     []client.Deploy
	lines       []client.LogLine
	result      client.Result

	listErr    error
	invoke     func(client.CallRequest) (client.Call, error)
	deploy     func(client.FunctionSpec, client.Package) (client.Function, error)
	redeploy   func(string, client.Package) (client.Function, error)
	rollback   func(string, int) (client.Function, error)
	rebuild    func(string) (client.Function, error)
	settings   func(string, client.SpecChange) (client.Function, error)
	remove     func(string) error
	create     func(client.ScheduleSpec) (client.Schedule, error)
	unschedule func(string) error
	replace    func(string, client.ScheduleSpec) (client.Schedule, error)
	cancel     func(string) error
	watch      func(context.Context, func(client.Event)) error
	follow     func(context.Context, client.LogQuery, func([]client.LogLine) error) error
}

var (
	_ client.Backend     = (*fakeBackend)(nil)
	_ client.Deployer    = (*fakeBackend)(nil)
	_ client.Redeployer  = (*fakeBackend)(nil)
	_ client.Versioner   = (*fakeBackend)(nil)
	_ client.LogReader   = (*fakeBackend)(nil)
	_ client.LogFollower = (*fakeBackend)(nil)
	_ client.Scheduler   = (*fakeBackend)(nil)
	_ client.RunLister   = (*fakeBackend)(nil)
	_ client.Pusher      = (*fakeBackend)(nil)
	_ client.Canceller   = (*fakeBackend)(nil)

	_ client.DeployLister = (*fakeBackend)(nil)
)

func (f *fakeBackend) Describe() client.Description { return f.description }
func (f *fakeBackend) Close() error                 { return nil }

// change edits what the backend holds, as something outside the console would.
func (f *fakeBackend) change(edit func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	edit()
}

func (f *fakeBackend) Functions(context.Context) ([]client.Function, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]client.Function(nil), f.functions...), f.listErr
}

func (f *fakeBackend) Function(_ context.Context, id string) (client.Function, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fn := range f.functions {
		if fn.ID == id {
			return fn, f.listErr
		}
	}
	return client.Function{}, client.ErrNotFound
}

func (f *fakeBackend) Invoke(_ context.Context, request client.CallRequest) (client.Call, error) {
	if f.invoke == nil {
		return client.Call{ID: "new", FunctionID: request.FunctionID, Status: client.CallRunning}, nil
	}
	return f.invoke(request)
}

func (f *fakeBackend) Calls(_ context.Context, query client.CallQuery) (client.CallPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var page client.CallPage
	for _, call := range f.calls {
		if (query.FunctionID == "" || call.FunctionID == query.FunctionID) &&
			(query.ScheduleID == "" || call.ScheduleID == query.ScheduleID) && (query.Status == "" || call.Status == query.Status) {
			page.Calls = append(page.Calls, call)
		}
	}
	from, _ := strconv.Atoi(query.Cursor)
	page.Calls = page.Calls[min(from, len(page.Calls)):]
	if query.Limit > 0 && len(page.Calls) > query.Limit {
		page.Calls, page.Next = page.Calls[:query.Limit], strconv.Itoa(from+query.Limit)
	}
	return page, f.listErr
}

func (f *fakeBackend) Call(_ context.Context, _, callID string) (client.Call, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, call := range f.calls {
		if call.ID == callID {
			return call, f.listErr
		}
	}
	return client.Call{}, client.ErrNotFound
}

func (f *fakeBackend) Result(context.Context, string, string) (client.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.result, f.listErr
}

func (f *fakeBackend) Deploy(_ context.Context, spec client.FunctionSpec, code client.Package, _ client.Progress) (client.Function, error) {
	if f.deploy == nil {
		return client.Function{ID: "new", Name: spec.Name, Status: client.FunctionQueued}, nil
	}
	return f.deploy(spec, code)
}

func (f *fakeBackend) Delete(_ context.Context, id string) error {
	if f.remove == nil {
		return nil
	}
	return f.remove(id)
}

func (f *fakeBackend) Redeploy(_ context.Context, id string, code client.Package, _ client.SpecChange, _ client.Progress) (client.Function, error) {
	if f.redeploy == nil {
		return client.Function{ID: id}, nil
	}
	return f.redeploy(id, code)
}

func (f *fakeBackend) Versions(context.Context, string) ([]client.Version, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]client.Version(nil), f.versions...), f.listErr
}

func (f *fakeBackend) Rollback(_ context.Context, id string, version int) (client.Function, error) {
	if f.rollback == nil {
		return client.Function{ID: id, Version: version}, nil
	}
	return f.rollback(id, version)
}

func (f *fakeBackend) Rebuild(_ context.Context, id string) (client.Function, error) {
	return f.rebuild(id)
}

func (f *fakeBackend) ChangeSettings(_ context.Context, id string, change client.SpecChange) (client.Function, error) {
	return f.settings(id, change)
}

func (f *fakeBackend) Logs(_ context.Context, query client.LogQuery) ([]client.LogLine, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var lines []client.LogLine
	for _, line := range f.lines {
		if (line.Position > query.After || line.Position == 0) && (query.CallID == "" || line.CallID == query.CallID) && !line.Time.Before(query.Since) {
			lines = append(lines, line)
		}
	}
	if query.Tail > 0 {
		lines = lines[max(0, len(lines)-query.Tail):]
	}
	return lines, f.listErr
}

// FollowLogs hands over the lines that exist and returns, as for a log that
// has ended.
func (f *fakeBackend) FollowLogs(ctx context.Context, query client.LogQuery, emit func([]client.LogLine) error) error {
	if f.follow != nil {
		return f.follow(ctx, query, emit)
	}
	lines, err := f.Logs(ctx, query)
	if err != nil || len(lines) == 0 {
		return err
	}
	return emit(lines)
}

func (f *fakeBackend) Schedules(_ context.Context, functionID string) ([]client.Schedule, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var schedules []client.Schedule
	for _, s := range f.schedules {
		if functionID == "" || s.FunctionID == functionID {
			schedules = append(schedules, s)
		}
	}
	return schedules, f.listErr
}

func (f *fakeBackend) CreateSchedule(_ context.Context, spec client.ScheduleSpec) (client.Schedule, error) {
	if f.create == nil {
		return client.Schedule{ID: "new", Name: spec.Name, Cron: spec.Cron}, nil
	}
	return f.create(spec)
}

func (f *fakeBackend) DeleteSchedule(_ context.Context, id string) error {
	if f.unschedule == nil {
		return nil
	}
	return f.unschedule(id)
}

func (f *fakeBackend) ReplaceSchedule(_ context.Context, id string, spec client.ScheduleSpec) (client.Schedule, error) {
	return f.replace(id, spec)
}

func (f *fakeBackend) RunSchedule(_ context.Context, id string) (client.Call, error) {
	return client.Call{ID: "run-" + id, FunctionID: "f1", FunctionName: "ingest-pi", ScheduleID: id, Status: client.CallRunning}, nil
}

func (f *fakeBackend) ScheduleRuns(context.Context, string, int) ([]client.ScheduleRun, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]client.ScheduleRun(nil), f.runs...), f.listErr
}

func (f *fakeBackend) CancelCall(_ context.Context, _, callID string) error {
	if f.cancel == nil {
		return nil
	}
	return f.cancel(callID)
}

func (f *fakeBackend) Deploys(context.Context, string, int) ([]client.Deploy, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]client.Deploy(nil), f.deploys...), f.listErr
}

// Watch emits a reset and waits, unless the test has its own.
func (f *fakeBackend) Watch(ctx context.Context, emit func(client.Event)) error {
	if f.watch != nil {
		return f.watch(ctx, emit)
	}
	emit(client.Event{Reset: true})
	<-ctx.Done()
	return ctx.Err()
}
