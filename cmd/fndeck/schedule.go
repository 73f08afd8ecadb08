package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/cron"
)

// scheduleGroup holds what is done with schedules.
func (a *app) scheduleGroup() *cobra.Command {
	group := &cobra.Command{
		Use:     "schedule",
		Aliases: []string{"sched", "schedules"},
		Short:   "Create, list, preview, change, run and delete schedules",
		Example: "  fndeck schedule create hello --cron '0 6 * * 1-5'\n  fndeck schedule ls",
		Args:    knownCommand,
		RunE:    needsCommand,
	}
	group.AddCommand(a.scheduleCreateCommand(), a.scheduleListCommand(), a.scheduleNextCommand(), a.scheduleRunsCommand(), a.scheduleEditCommand(), a.scheduleRunCommand(), a.scheduleRemoveCommand())
	return group
}

func (a *app) scheduleCreateCommand() *cobra.Command {
	var spec client.ScheduleSpec
	var data, secret string
	cmd := &cobra.Command{
		Use:   "create FUNCTION",
		Short: "Run a function at the times of a cron expression",
		Long: "create makes a schedule. The expression has five fields and is read in UTC;\n`fndeck schedule next` shows what it means.\n\n" +
			"In a project it runs as the client of the context, or as you where that is signed in\nby a person. --client-id and --client-secret name another client; a redeploy moves the\nschedule with the secret, which is kept sealed on this machine.",
		Example: `  fndeck schedule create hello --cron '0 6 * * 1-5'
  fndeck schedule create hello --cron '*/5 * * * *' --name often -d '{"name": "x"}'
  fndeck schedule create hello --cron '0 * * * *' --overlap queue --catch-up once
  fndeck schedule create hello --cron '0 6 * * *' --client-id 5f1a --client-secret env:ROBOT`,
		Args:              between(1, 1),
		ValidArgsFunction: a.completeFunctions,
	}
	flags := cmd.Flags()
	flags.StringVar(&spec.ClientID, "client-id", "", "client that the schedule runs as, where the project lets it be chosen")
	flags.StringVar(&secret, "client-secret", "", "where its secret is: env:NAME, file:/path or cmd:program")
	flags.StringVar(&spec.Cron, "cron", "", "cron expression of five fields, in UTC (required)")
	flags.StringVar(&spec.Name, "name", "", "name of the schedule (default: the function's)")
	flags.StringVar(&spec.Description, "description", "", "description of the schedule")
	flags.StringVarP(&data, "data", "d", "", "JSON object that each run gets, @FILE, or - for stdin (default {})")
	a.policyFlags(cmd, &spec)
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
			if raw, err = a.readData("--data", data); err != nil {
				return err
			}
			spec.Data = raw
		}
		if spec.ClientSecret, err = a.secretOf(ctx, secret); err != nil {
			return err
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
			if err != nil {
				return err
			}
			return a.printSchedule(out, format)
		})
	}
	return cmd
}

// secretOf reads the secret that a flag refers to. The secret itself is refused: every
// user of this machine could read it there.
func (a *app) secretOf(ctx context.Context, flag string) (client.Secret, error) {
	reference, err := auth.ParseReference(flag)
	if err != nil || reference.Inline() {
		return client.Secret{}, client.Invalidf("--client-secret: a secret is named by env:NAME, file:/path or cmd:program, as every user of this machine could read it here")
	}
	if reference.IsZero() {
		return client.Secret{}, nil
	}
	secret, err := reference.Resolve(ctx, a.env)
	if err != nil {
		return client.Secret{}, client.Invalidf("--client-secret: %s", err)
	}
	return secret, nil
}

// policyFlags adds the flags of a schedule's policies.
func (a *app) policyFlags(cmd *cobra.Command, spec *client.ScheduleSpec) {
	flags := cmd.Flags()
	flags.StringVar(&spec.Overlap, "overlap", "", "what a run does that is due while the one before still runs: skip, allow or queue (default skip)")
	flags.StringVar(&spec.CatchUp, "catch-up", "", "what happens after runs that were missed: skip, or once (default skip)")
	words := func(list []string) cobra.CompletionFunc {
		return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
	}
	for flag, list := range map[string][]string{"overlap": client.Overlaps(), "catch-up": client.CatchUps()} {
		_ = cmd.RegisterFlagCompletionFunc(flag, words(list)) // It fails only for a flag that is not there.
	}
}

// printSchedule prints the schedule of an outcome where a format was asked for.
func (a *app) printSchedule(out action.Outcome, format string) error {
	if a.flags.output == "" {
		return nil
	}
	rows := []row{scheduleRow(*out.Schedule, a.clock())}
	return a.print(sheet{Header: schedulesListing.header, Wide: schedulesListing.wide, Rows: rows, One: true}, format)
}

func (a *app) scheduleEditCommand() *cobra.Command {
	var change client.ScheduleSpec
	var data string
	cmd := &cobra.Command{
		Use:   "edit SCHEDULE",
		Short: "Change a schedule",
		Long: "edit puts another schedule in the place of one, at once: what no flag names stays.\nThe new one has an id of its own and starts with no runs; the calls of the old one\n" +
			"stay with the function. A run that waits for its turn is dropped, one that runs goes\non and still counts as the previous one.",
		Example: `  fndeck schedule edit often --cron '*/10 * * * *'
  fndeck schedule edit often --overlap queue --catch-up once --yes`,
		Args:              between(1, 1),
		ValidArgsFunction: a.completeSchedules,
	}
	flags := cmd.Flags()
	flags.StringVar(&change.Cron, "cron", "", "new cron expression, in UTC")
	flags.StringVar(&change.Name, "name", "", "new name")
	flags.StringVar(&change.Description, "description", "", "new description")
	flags.StringVarP(&data, "data", "d", "", "new JSON object for each run, @FILE, or - for stdin")
	a.policyFlags(cmd, &change)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		format, err := a.format(cmd.CommandPath())
		if err != nil {
			return err
		}
		if flags.Changed("data") {
			if change.Data, err = a.readData("--data", data); err != nil {
				return err
			}
		}
		return a.with(ctx, func(backend client.Backend) error {
			s, err := findSchedule(ctx, backend, args[0])
			if err != nil {
				return err
			}
			spec, err := edited(cmd, s, change)
			if err != nil {
				return err
			}
			out, err := a.act(ctx, backend, action.ReplaceSchedule, action.Target{Schedule: &s}, action.Values{Schedule: spec})
			if err != nil {
				return err
			}
			return a.printSchedule(out, format)
		})
	}
	return cmd
}

// edited is what a schedule becomes by the flags that were given. What cannot be
// is refused before anybody is asked.
func edited(cmd *cobra.Command, s client.Schedule, change client.ScheduleSpec) (client.ScheduleSpec, error) {
	spec := action.SpecOf(s)
	for flag, set := range map[string]func(){
		"cron": func() { spec.Cron = change.Cron }, "name": func() { spec.Name = change.Name },
		"description": func() { spec.Description = change.Description }, "data": func() { spec.Data = change.Data },
		"overlap": func() { spec.Overlap = change.Overlap }, "catch-up": func() { spec.CatchUp = change.CatchUp },
	} {
		if cmd.Flags().Changed(flag) {
			set()
		}
	}
	if len(action.Changes(s, spec)) == 0 {
		return spec, usagef(cmd.CommandPath(), "nothing to change: give --cron, --name, --description, --data, --overlap or --catch-up")
	}
	if _, err := cron.Parse(spec.Cron); err != nil {
		return spec, err
	}
	return spec, client.CheckPolicies(spec.Overlap, spec.CatchUp)
}

func (a *app) scheduleRunCommand() *cobra.Command {
	var async bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "run SCHEDULE",
		Short: "Run a schedule now, with its data",
		Long: "run makes a call with the data and the session of a schedule and waits for it, as\n`fndeck call` does. It starts whatever the overlap policy says, which is for runs that\n" +
			"are due, and leaves the next run when it is. The function is told of no scheduled time.",
		Example:           "  fndeck schedule run often\n  fndeck schedule run often --async",
		Args:              between(1, 1),
		ValidArgsFunction: a.completeSchedules,
	}
	cmd.Flags().BoolVar(&async, "async", false, "print the call's id and do not wait")
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "how long to wait; the call itself goes on")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		format, err := a.format(cmd.CommandPath())
		if err != nil {
			return err
		}
		if timeout < 0 {
			return usagef(cmd.CommandPath(), "--timeout %s: a positive duration is expected", timeout)
		}
		return a.with(ctx, func(backend client.Backend) error {
			s, err := findSchedule(ctx, backend, args[0])
			if err != nil {
				return err
			}
			out, err := a.act(ctx, backend, action.RunSchedule, action.Target{Schedule: &s}, action.Values{})
			if err != nil {
				return err
			}
			if async {
				return a.printCall(*out.Call, client.Result{}, format, a.flags.output == "")
			}
			return a.awaitCall(ctx, backend, *out.Call, timeout, format)
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
	f.list(a, cmd, true, "all")
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
