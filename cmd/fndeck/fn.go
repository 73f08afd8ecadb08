package main

import (
	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/template"
	"fndeck/ui"
)

// functionGroup holds what is done with functions. Its verbs that also stand
// alone are made by the same constructors.
func (a *app) functionGroup() *cobra.Command {
	group := &cobra.Command{
		Use:     "fn",
		Aliases: []string{"function", "functions"},
		Short:   "List, show and delete functions, choose how they run; also all that one does with a function",
		Example: "  fndeck fn ls\n  fndeck fn call hello\n  fndeck fn rm hello",
		Args:    knownCommand,
		RunE:    needsCommand,
	}
	group.AddCommand(
		a.functionListCommand(), a.functionGetCommand(), a.functionRemoveCommand(),
		a.functionModeCommand(), a.deployCommand(), a.newCommand(), a.redeployCommand(), a.diffCommand(), a.rollbackCommand(), a.promoteCommand(), a.callCommand(), a.logsCommand(),
	)
	return group
}

func (a *app) functionListCommand() *cobra.Command {
	var f getFlags
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List functions",
		Example: "  fndeck fn ls\n  fndeck fn ls -o name",
		Args:    between(0, 0),
	}
	f.list(a, cmd, false, "all")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.get(cmd, functionsListing, "", f) }
	return cmd
}

func (a *app) functionGetCommand() *cobra.Command {
	var f getFlags
	cmd := &cobra.Command{
		Use:               "get NAME",
		Short:             "Show one function",
		Example:           "  fndeck fn get hello -o yaml",
		Args:              between(1, 1),
		ValidArgsFunction: a.completeFunctions,
	}
	f.show(a, cmd, false)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.get(cmd, functionsListing, args[0], f) }
	return cmd
}

func (a *app) functionModeCommand() *cobra.Command {
	var workers int
	cmd := &cobra.Command{
		Use:   "mode NAME isolated|warm",
		Short: "Choose how the calls of a function run",
		Long: `mode chooses how the calls of a function run, from the next call on.

isolated  a process for each call: fresh globals, limits and figures of its own
warm      processes that are kept: globals persist between calls, a call costs
          less; calls beyond --workers wait in their order

It changes how a function runs, so it asks; --yes answers.`,
		Example:           "  fndeck fn mode hello warm --workers 4\n  fndeck fn mode hello isolated --yes",
		Args:              between(2, 2),
		ValidArgsFunction: a.completeFunctions,
	}
	cmd.Flags().IntVar(&workers, "workers", 0, "how many processes are kept at most (warm only; default: the engine's)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		format, err := a.format(cmd.CommandPath())
		if err != nil {
			return err
		}
		return a.with(ctx, func(backend client.Backend) error {
			f, err := findFunction(ctx, backend, args[0])
			if err != nil {
				return err
			}
			out, err := a.act(ctx, backend, action.ChooseMode, action.Target{Function: &f}, action.Values{Mode: args[1], Workers: workers})
			if err != nil {
				return err
			}
			return a.printOutcome(*out.Function, format)
		})
	}
	return cmd
}

func (a *app) functionRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "rm NAME...",
		Aliases:           []string{"delete"},
		Short:             "Delete functions with their versions, calls, logs and schedules",
		Example:           "  fndeck fn rm hello\n  fndeck fn rm hello other --yes",
		Args:              between(1, -1),
		ValidArgsFunction: a.completeManyFunctions,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return a.with(ctx, func(backend client.Backend) error {
				return a.each(args, func(name string) error {
					f, err := findFunction(ctx, backend, name)
					if err != nil {
						return err
					}
					target := action.Target{Function: &f}
					if !a.flags.yes {
						target.Losses = action.LossesOf(ctx, backend, f)
					}
					_, err = a.act(ctx, backend, action.DeleteFunction, target, action.Values{})
					return err
				})
			})
		},
	}
}

// each does the work for every item, tells which failed and why, and returns
// the worst error: the one with the highest exit code.
func (a *app) each(items []string, work func(item string) error) error {
	var worst error
	for _, item := range items {
		err := work(item)
		if err == nil {
			continue
		}
		if len(items) > 1 {
			a.note("%s: %s", ui.Clean(item), ui.Clean(client.Explain(err).Sentence))
		}
		if worst == nil || codeOf(client.Explain(err).Code) > codeOf(client.Explain(worst).Code) {
			worst = err
		}
	}
	return worst
}

func (a *app) newCommand() *cobra.Command {
	var runtime string
	var noDeploy, noWait bool
	cmd := &cobra.Command{
		Use:   "new [TEMPLATE DIR [NAME]]",
		Short: "Write a new function from a template and deploy it",
		Long: "new writes a function into DIR, which must be empty or not there yet, deploys it and\n" +
			"waits until it is Ready. NAME is that of the folder unless it is given. Without\narguments it lists the templates.",
		Example:           "  fndeck new\n  fndeck new hello ./greeter\n  fndeck new scheduled ./hourly hourly-sums --no-deploy",
		Args:              between(0, 3),
		ValidArgsFunction: cobra.FixedCompletions(templateNames(), cobra.ShellCompDirectiveDefault),
	}
	flags := cmd.Flags()
	flags.StringVar(&runtime, "runtime", "", "runtime, such as py312")
	flags.BoolVar(&noDeploy, "no-deploy", false, "write the folder only")
	flags.BoolVar(&noWait, "no-wait", false, "return as soon as the deploy is accepted")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		format, err := a.format(cmd.CommandPath())
		if err != nil {
			return err
		}
		switch {
		case len(args) == 0:
			return a.printTemplates(format)
		case len(args) == 1:
			return usagef(cmd.CommandPath(), "something is missing: %s", cmd.UseLine())
		case noDeploy:
			return a.writeTemplate(args[0], args[1])
		}
		name := ""
		if len(args) > 2 {
			name = args[2]
		} else if name, err = nameOf(args[1]); err != nil {
			return err
		}
		return a.with(ctx, func(backend client.Backend) error {
			values := action.Values{Template: args[0], Folder: args[1], Spec: client.FunctionSpec{Name: name, Runtime: runtime}}
			out, err := a.act(ctx, backend, action.New, action.Target{}, values)
			if err != nil {
				return err
			}
			return a.settle(ctx, backend, *out.Function, noWait, format)
		})
	}
	return cmd
}

func templateNames() []string {
	var names []string
	for _, t := range template.All() {
		names = append(names, t.Name)
	}
	return names
}

func (a *app) printTemplates(format string) error {
	s := sheet{Header: []string{"TEMPLATE", "WHAT IT IS"}}
	for _, t := range template.All() {
		s.Rows = append(s.Rows, row{Key: t.Name, Name: t.Name, Cells: []string{t.Name, t.Help}, Value: struct {
			Name string `json:"name"`
			Help string `json:"help"`
		}{t.Name, t.Help}})
	}
	return a.print(s, format)
}

// writeTemplate writes a template where nothing is to be deployed.
func (a *app) writeTemplate(name, folder string) error {
	t, err := template.Find(name)
	if err != nil {
		return err
	}
	path, err := t.Write(folder)
	if err != nil {
		return err
	}
	a.note("%s is written; fndeck deploy %s deploys it", ui.Clean(path), ui.Clean(path))
	return nil
}
