package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fndeck/client"
)

const rootExample = `  fndeck                                   the console
  fndeck deploy ./hello                    deploy a folder
  fndeck call hello -d '{"name": "x"}'     call it and print the result
  fndeck logs hello -f                     follow its log
  fndeck redeploy hello                    deploy the edited folder again
  fndeck rollback hello                    back to the version before`

// root builds the whole command tree. Every command is listed here or in the
// group that holds it.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:               "fndeck",
		Short:             "The console for cloud functions",
		Long:              "fndeck deploys, calls, follows and schedules functions.\nWithout a command it is the console; with one it does the same for scripts.",
		Example:           rootExample,
		Args:              knownCommand,
		Version:           version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: a.prepare,
		RunE:              func(cmd *cobra.Command, _ []string) error { return a.console(cmd.Context()) },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef(cmd.CommandPath(), "%s", err)
	})
	a.globalFlags(root.PersistentFlags())
	root.Flags().BoolVar(&a.flags.ascii, "ascii", false, "draw the console with ASCII alone, as ascii: true in the configuration does")
	a.completeFlag(root, "output", completeFormats)
	a.completeFlag(root, "context", a.completeContextList)
	root.AddCommand(
		a.deployCommand(), a.newCommand(), a.redeployCommand(), a.diffCommand(), a.rollbackCommand(), a.promoteCommand(),
		a.callCommand(), a.logsCommand(), a.getCommand(),
		a.functionGroup(), a.callsGroup(), a.deploysGroup(), a.scheduleGroup(), a.contextGroup(), a.authGroup(), a.engineGroup(), a.doctorCommand(),
		a.keysCommand(), a.completionCommand(), a.manCommand(), a.versionCommand(),
	)
	root.SetHelpCommand(helpCommand(root))
	root.SetHelpFunc(a.help(root.HelpFunc()))
	root.SetVersionTemplate(versionLine())
	return root
}

func (a *app) globalFlags(flags *pflag.FlagSet) {
	flags.StringVarP(&a.flags.output, "output", "o", "", "table, wide, json, yaml, name or jsonl; logs: pretty, json or raw")
	flags.BoolVar(&a.flags.noHeaders, "no-headers", false, "print tables without their first line")
	flags.StringVar(&a.flags.context, "context", "", "the context (default the one that context use chose, else local), or several to read from, such as prod,local, or all; to name a protected one is part of the answer that --yes gives")
	flags.BoolVarP(&a.flags.yes, "yes", "y", false, "answer every question with yes; in a protected context only with --context")
	flags.BoolVar(&a.flags.noInput, "no-input", false, "never ask: fail where a question would come")
	flags.BoolVar(&a.flags.readOnly, "read-only", false, "refuse everything that changes something")
	flags.StringVar(&a.flags.color, "color", "auto", "auto, always or never")
	flags.StringVar(&a.flags.config, "config", "", "configuration file (default $XDG_CONFIG_HOME/fndeck/config.yaml)")
	flags.StringVar(&a.flags.stateDir, "state-dir", "", "state directory of the local engine (default $XDG_STATE_HOME/fndeck)")
	flags.BoolVarP(&a.flags.verbose, "verbose", "v", false, "show the causes behind an error")
}

// prepare runs before every command: flags that were not given take their
// environment variable, then what the flags say is checked.
func (a *app) prepare(cmd *cobra.Command, _ []string) error {
	if cmd.Flags().Changed("context") {
		a.namedContext = a.flags.context
	}
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value := a.env(envName(f.Name))
		if f.Changed || f.Hidden || value == "" || ownEnvironment[f.Name] || failed != nil {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			failed = usagef(cmd.CommandPath(), "%s: %s", envName(f.Name), err)
		}
	})
	if failed != nil {
		return failed
	}
	switch a.flags.color {
	case "auto", "always", "never":
		return nil
	}
	return usagef(cmd.CommandPath(), "--color %s: allowed are auto, always, never", a.flags.color)
}

// ownEnvironment are the flags whose variable the command reads itself, because
// a secret may stand in the environment and not on the command line, those that
// only cobra reads, and --to, which is part of an answer.
var ownEnvironment = map[string]bool{"to": true, "index-url": true, "extra-index-url": true, "help": true, "version": true}

// envName returns the environment variable of a flag.
func envName(flag string) string {
	return "FNDECK_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// knownCommand refuses a word that is no command and names the nearest ones.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	e := client.Invalidf("%s has no command %q", cmd.CommandPath(), args[0])
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		e.Hint = "did you mean " + strings.Join(near, " or ")
	} else {
		e.Hint = cmd.CommandPath() + " --help lists them"
	}
	return e
}

// needsCommand is what a bare group answers.
func needsCommand(cmd *cobra.Command, _ []string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return usagef(cmd.CommandPath(), "%s needs a command: %s", cmd.CommandPath(), strings.Join(names, ", "))
}

// between checks the number of arguments; what they are stands in the usage line.
func between(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usagef(cmd.CommandPath(), "something is missing: %s", cmd.UseLine())
		case most >= 0 && len(args) > most:
			return usagef(cmd.CommandPath(), "too many arguments from %q on: %s", args[most], cmd.UseLine())
		}
		return nil
	}
}

// help prints the help of a command, but not that of a group for a word that
// is none of its commands: cobra would, and exit with 0.
func (a *app) help(print func(*cobra.Command, []string)) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, args []string) {
		if cmd.HasSubCommands() && cmd.Flags().NArg() > 0 {
			a.unhelped = knownCommand(cmd, cmd.Flags().Args())
			return
		}
		print(cmd, args)
	}
}

// helpCommand is cobra's, but an unknown topic is an error.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Help about a command",
		Example: "  fndeck help deploy",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return fmt.Errorf("help: %w", knownCommand(root, args))
			}
			return cmd.Help()
		},
	}
}
