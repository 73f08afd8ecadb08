package main

import (
	"context"
	"fmt"
	"strconv"

	"fndeck/client"
	"fndeck/client/cron"
	"fndeck/cmd/output"
)

// The listings below are tables that nobody writes.
var (
	functionsListing = listing{
		kind: "functions", aliases: []string{"function", "fn"},
		header: []string{"NAME", "STATUS", "VERSION", "LAST CALL", "P95", "SCHEDULES", "RUNTIME"},
		wide:   []string{"ID", "EXTERNAL ID", "SIZE", "MODE", "OWNER", "FOLDER", "CREATED", "ERROR"},
		events: []string{"function", "version", "deploy", "call", "schedule"},
		empty:  "no functions: fndeck deploy DIR makes one",
		fetch:  fetchFunctions,
	}
	callsListing = listing{
		kind: "calls", aliases: []string{"call"},
		header: []string{"ID", "FUNCTION", "STATUS", "STARTED", "DURATION", "TRIGGER", "RESULT"},
		wide:   []string{"VERSION", "LOG LINES", "ENDED"},
		events: []string{"call"},
		empty:  "no calls: fndeck call NAME makes one",
		limit:  listLimit,
		fetch:  fetchCalls,
	}
	schedulesListing = listing{
		kind: "schedules", aliases: []string{"schedule", "sched"},
		header: []string{"NAME", "CRON", "NEXT", "FUNCTION", "LAST", "MISSED"},
		wide:   []string{"ID", "WORDS", "OVERLAP", "CATCH-UP", "DATA", "CREATED"},
		events: []string{"schedule", "run", "call"},
		empty:  "no schedules: fndeck schedule create NAME --cron \"0 6 * * *\" makes one",
		fetch:  fetchSchedules,
	}
	versionsListing = listing{
		kind: "versions", aliases: []string{"version"},
		header: []string{"FUNCTION", "VERSION", "STATUS", "SERVING", "SIZE", "CREATED"},
		wide:   []string{"RUNTIME", "DEPLOY", "SHA256", "FOLDER"},
		events: []string{"version", "deploy", "function"},
		empty:  "no versions",
		fetch:  fetchVersions,
	}
	deploysListing = listing{
		kind: "deploys", aliases: []string{"deploy"},
		header: []string{"ID", "FUNCTION", "KIND", "FROM", "TO", "STATUS", "PHASE", "ELAPSED"},
		wide:   []string{"STARTED", "ENDED", "SIZE", "ERROR"},
		events: []string{"deploy"},
		empty:  "no deploys: fndeck deploy DIR makes one",
		limit:  listLimit,
		fetch:  fetchDeploys,
	}
)

const (
	// listLimit is how many calls and deploys a list shows unless more are asked
	// for: the newest.
	listLimit = 100
	// pageLimit is the most that a backend hands out at once.
	pageLimit = 1000
)

func fetchFunctions(ctx context.Context, a *app, backend client.Backend, s scope) ([]row, error) {
	var list []client.Function
	switch {
	case s.id != "":
		f, err := findFunction(ctx, backend, s.id)
		if err != nil {
			return nil, err
		}
		list = []client.Function{f}
	case s.function != nil:
		f, err := backend.Function(ctx, s.function.ID)
		if err != nil {
			return nil, err
		}
		list = []client.Function{f}
	default:
		all, err := backend.Functions(ctx)
		if err != nil {
			return nil, fmt.Errorf("list functions: %w", err)
		}
		list = all
	}
	return rowsOf(list, a.clock(), functionRow), nil
}

func functionRow(f client.Function, at output.Clock) row {
	version := output.Version(f.Version)
	if f.DeployingVersion != 0 {
		version += " > " + output.Version(f.DeployingVersion)
	}
	// A version that serves says nothing of the deploy after it.
	status, message := string(f.Status), ""
	if f.Error != nil {
		message = f.Error.Message
		switch {
		case f.Interrupted:
			status += ", deploy cut"
		case f.Status == client.FunctionReady:
			status += ", deploy failed"
		}
	}
	return row{Key: f.ID, Name: f.Name, Value: f, Cells: []string{
		f.Name, status, version, at.LastCall(f.LastCall), output.Duration(f.P95), output.Count(int64(f.Schedules)), f.Runtime,
		f.ID, f.ExternalID, output.Size(f.SizeBytes), f.ModeText(), f.Owner, f.Folder, at.Time(f.Created), message,
	}}
}

func fetchSchedules(ctx context.Context, a *app, backend client.Backend, s scope) ([]row, error) {
	scheduler, err := client.As[client.Scheduler](backend, client.CanSchedule)
	if err != nil {
		return nil, err
	}
	if s.id != "" {
		found, err := findSchedule(ctx, backend, s.id)
		if err != nil {
			return nil, err
		}
		return []row{scheduleRow(found, a.clock())}, nil
	}
	function := ""
	if s.function != nil {
		function = s.function.ID
	}
	list, err := scheduler.Schedules(ctx, function)
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	return rowsOf(list, a.clock(), scheduleRow), nil
}

func scheduleRow(s client.Schedule, at output.Clock) row {
	s.Next = cron.NextRun(s, at.Now)
	return row{Key: s.ID, Name: s.ID, Value: s, Cells: []string{
		s.Name, s.Cron, at.Time(s.Next), s.FunctionName, at.LastCall(s.LastCall), output.Count(s.Missed),
		s.ID, s.Words, s.Overlap, s.CatchUp, string(s.Data), at.Time(s.Created),
	}}
}

func fetchVersions(ctx context.Context, a *app, backend client.Backend, s scope) ([]row, error) {
	versioner, err := client.As[client.Versioner](backend, client.CanVersion)
	if err != nil {
		return nil, err
	}
	if s.function == nil {
		return nil, usagef("fndeck get", "versions of what? give --function NAME")
	}
	all, err := versioner.Versions(ctx, s.function.ID)
	if err != nil {
		return nil, fmt.Errorf("list versions of %s: %w", s.function.Name, err)
	}
	list := all
	if s.id != "" {
		list = nil
		for _, v := range all {
			if s.id == strconv.Itoa(v.Number) || s.id == output.Version(v.Number) {
				list = append(list, v)
			}
		}
		if len(list) == 0 {
			return nil, &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("%s has no version %q", s.function.Name, s.id)}
		}
	}
	return rowsOf(list, a.clock(), func(v client.Version, at output.Clock) row {
		serving := ""
		if v.Serving {
			serving = "yes"
		}
		return row{Key: output.Version(v.Number), Name: output.Version(v.Number), Value: v, Cells: []string{
			s.function.Name, output.Version(v.Number), string(v.Status), serving, output.Size(v.SizeBytes), at.Time(v.Created),
			v.Runtime, v.DeployID, v.CodeSHA256, v.Folder,
		}}
	}), nil
}

func fetchDeploys(ctx context.Context, a *app, backend client.Backend, s scope) ([]row, error) {
	lister, err := client.As[client.DeployLister](backend, client.CanListBuilds)
	if err != nil {
		return nil, err
	}
	function := ""
	if s.function != nil {
		function = s.function.ID
	}
	list, err := lister.Deploys(ctx, function, min(s.wanted(), pageLimit)) // They have no further pages.
	if err != nil {
		return nil, fmt.Errorf("list deploys: %w", err)
	}
	if s.id != "" {
		for _, d := range list {
			if d.ID == s.id {
				return []row{deployRow(d, a.clock())}, nil
			}
		}
		return nil, &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("no deploy %q among the newest", s.id)}
	}
	return rowsOf(list, a.clock(), deployRow), nil
}

func deployRow(d client.Deploy, at output.Clock) row {
	elapsed, message := at.Now.Sub(d.Started), ""
	switch {
	case !d.Ended.IsZero():
		elapsed = d.Ended.Sub(d.Started)
	case d.Status == client.DeployInterrupted:
		elapsed = 0 // Nobody is at work on it.
	}
	if d.Error != nil {
		message = d.Error.Message
	}
	return row{Key: d.ID, Name: d.ID, Value: d, Cells: []string{
		d.ID, d.FunctionName, d.Kind, output.Version(d.FromVersion), output.Version(d.ToVersion), string(d.Status), d.Phase, output.Duration(elapsed),
		at.Time(d.Started), at.Time(d.Ended), output.Size(d.SizeBytes), message,
	}}
}

// rowsOf makes a row of each value.
func rowsOf[T any](list []T, at output.Clock, make func(T, output.Clock) row) []row {
	var rows []row
	for _, v := range list {
		rows = append(rows, make(v, at))
	}
	return rows
}
