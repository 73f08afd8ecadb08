package main

import (
	"context"
	"fmt"
	"strings"

	"fndeck/client"
	"fndeck/cmd/output"
	"fndeck/ui"
	"fndeck/ui/near"
)

// findFunction returns the function with this name, external id or id. Several
// are a conflict that lists them.
func findFunction(ctx context.Context, backend client.Backend, name string) (client.Function, error) {
	all, err := backend.Functions(ctx)
	if err != nil {
		return client.Function{}, fmt.Errorf("look up function %s: %w", name, err)
	}
	var found []client.Function
	var names []string
	for _, f := range all {
		names = append(names, f.Name)
		if f.Name == name || f.ID == name || (f.ExternalID != "" && f.ExternalID == name) {
			found = append(found, f)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) == 0 {
		return client.Function{}, missing("function", name, names, "fndeck get functions lists them")
	}
	var list []string
	for _, f := range found {
		list = append(list, fmt.Sprintf("%s (id %s, created %s)", f.Name, f.ID, output.Clock{}.Time(f.Created)))
	}
	return client.Function{}, ambiguous("functions", name, list)
}

// findSchedule returns the schedule with this id or name.
func findSchedule(ctx context.Context, backend client.Backend, name string) (client.Schedule, error) {
	scheduler, err := client.As[client.Scheduler](backend, client.CanSchedule)
	if err != nil {
		return client.Schedule{}, err
	}
	all, err := scheduler.Schedules(ctx, "")
	if err != nil {
		return client.Schedule{}, fmt.Errorf("look up schedule %s: %w", name, err)
	}
	var found []client.Schedule
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
		if s.ID == name || s.Name == name {
			found = append(found, s)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) == 0 {
		return client.Schedule{}, missing("schedule", name, names, "fndeck schedule ls lists them")
	}
	var list []string
	for _, s := range found {
		list = append(list, fmt.Sprintf("%s of %s (id %s)", s.Name, s.FunctionName, s.ID))
	}
	return client.Schedule{}, ambiguous("schedules", name, list)
}

func missing(kind, name string, known []string, hint string) error {
	if meant := near.Word(name, known); meant != "" {
		hint = "did you mean " + ui.Clean(meant) + "?"
	}
	return &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("no %s %q", kind, name), Hint: hint}
}

func ambiguous(kind, name string, list []string) error {
	return &client.Error{
		Code:    client.CodeConflict,
		Message: fmt.Sprintf("%d %s are called %q: %s", len(list), kind, name, strings.Join(list, ", ")),
		Hint:    "give the id",
	}
}
