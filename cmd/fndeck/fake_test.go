package main

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"fndeck/client"
	"fndeck/client/drift"
	"fndeck/cmd/config"
	"fndeck/cmd/output"
)

// hostile is a name as an attacker would choose it.
const hostile = "evil\x1b]0;owned\a\u009b2J\u202e"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fakeBackend is a backend in memory that remembers what it was asked to do.
// It has every capability but the pushes.
type fakeBackend struct {
	functions []client.Function
	calls     []client.Call
	schedules []client.Schedule
	versions  []client.Version
	lines     []client.LogLine
	deploys   []client.Deploy
	// code is what every version was packed of.
	code []byte
	// settled is what a function looks like once it is read after a deploy.
	settled func(client.Function) client.Function
	// ends is what a call becomes, and result what it returned.
	ends   client.Call
	result client.Result
	asked  []string
	spec   client.FunctionSpec
	change client.SpecChange
	data   string
	closed bool
	// pages are the sizes of the pages of calls that were asked for.
	pages []int
}

func (b *fakeBackend) did(words ...string) { b.asked = append(b.asked, strings.Join(words, " ")) }

func (b *fakeBackend) Describe() client.Description {
	return client.Description{Kind: "fake", Name: "fake"}
}

func (b *fakeBackend) Functions(context.Context) ([]client.Function, error) { return b.functions, nil }

func (b *fakeBackend) Function(_ context.Context, id string) (client.Function, error) {
	for _, f := range b.functions {
		if f.ID == id {
			if b.settled != nil {
				return b.settled(f), nil
			}
			return f, nil
		}
	}
	return client.Function{}, client.ErrNotFound
}

func (b *fakeBackend) Invoke(_ context.Context, r client.CallRequest) (client.Call, error) {
	b.did("invoke", r.FunctionID)
	b.data = string(r.Data)
	return client.Call{ID: "c1", FunctionID: r.FunctionID, Status: client.CallRunning}, nil
}

func (b *fakeBackend) Calls(_ context.Context, q client.CallQuery) (client.CallPage, error) {
	b.pages = append(b.pages, q.Limit)
	start := 0
	if q.Cursor != "" {
		start, _ = strconv.Atoi(q.Cursor) // It is one of ours.
	}
	var all []client.Call
	for _, c := range b.calls {
		if q.Status == "" || c.Status == q.Status {
			all = append(all, c)
		}
	}
	end := min(start+q.Limit, len(all))
	page := client.CallPage{Calls: all[start:end]}
	if end < len(all) {
		page.Next = strconv.Itoa(end)
	}
	return page, nil
}

func (b *fakeBackend) Call(_ context.Context, _, id string) (client.Call, error) {
	for _, c := range b.calls {
		if c.ID == id {
			return c, nil
		}
	}
	if id == "nosuch" {
		return client.Call{}, &client.Error{Code: client.CodeNotFound, Message: "no call nosuch"}
	}
	if b.ends.ID == "" {
		return client.Call{ID: id, Status: client.CallRunning}, nil
	}
	return b.ends, nil
}

func (b *fakeBackend) Result(context.Context, string, string) (client.Result, error) {
	return b.result, nil
}

func (b *fakeBackend) Close() error { b.closed = true; return nil }

func (b *fakeBackend) Deploy(_ context.Context, spec client.FunctionSpec, _ client.Package, _ client.Progress) (client.Function, error) {
	b.did("deploy", spec.Name)
	b.spec = spec
	f := client.Function{ID: "9", Name: spec.Name, Status: client.FunctionReady, Version: 1, DeployID: "d1"}
	b.functions = append(b.functions, f)
	return f, nil
}

func (b *fakeBackend) Delete(_ context.Context, id string) error { b.did("delete", id); return nil }

func (b *fakeBackend) Redeploy(_ context.Context, id string, _ client.Package, change client.SpecChange, _ client.Progress) (client.Function, error) {
	b.did("redeploy", id)
	b.change = change
	return b.Function(context.Background(), id)
}

func (b *fakeBackend) ChangeSettings(_ context.Context, id string, change client.SpecChange) (client.Function, error) {
	b.did("settings", id)
	b.change = change
	return b.Function(context.Background(), id)
}

func (b *fakeBackend) CodeFiles(ctx context.Context, id string, version int) ([]client.CodeFile, error) {
	b.did("files", id, output.Version(version))
	files, err := drift.InZip(ctx, bytes.NewReader(b.code), int64(len(b.code)))
	var all []client.CodeFile
	for path, sum := range files {
		all = append(all, client.CodeFile{Path: path, SHA256: sum})
	}
	return all, err
}

func (b *fakeBackend) Code(context.Context, string, int) ([]byte, error) { return b.code, nil }

func (b *fakeBackend) Versions(context.Context, string) ([]client.Version, error) {
	return b.versions, nil
}

func (b *fakeBackend) Rollback(_ context.Context, id string, version int) (client.Function, error) {
	b.did("rollback", id, output.Version(version))
	return client.Function{ID: id, Name: "hello", Version: 1}, nil
}

func (b *fakeBackend) Rebuild(_ context.Context, id string) (client.Function, error) {
	b.did("rebuild", id)
	return client.Function{ID: id, Name: "hello", Version: 2, DeployingVersion: 3}, nil
}

func (b *fakeBackend) Logs(_ context.Context, q client.LogQuery) ([]client.LogLine, error) {
	if q.After > 0 {
		return nil, nil
	}
	return b.lines, nil
}

func (b *fakeBackend) FollowLogs(_ context.Context, _ client.LogQuery, emit func([]client.LogLine) error) error {
	return emit(b.lines)
}

func (b *fakeBackend) Schedules(context.Context, string) ([]client.Schedule, error) {
	return b.schedules, nil
}

func (b *fakeBackend) CreateSchedule(_ context.Context, spec client.ScheduleSpec) (client.Schedule, error) {
	b.did("schedule", spec.FunctionID, spec.Cron, string(spec.Data))
	return client.Schedule{ID: "s1", Name: spec.Name, Cron: spec.Cron}, nil
}

func (b *fakeBackend) DeleteSchedule(_ context.Context, id string) error {
	b.did("unschedule", id)
	return nil
}

func (b *fakeBackend) Deploys(context.Context, string, int) ([]client.Deploy, error) {
	return b.deploys, nil
}

func (b *fakeBackend) CancelCall(_ context.Context, functionID, callID string) error {
	b.did("cancel", functionID, callID)
	return nil
}

// helloBackend has one Ready function and one with a hostile name.
func helloBackend() *fakeBackend {
	return &fakeBackend{
		functions: []client.Function{
			{ID: "1", Name: "hello", ExternalID: "ext-hello", Status: client.FunctionReady, Version: 2, Schedules: 1, Created: noon},
			{ID: "2", Name: hostile, Status: client.FunctionFailed, Error: &client.Failure{Message: hostile}, Created: noon},
		},
		schedules: []client.Schedule{{ID: "s1", Name: "often", Cron: "*/5 * * * *", FunctionID: "1", FunctionName: "hello"}},
		calls:     []client.Call{{ID: "c7", FunctionID: "1", FunctionName: hostile, Status: client.CallFailed, Started: noon, Error: &client.Failure{Message: hostile}}},
		lines:     []client.LogLine{{Position: 1, Time: noon, Text: "first " + hostile, FunctionName: "hello"}, {Position: 2, Time: noon, Text: "second", FunctionName: "hello"}},
		versions:  []client.Version{{Number: 2, Serving: true, Status: client.FunctionReady}, {Number: 1, Status: client.FunctionReady}},
		deploys:   []client.Deploy{{ID: "d1", FunctionName: hostile, Kind: "deploy", ToVersion: 1, Status: client.FunctionReady, Started: noon, Ended: noon.Add(time.Second)}},
	}
}

// ran is what one command line did.
type ran struct {
	code      int
	out, errs string
}

// door holds what a test changes about the app before it runs.
type door struct {
	stdin    string
	terminal bool
	env      map[string]string
	// now is the clock, nil for one that stands still.
	now func() time.Time
}

// fndeck runs a command line against a backend in a world without a home.
func fndeck(t *testing.T, backend client.Backend, d door, args ...string) ran {
	t.Helper()
	return fndeckContext(t.Context(), backend, d, args...)
}

func fndeckContext(ctx context.Context, backend client.Backend, d door, args ...string) ran {
	return fndeckEach(ctx, d, func(string) client.Backend { return backend }, args...)
}

// fndeckEach is fndeckContext where contexts have backends of their own, by their names.
func fndeckEach(ctx context.Context, d door, of func(name string) client.Backend, args ...string) ran {
	var out, errs bytes.Buffer
	a := &app{
		in: strings.NewReader(d.stdin), out: &out, errs: &errs,
		env: func(name string) string { return d.env[name] },
		now: func() time.Time { return noon.Add(time.Hour) },

		inTerminal: d.terminal, outTerminal: d.terminal,
		readSecret: func() ([]byte, error) { return []byte("typed"), nil },
		console:    func(context.Context) error { return errors.New("the console was started") },
	}
	if d.now != nil {
		a.now = d.now
	}
	a.open = func(_ context.Context, x config.Context, _ bool) (client.Backend, error) {
		backend := of(x.Name)
		if backend == nil {
			return nil, &client.Error{Code: client.CodeUnavailable, Message: "no engine here"}
		}
		return backend, nil
	}
	code := a.run(ctx, args)
	return ran{code, out.String(), errs.String()}
}
