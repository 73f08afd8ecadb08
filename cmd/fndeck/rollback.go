package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/action"
)

func (a *app) rollbackCommand() *cobra.Command {
	var noWait bool
	cmd := &cobra.Command{
		Use:   "rollback NAME [VERSION]",
		Short: "Make an earlier version serve again",
		Long:  "rollback makes VERSION, or the version that served before, serve again.\nSchedules, id and history stay. `fndeck get versions --function NAME` lists the versions.",
		Example: `  fndeck rollback hello
  fndeck rollback hello v3 --yes`,
		Args:              between(1, 2),
		ValidArgsFunction: a.completeFunctions,
	}
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "return as soon as it is accepted")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		format, err := a.format(cmd.CommandPath())
		if err != nil {
			return err
		}
		version := 0
		if len(args) > 1 {
			if version, err = strconv.Atoi(strings.TrimPrefix(args[1], "v")); err != nil || version < 1 {
				return usagef(cmd.CommandPath(), "version %q: a number such as 3 or v3 is expected", args[1])
			}
		}
		return a.with(ctx, func(backend client.Backend) error {
			f, err := findFunction(ctx, backend, args[0])
			if err != nil {
				return err
			}
			target := action.Target{Function: &f}
			// What cannot be done is told before anything is asked.
			if reason := action.Rollback.Reason(backend, target); reason == "" {
				if version, err = action.RollbackTo(ctx, backend, f, version); err != nil {
					return err
				}
			}
			out, err := a.act(ctx, backend, action.Rollback, target, action.Values{Version: version})
			if err != nil {
				return err
			}
			if out.Function.DeployingVersion == 0 {
				return a.printOutcome(*out.Function, format)
			}
			return a.settle(ctx, backend, *out.Function, noWait, format)
		})
	}
	return cmd
}
