package main

import (
	"bytes"
	"context"
	"time"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/cmd/output"
	"fndeck/ui"
)

// completionPatience is how long a shell waits for live names.
const completionPatience = 2 * time.Second

// bashWords is the line of the script for bash that takes the typed words from the
// package bash-completion. Without it each tab would print that the command is not
// there; what blanks part up to the cursor then serves.
const (
	bashWords         = "    _get_comp_words_by_ref \"$@\" cur prev words cword\n"
	bashWordsAnywhere = `    if declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
        _get_comp_words_by_ref "$@" cur prev words cword
        return
    fi
    local line=${COMP_LINE:0:COMP_POINT}
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    cword=$((${#words[@]} - 1))
    cur=${words[cword]}
    prev=${words[cword > 0 ? cword - 1 : 0]}
`
)

func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print the completion script of a shell",
		Example: `  source <(fndeck completion bash)
  fndeck completion zsh > "${fpath[1]}/_fndeck"
  fndeck completion fish > ~/.config/fish/completions/fndeck.fish`,
		Args:      between(1, 1),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			var script bytes.Buffer
			var err error
			switch args[0] {
			case "bash":
				err = root.GenBashCompletionV2(&script, true)
			case "zsh":
				err = root.GenZshCompletion(&script)
			case "fish":
				err = root.GenFishCompletion(&script, true)
			case "powershell":
				err = root.GenPowerShellCompletionWithDesc(&script)
			default:
				return usagef(cmd.CommandPath(), "completion %s: known are bash, zsh, fish and powershell", args[0])
			}
			if err != nil {
				return err
			}
			return a.write(bytes.Replace(script.Bytes(), []byte(bashWords), []byte(bashWordsAnywhere), 1))
		},
	}
}

// completeFunctions offers the names of functions for the first argument.
func (a *app) completeFunctions(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		// What follows a name is a folder, if anything.
		return nil, cobra.ShellCompDirectiveDefault
	}
	return a.completeManyFunctions(cmd, args, typed)
}

// completeManyFunctions offers the names of functions for every argument.
func (a *app) completeManyFunctions(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.liveNames(cmd, func(ctx context.Context, backend client.Backend) ([]string, error) {
		all, err := backend.Functions(ctx)
		var names []string
		for _, f := range all {
			names = append(names, f.Name)
		}
		return names, err
	})
}

// completeSchedules offers the names of schedules.
func (a *app) completeSchedules(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.liveNames(cmd, func(ctx context.Context, backend client.Backend) ([]string, error) {
		scheduler, err := client.As[client.Scheduler](backend, client.CanSchedule)
		if err != nil {
			return nil, err
		}
		all, err := scheduler.Schedules(ctx, "")
		var names []string
		for _, s := range all {
			names = append(names, s.Name)
		}
		return names, err
	})
}

// completeFlag offers values for a flag that the command has.
func (a *app) completeFlag(cmd *cobra.Command, flag string, offer cobra.CompletionFunc) {
	// The error is that of a flag that does not exist, or of a second offer for
	// it: both would show in every test of the command.
	if err := cmd.RegisterFlagCompletionFunc(flag, offer); err != nil {
		a.say("fndeck: completion of --%s: %s", flag, err)
	}
}

// completeFormats offers the output formats of lists.
func completeFormats(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return output.Formats(), cobra.ShellCompDirectiveNoFileComp
}

// liveNames asks the backend, without starting an engine for it. A shell has no
// place for an error: it gets no names then. A name that cleaning would change
// is left out, as the shell could not hand it back.
func (a *app) liveNames(cmd *cobra.Command, list func(context.Context, client.Backend) ([]string, error)) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
	defer cancel()
	x, err := a.chosen()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	backend, err := a.open(ctx, x, true)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	// Only read from: closing cannot lose anything.
	defer func() { _ = backend.Close() }()
	names, err := list(ctx, backend)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var safe []string
	for _, name := range names {
		if ui.Clean(name) == name {
			safe = append(safe, name)
		}
	}
	return safe, cobra.ShellCompDirectiveNoFileComp
}
