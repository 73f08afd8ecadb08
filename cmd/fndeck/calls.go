package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/cmd/output"
	"fndeck/ui"
)

// callsGroup holds what is done with calls that were made.
func (a *app) callsGroup() *cobra.Command {
	group := &cobra.Command{
		Use:     "calls",
		Short:   "List, show, cancel and archive calls",
		Example: "  fndeck calls ls --function hello\n  fndeck calls get 12 -o json\n  fndeck calls cancel 12\n  fndeck calls archive hello",
		Args:    knownCommand,
		RunE:    needsCommand,
	}
	group.AddCommand(a.callListCommand(), a.callGetCommand(), a.callCancelCommand(), a.callArchiveCommand())
	return group
}

func (a *app) callListCommand() *cobra.Command {
	var f getFlags
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List calls, the newest first",
		Example: "  fndeck calls ls\n  fndeck calls ls --function hello --limit 500",
		Args:    between(0, 0),
	}
	f.list(a, cmd, true, "100, the newest")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.get(cmd, callsListing, "", f) }
	return cmd
}

func (a *app) callGetCommand() *cobra.Command {
	var f getFlags
	cmd := &cobra.Command{
		Use:     "get ID",
		Short:   "Show one call",
		Example: "  fndeck calls get 12 -o json",
		Args:    between(1, 1),
	}
	f.show(a, cmd, true)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.get(cmd, callsListing, args[0], f) }
	return cmd
}

func (a *app) callCancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "cancel ID...",
		Short:   "End running calls",
		Example: "  fndeck calls cancel 12\n  fndeck calls cancel 12 13 --yes",
		Args:    between(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return a.with(ctx, func(backend client.Backend) error {
				return a.each(args, func(id string) error {
					call, err := backend.Call(ctx, "", id) // Any call of this id.
					if err != nil {
						return fmt.Errorf("call %s: %w", id, err)
					}
					_, err = a.act(ctx, backend, action.CancelCall, action.Target{Call: &call}, action.Values{})
					return err
				})
			})
		},
	}
}

func (a *app) callArchiveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "archive [NAME]...",
		Short: "Keep the calls of a project far away on this machine",
		Long: "archive keeps the ended calls of the named functions, or of all, on this machine, with\n" +
			"their results and logs: a cloud forgets them after a while, and with the function at\n" +
			"once. A redeploy does the same by itself before the function's id changes. What is\nkept already is not fetched again.",
		Example:           "  fndeck calls archive\n  fndeck calls archive hello nightly",
		Args:              between(0, -1),
		ValidArgsFunction: a.completeManyFunctions,
		RunE: func(cmd *cobra.Command, names []string) error {
			ctx := cmd.Context()
			return a.with(ctx, func(backend client.Backend) error {
				if len(names) == 0 {
					all, err := backend.Functions(ctx)
					if err != nil {
						return fmt.Errorf("list functions: %w", err)
					}
					for _, f := range all {
						names = append(names, f.ID)
					}
				}
				return a.each(names, func(name string) error {
					f, err := findFunction(ctx, backend, name)
					if err != nil {
						return err
					}
					_, err = a.act(ctx, backend, action.ArchiveCalls, action.Target{Function: &f}, action.Values{})
					return err
				})
			})
		},
	}
}

func fetchCalls(ctx context.Context, a *app, backend client.Backend, s scope) ([]row, error) {
	query := client.CallQuery{}
	if s.function != nil {
		query.FunctionID = s.function.ID
	}
	if s.id == "" {
		list, err := readCalls(ctx, backend, query, s.wanted())
		if errors.Is(err, client.ErrEndless) {
			a.note("calls: %s: what came before it is listed", err)
			err = nil
		}
		if err != nil {
			return nil, fmt.Errorf("list calls: %w", err)
		}
		return rowsOf(list, a.clock(), callRow), nil
	}
	call, err := backend.Call(ctx, query.FunctionID, s.id) // Without a function any call of this id.
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", s.id, meantFunction(ctx, backend, s, err))
	}
	result, err := backend.Result(ctx, call.FunctionID, call.ID)
	if err != nil {
		return nil, fmt.Errorf("result of call %s: %w", call.ID, err)
	}
	result.Data, result.Response = asJSON(result.Data), asJSON(result.Response)
	r := callRow(call, a.clock())
	r.Value = struct {
		client.Call
		client.Result
	}{call, result}
	return []row{r}, nil
}

// meantFunction is why a call was not found, with what to do where a function's name was
// given in place of an id, or where the backend wants that name too.
func meantFunction(ctx context.Context, backend client.Backend, s scope, err error) error {
	x := client.Explain(err)
	if s.function != nil || x.Code != client.CodeNotFound && x.Code != client.CodeUnsupported && x.Code != client.CodeInvalid {
		return err
	}
	hint := ""
	if x.Code == client.CodeUnsupported {
		hint = fmt.Sprintf("fndeck get calls %s --function NAME", s.id)
	}
	if f, unknown := findFunction(ctx, backend, s.id); unknown == nil && f.ID != s.id {
		hint = fmt.Sprintf("%s is a function: fndeck get calls --function %[1]s", ui.Clean(f.Name))
	}
	if hint == "" {
		return err
	}
	return &client.Error{Code: x.Code, Message: x.Sentence, Hint: hint, RequestID: x.RequestID, TraceID: x.TraceID, Status: x.Status, Err: err}
}

// readCalls reads the newest calls page by page until there are enough, or no
// further ones. With client.ErrEndless it returns what came before.
func readCalls(ctx context.Context, backend client.Backend, query client.CallQuery, wanted int) ([]client.Call, error) {
	var all []client.Call
	seen := map[string]bool{} // a call that comes meanwhile may move others to the next page
	var pages client.Cursors
	for {
		query.Limit = min(wanted-len(all), pageLimit)
		page, err := backend.Calls(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, c := range page.Calls {
			if key := c.FunctionID + " " + c.ID; !seen[key] {
				seen[key] = true
				all = append(all, c)
			}
		}
		if len(all) >= wanted {
			return all, nil
		}
		more, err := pages.Follow(page.Next)
		if err != nil || !more {
			return all, err
		}
		query.Cursor = page.Next
	}
}

func callRow(c client.Call, at output.Clock) row {
	trigger, result := "manual", c.Preview
	if c.ScheduleName != "" {
		trigger = c.ScheduleName
	} else if c.ScheduleID != "" {
		trigger = "schedule " + c.ScheduleID
	}
	if c.Error != nil {
		result = c.Error.Message
	}
	return row{Key: c.ID, Name: c.ID, Value: c, Cells: []string{
		c.ID, c.FunctionName, string(c.Status), at.Time(c.Started), output.Duration(c.Duration), trigger, result,
		output.Version(c.Version), output.Count(c.LogLines), at.Time(c.Ended),
	}}
}
