package main

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/action"
)

// scheduleGroup holds what is done with schedules.
func (a *app) scheduleGroup() *cobra.Command {
	group := &cobra.Command{
		Use:     "schedule",
		Aliases: []string{"sched", "schedules"},
		Short:   "Create, list, preview and delete schedules",
		Example: "  fndeck schedule create hello --cron '0 6 * * 1-5'\n  fndeck schedule ls",
		Args:    knownCommand,
		RunE:    needsCommand,
	}
	group.AddCommand(a.scheduleCreateCommand(), a.scheduleListCommand(), a.scheduleNextCommand(), a.scheduleRemoveCommand())
	return group
}

func (a *app) scheduleCreateCommand() *cobra.Command {
	var spec client.ScheduleSpec
	var data string
	cmd := &cobra.Command{
		Use:   "create FUNCTION",
		Short: "Run a function at the times of a cron expression",
		Long:  "create makes a schedule. The expression has five fields and is read in UTC;\n`fndeck schedule next` shows what it means.",
		Example: `  fndeck schedule create hello --cron '0 6 * * 1-5'
  fndeck schedule create hello --cron '*/5 * * * *' --name often -d '{"name": "x"}'`,
		Args:              between(1, 1),
		ValidArgsFunction: a.completeFunctions,
	}
	flags := cmd.Flags()
	flags.StringVar(&spec.Cron, "cron", "", "cron expression of five fields, in UTC (required)")
	flags.StringVar(&spec.Name, "name", "", "name of the schedule (default: the function's)")
	flags.StringVar(&spec.Description, "description", "", "description of the schedule")
	flags.StringVarP(&data, "data", "d", "", "JSON object that each run gets, @FILE, or - for stdin (default {})")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		format, err := a.format(cmd.CommandPath())
		if err != nil {
			return err
		}
		if spec.Cron == "" {
			return usagef(cmd.CommandPath(), "--cron is missing: such as --cron '0 6 * * *'")
		}
		if cmd.Flags().Changed("data") {
			var raw json.RawMessage
			if raw, err = a.readData(data); err != nil {
				return err
			}
			spec.Data = raw
		}
		return a.with(ctx, func(backend client.Backend) error {
			f, err := findFunction(ctx, backend, args[0])
			if err != nil {
				return err
			}
			if spec.Name == "" {
				spec.Name = f.Name
			}
			out, err := a.act(ctx, backend, action.CreateSchedule, action.Target{Function: &f}, action.Values{Schedule: spec})
			if errors.Is(err, action.ErrScheduleExists) {
				return hinted(err, "--name gives it another name")
			}
			if err != nil || a.flags.output == "" {
				return err
			}
			rows := []row{scheduleRow(*out.Schedule, a.clock())}
			return a.print(sheet{Header: schedulesListing.header, Wide: schedulesListing.wide, Rows: rows, One: true}, format)
		})
	}
	return cmd
}

func (a *app) scheduleListCommand() *cobra.Command {
	var f getFlags
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"get", "list"},
		Short:   "List schedules",
		Example: "  fndeck schedule ls\n  fndeck schedule ls --function hello -o json",
		Args:    between(0, 1),
	}
	f.add(a, cmd, true)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.get(cmd, schedulesListing, argument(args), f)
	}
	return cmd
}

// argument returns the only argument, "" if there is none.
func argument(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (a *app) scheduleRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "rm SCHEDULE...",
		Aliases:           []string{"delete"},
		Short:             "Delete schedules, by name or id",
		Example:           "  fndeck schedule rm often\n  fndeck schedule rm 12 13 --yes",
		Args:              between(1, -1),
		ValidArgsFunction: a.completeSchedules,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return a.with(ctx, func(backend client.Backend) error {
				return a.each(args, func(name string) error {
					s, err := findSchedule(ctx, backend, name)
					if err != nil {
						return err
					}
					_, err = a.act(ctx, backend, action.DeleteSchedule, action.Target{Schedule: &s}, action.Values{})
					return err
				})
			})
		},
	}
}

// displayZone is the zone of a --tz flag, or the configured one.
func (a *app) displayZone(command, name string) (*time.Location, error) {
	if name == "" {
		return a.zone()
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, usagef(command, "--tz %s: unknown zone, use a name such as Europe/Oslo", name)
	}
	return zone, nil
}
