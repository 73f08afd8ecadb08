package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/embedded"
	"fndeck/client/embedded/engine"
	"fndeck/client/embedded/engine/doctor"
	"fndeck/client/embedded/wire"
	"fndeck/cmd/contexts/check"
	"fndeck/cmd/output"
	"fndeck/ui"
)

// doctorCommand looks for what keeps fndeck from working, and mends it.
func (a *app) doctorCommand() *cobra.Command {
	var repair, offline bool
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Find what is wrong with this machine, the engine's state or a context",
		Long: "doctor checks the configuration file, the state directory and its modes, the\nengine, the key, the socket's place, Pythons and pip, the disk, the database with\n" +
			"the checksum of every row, the code archives and the package environments. Of each\ncontext it checks that secrets are where it says, who has signed in, whether issuer\nand API answer as they should, the clocks, and what the identity may do in the\nproject; --context NAME looks at those named only, --offline asks no host.\n\nIt says of each finding what is wrong, why that matters, and what to do; it exits\nwith 1 if there is one. Looking changes nothing, and an engine may run. No host is\nasked but those of the contexts.\n\n" +
			"--repair mends modes, brings what is right in a damaged database into a new one\nand sets damaged files aside, all without an engine: fndeck engine stop. Nothing\nis deleted, and what is lost is listed.",
		Example: "  fndeck doctor\n  fndeck doctor --context prod\n  fndeck doctor --offline\n  fndeck doctor -o json | jq -r '.[].fix'\n  fndeck doctor --repair",
		Args:    between(0, 0),
	}
	command.Flags().BoolVar(&repair, "repair", false, "mend what can be mended; no engine may run")
	command.Flags().BoolVar(&offline, "offline", false, "look at this machine only: no issuer and no API is asked")
	command.RunE = func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd, repair, offline) }
	return command
}

func (a *app) doctor(cmd *cobra.Command, repair, offline bool) error {
	format, err := a.format(cmd.CommandPath())
	if err != nil {
		return err
	}
	setup, findings := a.doctorSetup()
	if repair && setup.StateDir != "" {
		if err := a.repair(cmd, setup); err != nil {
			return err
		}
	}
	if setup.StateDir != "" {
		report := doctor.Look(cmd.Context(), setup)
		of, err := a.doctorContexts(cmd.Context(), offline)
		if err != nil {
			return err
		}
		findings = append(append(findings, report.Findings...), of.Findings...)
		for _, fact := range append(report.Facts, of.Facts...) {
			a.note("%s", ui.Clean(fact))
		}
	}
	if err := a.printFindings(findings, format); err != nil {
		return err
	}
	switch len(findings) {
	case 0:
		return nil
	case 1:
		return errors.New("1 thing is wrong")
	}
	return fmt.Errorf("%d things are wrong", len(findings))
}

// doctorSetup says where to look, and what is wrong with the question already.
func (a *app) doctorSetup() (setup doctor.Setup, findings []doctor.Finding) {
	if _, err := a.configuration(); err != nil {
		x := client.Explain(err)
		findings = append(findings, doctor.Finding{What: x.Sentence, Why: "no command works with a configuration that cannot be read", Fix: orElse(x.Hint, "mend that line, or move the file away")})
	}
	dir, err := a.stateDir()
	if err != nil {
		return setup, append(findings, doctor.Finding{What: "there is no place for the engine's state", Why: err.Error(), Fix: "set HOME, XDG_STATE_HOME or FNDECK_STATE_DIR"})
	}
	key, _, err := a.keyFile()
	if err != nil {
		findings = append(findings, doctor.Finding{What: "there is no place for the key that seals secrets", Why: err.Error(), Fix: "set HOME or XDG_DATA_HOME"})
	}
	return doctor.Setup{
		StateDir: dir, KeyFile: key, Version: version, Env: a.env, Clock: a.now,
		Status: func(ctx context.Context) (wire.Status, error) { return embedded.Status(ctx, dir) },
	}, findings
}

// doctorContexts looks at the contexts, or at the one that the command line names.
// A configuration that cannot be read has none, and is a finding already.
func (a *app) doctorContexts(ctx context.Context, offline bool) (report doctor.Report, err error) {
	c, err := a.configuration()
	if err != nil {
		return report, nil
	}
	all := c.Contexts
	if a.namedContext != "" {
		if all, err = a.allChosen(); err != nil {
			return report, err
		}
	}
	desk, err := a.contextDesk()
	if err != nil {
		return report, nil // what is missing for it is a finding already
	}
	return check.Look(ctx, check.Setup{Desk: desk, Offline: offline}, all), nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// repair mends the state and tells what it did.
func (a *app) repair(cmd *cobra.Command, setup doctor.Setup) error {
	if err := a.writable("nothing is repaired"); err != nil {
		return err
	}
	done, err := doctor.Repair(cmd.Context(), setup)
	for _, sentence := range done {
		a.note("%s", ui.Clean(sentence))
	}
	switch {
	case errors.Is(err, engine.ErrLocked):
		return &client.Error{Code: client.CodeConflict, Message: "an engine serves " + setup.StateDir, Hint: "close the consoles, run fndeck engine stop, then repair"}
	case errors.Is(err, fs.ErrNotExist):
		a.note("there is no state to repair")
		return nil
	case err != nil:
		return err
	}
	if len(done) == 0 {
		a.note("there was nothing to repair")
	}
	return nil
}

// printFindings prints sentences for people: cells of a table would be cut in
// the middle of a path.
func (a *app) printFindings(findings []doctor.Finding, format string) error {
	if format != output.Formats()[0] || len(findings) == 0 {
		return a.print(findingsSheet(findings), format)
	}
	var text strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&text, "%s\n  why: %s\n  fix: %s\n", ui.Clean(f.What), ui.Clean(f.Why), ui.Clean(f.Fix))
	}
	return a.write([]byte(text.String()))
}

func findingsSheet(findings []doctor.Finding) sheet {
	s := sheet{Header: []string{"WHAT", "WHY", "FIX"}, Empty: "nothing is wrong"}
	for i, f := range findings {
		s.Rows = append(s.Rows, row{Key: strconv.Itoa(i), Name: f.What, Value: f, Cells: []string{f.What, f.Why, f.Fix}})
	}
	return s
}
