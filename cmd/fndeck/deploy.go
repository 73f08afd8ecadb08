package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/pack"
	"fndeck/ui"
)

// deployFlags are the flags of deploy and redeploy.
type deployFlags struct {
	settings settingFlags
	include  []string
	force    bool
	noWait   bool
	dryRun   bool
	rebuild  bool
	root     string
	smoke    string
	// tryImport imports the code here before it is sent.
	tryImport bool

	// sameCode keeps the code that serves and changes settings only.
	sameCode   bool
	externalID string
}

func (f *deployFlags) add(cmd *cobra.Command) {
	f.settings.add(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.include, "include", nil, "upload this file although a rule ignores it (repeatable)")
	flags.StringVar(&f.root, "root", "", "folder inside a zip that is taken as its root")
	flags.BoolVar(&f.tryImport, "try-import", false, "also import the code here, as this user, before it is sent")
	flags.BoolVar(&f.force, "force", false, "send the code also when it is what serves already")
	flags.BoolVar(&f.noWait, "no-wait", false, "return as soon as the deploy is accepted")
	flags.BoolVar(&f.dryRun, "dry-run", false, "print what would be uploaded and send nothing")
}

func (a *app) deployCommand() *cobra.Command {
	var f deployFlags
	cmd := &cobra.Command{
		Use:   "deploy DIR|ZIP|NOTEBOOK|file:ID [NAME]",
		Short: "Deploy a folder, a zip or a notebook",
		Long: "deploy uploads a folder or a zip as a function and waits until it is Ready. Of a\n" +
			"notebook (.ipynb) it uploads the function handle alone, and the requirements in\nits docstring. file:ID is a zip that the project of a remote context has stored\nalready.\n" +
			"NAME is that of the folder or file unless it is given. A function of that name is\nredeployed: its old version serves until the new one is Ready.",
		Example: `  fndeck deploy ./hello
  fndeck deploy ./hello greeter --runtime py312 --env REGION=eu
  read -rs TOKEN; printf %s "$TOKEN" | fndeck deploy ./hello --secret-stdin TOKEN
  fndeck deploy ./forecast.ipynb forecast
  fndeck deploy file:1001 nightly --context prod
  fndeck deploy ./hello --dry-run -o json`,
		Args: between(1, 2),
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.externalID, "external-id", "", "external id of a new function")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.deploy(cmd, args, f)
	}
	return cmd
}

func (a *app) deploy(cmd *cobra.Command, args []string, f deployFlags) error {
	ctx := cmd.Context()
	format, err := a.format(cmd.CommandPath())
	if err != nil {
		return err
	}
	path, name := args[0], ""
	id, stored := strings.CutPrefix(path, storedPrefix)
	if len(args) > 1 {
		name = args[1]
	} else if stored {
		return usagef(cmd.CommandPath(), "%s needs a NAME: that of the file is not the function's", path)
	} else if name, err = nameOf(path); err != nil {
		return err
	}
	if err := action.CheckName(name); err != nil {
		return err
	}
	if stored {
		fetched, remove, err := a.fetch(ctx, id)
		if err != nil {
			return err
		}
		defer remove()
		path = fetched
	}
	set, err := a.readSettings(ctx, cmd, f.settings)
	if err != nil {
		return err
	}
	preview, err := a.look(ctx, cmd, path, set.packOptions(f.include), f)
	if err != nil {
		return err
	}
	if f.dryRun {
		return a.dryRun(ctx, name, preview, format)
	}
	code, err := a.approve(ctx, preview)
	if err != nil {
		return err
	}
	if stored {
		code.Folder = "" // It is gone when this command ends.
	}
	return a.with(ctx, func(backend client.Backend) error {
		existing, found, err := functionNamed(ctx, backend, name)
		if err != nil {
			return err
		}
		if found {
			if err := onlyForNew(cmd, name); err != nil {
				return err
			}
			a.note("%s exists: this redeploys it", ui.Clean(name))
			change, err := set.change(existing)
			if err != nil {
				return err
			}
			return a.sendRedeploy(ctx, backend, existing, action.Values{Code: code, Change: change, Force: f.force}, f.noWait, format)
		}
		spec := set.spec()
		spec.Name, spec.ExternalID = name, f.externalID
		out, err := a.act(ctx, backend, action.Deploy, action.Target{}, action.Values{Spec: spec, Code: code})
		if err != nil {
			return err
		}
		return a.settle(ctx, backend, *out.Function, f.noWait, format)
	})
}

// storedPrefix begins what names a file of the project.
const storedPrefix = "file:"

// fetch gets a file of the project into a file of this machine, which remove removes.
func (a *app) fetch(ctx context.Context, id string) (path string, remove func(), err error) {
	var zip []byte
	err = a.with(ctx, func(backend client.Backend) error {
		reader, err := client.As[client.FileReader](backend, client.CanReadFiles)
		if err == nil {
			zip, err = reader.StoredCode(ctx, id)
		}
		return err
	})
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "fndeck-file-")
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, id+".zip")
	remove = func() { _ = os.RemoveAll(dir) } // What is left is the operator's own temporary file.
	if err := renameio.WriteFile(path, zip, 0o600); err != nil {
		remove()
		return "", nil, err
	}
	return path, remove, nil
}

// nameOf is the name that a folder, zip or notebook gives its function.
func nameOf(path string) (string, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("deploy %s: %w", path, err)
	}
	return pack.FunctionName(whole), nil
}

// functionNamed looks for a function of exactly this name.
func functionNamed(ctx context.Context, backend client.Backend, name string) (f client.Function, found bool, err error) {
	all, err := backend.Functions(ctx)
	if err != nil {
		return f, false, fmt.Errorf("look up function %s: %w", name, err)
	}
	var same []client.Function
	for _, candidate := range all {
		if candidate.Name == name {
			same = append(same, candidate)
		}
	}
	switch len(same) {
	case 0:
		return f, false, nil
	case 1:
		return same[0], true, nil
	}
	// The lookup by any name words the conflict.
	_, err = findFunction(ctx, backend, name)
	return f, false, err
}

// onlyForNew refuses the flag that a redeploy cannot follow, so that it is not
// dropped without a word.
func onlyForNew(cmd *cobra.Command, name string) error {
	if !cmd.Flags().Changed("external-id") {
		return nil
	}
	return &client.Error{
		Code:    client.CodeConflict,
		Message: name + " exists already: --external-id is set by the first deploy only",
		Hint:    "leave the flag out to redeploy it, or give another name",
	}
}

func (a *app) redeployCommand() *cobra.Command {
	var f deployFlags
	cmd := &cobra.Command{
		Use:   "redeploy NAME [DIR|ZIP|NOTEBOOK]",
		Short: "Deploy a function's folder again",
		Long: "redeploy packs the folder that the function was deployed from, or the one given,\n" +
			"and waits until it is Ready. The old version serves until then; id, schedules and\nhistory stay. Code that serves already is not sent unless --force is given.\n\n" +
			"--rebuild keeps the code that serves and installs its requirements anew, as the\npackage indexes have them now. --same-code keeps the code and changes settings.\n" +
			"--smoke calls the new version with some data before anything moves to it, in a\ncontext far away; if that call fails, all is as before.",
		Example: `  fndeck redeploy hello
  fndeck redeploy hello ./hello --env REGION=us
  fndeck redeploy hello --force --no-wait
  fndeck redeploy hello --same-code --keep --env REGION=us --drop-secret OLD
  fndeck redeploy hello --smoke '{"dry": true}' --context prod
  fndeck redeploy hello --rebuild`,
		Args:              between(1, 2),
		ValidArgsFunction: a.completeFunctions,
	}
	f.add(cmd)
	f.settings.addChanges(cmd)
	cmd.Flags().StringVar(&f.smoke, "smoke", "", "JSON object, @FILE, or - for stdin that the new version is called with before it takes over")
	cmd.Flags().BoolVar(&f.sameCode, "same-code", false, "keep the code that serves and change settings only")
	cmd.Flags().BoolVar(&f.rebuild, "rebuild", false, "keep the code and install its requirements anew")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if f.rebuild {
			return a.rebuild(cmd, args, f.noWait)
		}
		return a.redeploy(cmd, args, f)
	}
	return cmd
}

func (a *app) redeploy(cmd *cobra.Command, args []string, f deployFlags) error {
	ctx := cmd.Context()
	format, err := a.format(cmd.CommandPath())
	if err != nil {
		return err
	}
	set, err := a.readSettings(ctx, cmd, f.settings)
	if err != nil {
		return err
	}
	for _, flag := range []string{"dry-run", "include", "root", "try-import"} {
		if f.sameCode && (len(args) > 1 || cmd.Flags().Changed(flag)) {
			return usagef(cmd.CommandPath(), "--same-code sends no folder: leave out %s", cmp.Or(strings.Join(args[1:], " "), "--"+flag))
		}
	}
	return a.with(ctx, func(backend client.Backend) error {
		target, err := findFunction(ctx, backend, args[0])
		if err != nil {
			return err
		}
		values := action.Values{Force: f.force}
		if values.Change, err = set.change(target); err != nil {
			return err
		}
		if cmd.Flags().Changed("smoke") {
			if values.Change.Smoke, err = a.readData("--smoke", f.smoke); err != nil {
				return err
			}
		}
		if f.sameCode {
			changed := action.Target{Function: &target}
			out, err := a.act(ctx, backend, action.ChangeSettings, changed, values)
			if err != nil {
				out, err = a.overGap(ctx, backend, action.ChangeSettings, changed, values, err)
			}
			if err != nil {
				return err
			}
			return a.settle(ctx, backend, *out.Function, f.noWait, format)
		}
		folder := target.Folder
		if len(args) > 1 {
			folder = args[1]
		}
		// The action packs the folder by itself; what it cannot know is another
		// folder, a file taken back, and that nothing is to be sent.
		if len(args) > 1 || f.dryRun || f.tryImport || len(f.include) > 0 {
			opts := action.PackOptions(target, values.Change)
			opts.TakeBack = f.include
			if folder == "" {
				return usagef(cmd.CommandPath(), "the folder of %s is not known: name it", target.Name)
			}
			preview, err := a.look(ctx, cmd, folder, opts, f)
			if err != nil {
				return err
			}
			if f.dryRun {
				return a.dryRedeploy(ctx, backend, target, preview, values.Change, format)
			}
			if values.Code, err = a.approve(ctx, preview); err != nil {
				return err
			}
		}
		return a.sendRedeploy(ctx, backend, target, values, f.noWait, format)
	})
}

// rebuild runs the action of that name and waits.
func (a *app) rebuild(cmd *cobra.Command, args []string, noWait bool) error {
	ctx := cmd.Context()
	var other string
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if cmd.LocalNonPersistentFlags().Lookup(flag.Name) != nil && flag.Name != "rebuild" && flag.Name != "no-wait" {
			other = flag.Name
		}
	})
	switch {
	case len(args) > 1:
		return usagef(cmd.CommandPath(), "--rebuild keeps the code that serves: leave out %s", args[1])
	case other != "":
		return usagef(cmd.CommandPath(), "--rebuild changes nothing but the packages: leave out --%s", other)
	}
	format, err := a.format(cmd.CommandPath())
	if err != nil {
		return err
	}
	return a.with(ctx, func(backend client.Backend) error {
		f, err := findFunction(ctx, backend, args[0])
		if err != nil {
			return err
		}
		out, err := a.act(ctx, backend, action.Rebuild, action.Target{Function: &f}, action.Values{})
		if err != nil {
			return err
		}
		return a.settle(ctx, backend, *out.Function, noWait, format)
	})
}

// overGap asks, where an action has stopped because it would leave a gap, and runs it
// again after a yes.
func (a *app) overGap(ctx context.Context, backend client.Backend, what action.Action, target action.Target, values action.Values, err error) (action.Outcome, error) {
	var gap *action.GapError
	if !errors.As(err, &gap) {
		return action.Outcome{}, err
	}
	if err := a.ask(ctx, gap.Check(backend.Describe())); err != nil {
		return action.Outcome{}, err
	}
	return a.carryOut(ctx, backend, what, target, gap.Accept(values))
}

// sendRedeploy runs the action, asks where its findings want a yes, and waits.
func (a *app) sendRedeploy(ctx context.Context, backend client.Backend, f client.Function, values action.Values, noWait bool, format string) error {
	if err := waits(backend, "redeploy", noWait); err != nil {
		return err
	}
	target := action.Target{Function: &f}
	out, err := a.act(ctx, backend, action.Redeploy, target, values)
	var findings *action.FindingsError
	if errors.As(err, &findings) {
		if values.Code, err = a.approve(ctx, findings.Preview); err != nil {
			return err
		}
		out, err = a.act(ctx, backend, action.Redeploy, target, values)
	}
	if err != nil {
		out, err = a.overGap(ctx, backend, action.Redeploy, target, values, err)
	}
	if errors.Is(err, action.ErrUnchanged) {
		return hinted(err, "--force sends the same code again")
	}
	if err != nil {
		return err
	}
	return a.settle(ctx, backend, *out.Function, noWait, format)
}
