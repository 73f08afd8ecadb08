package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
)

// deploysGroup holds what is done with deploys, under way, cut and past.
func (a *app) deploysGroup() *cobra.Command {
	group := &cobra.Command{
		Use:   "deploys",
		Short: "List deploys, and take up those that were cut",
		Long: "deploys lists the deploys that this machine or the local engine knows. A redeploy to\n" +
			"a project far away is driven by the program that began it, by a journal on this\n" +
			"machine: where that program or the link to the project was cut, it is Interrupted,\nand any fndeck on this machine can resume it, take it back or leave it.",
		Example: "  fndeck deploys ls\n  fndeck deploys get 5f0c -o json\n  fndeck deploys resume hello",
		Args:    knownCommand,
		RunE:    needsCommand,
	}
	group.AddCommand(
		a.deployListCommand(), a.deployGetCommand(),
		a.cutCommand("resume", action.ResumeDeploy, "Go on with a deploy that was cut",
			"resume goes on with a deploy that was cut, from the step where it stands, and waits for\nits end. What may or may not have been carried out is found out by reading first."),
		a.cutCommand("rollback", action.TakeBackDeploy, "Take back a deploy that was cut",
			"rollback takes back what a deploy that was cut has done: schedules go back, what it has\nmade is deleted. Where the old function is gone already, its code is built again."),
		a.cutCommand("leave", action.LeaveDeploy, "Give up a deploy that was cut",
			"leave gives up a deploy that was cut and touches nothing: functions, schedules and files\nthat it has made stay, and are yours to see to."),
	)
	return group
}

func (a *app) deployListCommand() *cobra.Command {
	var f getFlags
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List deploys, the newest first",
		Example: "  fndeck deploys ls --function hello\n  fndeck deploys ls --watch -o jsonl",
		Args:    between(0, 0),
	}
	f.list(a, cmd, true, "100, the newest")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.get(cmd, deploysListing, "", f) }
	return cmd
}

func (a *app) deployGetCommand() *cobra.Command {
	var f getFlags
	cmd := &cobra.Command{
		Use:     "get ID",
		Short:   "Show one deploy, with its phases",
		Example: "  fndeck deploys get 5f0c -o json",
		Args:    between(1, 1),
	}
	f.show(a, cmd, true)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.get(cmd, deploysListing, args[0], f) }
	return cmd
}

// cutCommand is one of the three things that can be done about a deploy that was cut.
func (a *app) cutCommand(verb string, what action.Action, short, long string) *cobra.Command {
	return &cobra.Command{
		Use:   verb + " ID|NAME",
		Short: short,
		Long:  long + "\nNAME is the function whose newest deploy was cut.",
		Example: "  fndeck deploys " + verb + " hello" +
			"\n  fndeck deploys " + verb + " 1f0a3c5577e90b12 --yes",
		Args:              between(1, 1),
		ValidArgsFunction: a.completeFunctions,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			format, err := a.format(cmd.CommandPath())
			if err != nil {
				return err
			}
			return a.with(ctx, func(backend client.Backend) error {
				d, err := findDeploy(ctx, backend, args[0])
				if err != nil {
					return err
				}
				if _, err := a.act(ctx, backend, what, action.Target{Deploy: &d}, action.Values{}); err != nil {
					return err
				}
				if what.ID == action.LeaveDeploy.ID {
					return nil
				}
				return a.settleCut(ctx, backend, d, what, format)
			})
		},
	}
}

// findDeploy finds a deploy by its id, or the one of a function that was cut by that
// one's name.
func findDeploy(ctx context.Context, backend client.Backend, word string) (client.Deploy, error) {
	lister, err := client.As[client.DeployLister](backend, client.CanListBuilds)
	if err != nil {
		return client.Deploy{}, err
	}
	all, err := lister.Deploys(ctx, "", pageLimit)
	if err != nil {
		return client.Deploy{}, fmt.Errorf("list deploys: %w", err)
	}
	for _, d := range all {
		if d.ID == word || d.FunctionName == word && d.Status == client.DeployInterrupted {
			return d, nil
		}
	}
	return client.Deploy{}, &client.Error{
		Code: client.CodeNotFound, Message: fmt.Sprintf("%q is no deploy, and no function whose deploy was cut", word), Hint: "fndeck deploys ls lists them",
	}
}

// settleCut waits for the end of a deploy that was taken up, and says how it ended.
func (a *app) settleCut(ctx context.Context, backend client.Backend, d client.Deploy, what action.Action, format string) error {
	ended, err := a.awaitDriven(ctx, backend, d.FunctionID, d.ID)
	if err != nil {
		return err
	}
	f, err := backend.Function(ctx, d.FunctionID)
	switch {
	case err != nil:
		return err
	case what.ID != action.TakeBackDeploy.ID || ended.Status == client.DeployInterrupted:
		return a.settle(ctx, backend, f, false, format)
	}
	a.note("taken back: %s v%d serves", ui.Clean(f.Name), f.Version)
	return a.printOutcome(f, format)
}

// awaitDriven waits for the end of a deploy that this program drives, and tells each
// phase on stderr.
func (a *app) awaitDriven(ctx context.Context, backend client.Backend, functionID, deployID string) (client.Deploy, error) {
	shown := ""
	d, err := action.AwaitDeploy(ctx, backend, functionID, deployID, func(d client.Deploy) {
		line := d.Phase
		if d.Detail != "" {
			line += ": " + d.Detail
		}
		if d.Ended.IsZero() && line != shown && !a.jsonMode {
			again := ""
			if left := d.Until.Sub(a.now()); left > 0 {
				again = ", again in " + ui.Elapsed(left.Round(time.Second))
			}
			a.note("  step %d of %d: %s%s", len(d.Phases)+1, len(d.Phases)+1+len(d.Ahead), ui.Clean(line), again)
		}
		shown = line
	})
	if ctx.Err() != nil {
		a.note("cut: %s", action.ResumeHint(deployID))
	}
	return d, err
}

// waits refuses not to wait for what this program drives.
func waits(backend client.Backend, command string, noWait bool) error {
	if !noWait || !drivesDeploys(backend) {
		return nil
	}
	return usagef("fndeck "+command, "--no-wait: a redeploy to %s is driven by this program, which has to stay until its end", backend.Describe().Name)
}

// drivesDeploys reports whether a redeploy to a backend is driven by this program, so
// that it is cut when the program ends.
func drivesDeploys(backend client.Backend) bool {
	_, err := client.As[client.DeployResumer](backend, client.CanResume)
	return err == nil
}
