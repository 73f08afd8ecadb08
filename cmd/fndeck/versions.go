package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/drift"
	"fndeck/cmd/output"
	"fndeck/ui"
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
			if version, err = versionNumber(cmd, args[1]); err != nil {
				return err
			}
		}
		return a.with(ctx, func(backend client.Backend) error {
			f, err := findFunction(ctx, backend, args[0])
			if err != nil {
				return err
			}
			if err := waits(backend, "rollback", noWait); err != nil {
				return err
			}
			target := action.Target{Function: &f}
			// What cannot be done is told before anything is asked.
			if reason := action.Rollback.Reason(backend, target); reason == "" {
				if version, err = action.RollbackTo(ctx, backend, f, version); err != nil {
					return err
				}
			}
			values := action.Values{Version: version}
			out, err := a.act(ctx, backend, action.Rollback, target, values)
			if err != nil {
				out, err = a.overGap(ctx, backend, action.Rollback, target, values, err)
			}
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

// versionNumber reads 3 or v3.
func versionNumber(cmd *cobra.Command, text string) (int, error) {
	version, err := strconv.Atoi(strings.TrimPrefix(text, "v"))
	if err != nil || version < 1 {
		return 0, usagef(cmd.CommandPath(), "version %q: a number such as 3 or v3 is expected", text)
	}
	return version, nil
}

// diffFlags are the flags of diff.
type diffFlags struct {
	version  string
	files    bool
	exitCode bool
}

func (a *app) diffCommand() *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff NAME [DIR|ZIP|NOTEBOOK]",
		Short: "Show what differs from what is deployed",
		Long: "diff compares the folder that a function was deployed from, or the one given, with\n" +
			"the version that serves. It lists the files that were added (A), changed (M) and are\n" +
			"gone (D), and prints the difference of texts in the unified format. Only what a\ndeploy would pack is looked at, and nothing is sent.",
		Example: `  fndeck diff hello
  fndeck diff hello ./hello --version v3
  fndeck diff hello --files --exit-code
  fndeck diff hello -o json | jq .changed`,
		Args:              between(1, 2),
		ValidArgsFunction: a.completeFunctions,
	}
	flags := cmd.Flags()
	flags.StringVar(&f.version, "version", "", "the version to compare with (default: the one that serves)")
	flags.BoolVar(&f.files, "files", false, "list the files only")
	flags.BoolVar(&f.exitCode, "exit-code", false, "exit with 1 if anything differs")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.diff(cmd, args, f) }
	return cmd
}

// diffObject is a comparison as machines read it.
type diffObject struct {
	Function string   `json:"function"`
	Version  int      `json:"version"`
	Folder   string   `json:"folder"`
	Added    []string `json:"added"`
	Changed  []string `json:"changed"`
	Gone     []string `json:"gone"`
}

// comparison is a version of a function beside what lies at a path.
type comparison struct {
	fn      client.Function
	version int
	path    string
}

func (a *app) diff(cmd *cobra.Command, args []string, f diffFlags) error {
	ctx := cmd.Context()
	format, err := a.format(cmd.CommandPath())
	if err != nil {
		return err
	}
	return a.with(ctx, func(backend client.Backend) error {
		fn, err := findFunction(ctx, backend, args[0])
		if err != nil {
			return err
		}
		c := comparison{fn: fn, version: fn.Version, path: fn.Folder}
		if f.version != "" {
			if c.version, err = versionNumber(cmd, f.version); err != nil {
				return err
			}
		}
		if len(args) > 1 {
			c.path = args[1]
		}
		switch {
		case c.path == "":
			return usagef(cmd.CommandPath(), "the folder of %s is not known: name it", fn.Name)
		case c.version == 0 && action.Comparable(fn) != "":
			return &client.Error{Code: client.CodeConflict, Message: "diff: no version of " + fn.Name + " serves", Hint: "fndeck get versions --function NAME lists them, --version chooses one"}
		}
		at := fn
		at.Version = c.version
		d, patch, err := action.Differences(ctx, backend, at, c.path)
		if err != nil {
			return err
		}
		a.note("%s %s and %s: %s", ui.Clean(fn.Name), action.VersionWords(c.version), ui.Clean(c.path), cmp.Or(d.Summary(), "no difference"))
		if err := a.printFiles(c, d, format); err != nil {
			return err
		}
		if !f.files && d.Count() > 0 && (format == output.Table || format == output.Wide) {
			if err := a.printPatch(patch); err != nil {
				return err
			}
		}
		if f.exitCode && d.Count() > 0 {
			return &client.Error{Code: client.CodeFailed, Message: fmt.Sprintf("%s differs from %s in %s", fn.Name, action.VersionWords(c.version), ui.Counted(d.Count(), "file"))}
		}
		return nil
	})
}

// printFiles lists what differs: a line for each file, or one value.
func (a *app) printFiles(c comparison, d drift.Drift, format string) error {
	switch format {
	case output.Table, output.Wide:
		var lines strings.Builder
		for _, change := range d.Changes() {
			fmt.Fprintf(&lines, "%c  %s\n", change.Letter, ui.Clean(change.Path))
		}
		return a.write([]byte(lines.String()))
	case output.Name:
		rows := make([]row, 0, d.Count())
		for _, change := range d.Changes() {
			rows = append(rows, row{Key: change.Path, Name: change.Path})
		}
		return a.print(sheet{Rows: rows}, format)
	}
	value := diffObject{Function: c.fn.Name, Version: c.version, Folder: c.path, Added: []string{}, Changed: []string{}, Gone: []string{}}
	value.Added, value.Changed, value.Gone = append(value.Added, d.Added...), append(value.Changed, d.Changed...), append(value.Gone, d.Gone...)
	return a.print(sheet{One: true, Rows: []row{{Key: c.fn.ID, Name: c.fn.Name, Value: value}}}, format)
}

// printPatch prints the difference of texts: byte for byte where a program reads
// it, and cleaned for a terminal.
func (a *app) printPatch(patch string) error {
	if a.outTerminal {
		patch = strings.Join(ui.CleanLines(patch), "\n") + "\n"
	}
	return a.write([]byte("\n" + patch))
}
