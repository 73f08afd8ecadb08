package main

import (
	"slices"
	"strings"

	"fndeck/cmd/output"
)

// The types that every listing command makes.
type (
	row   = output.Row
	sheet = output.Sheet
)

// printer returns the writer of answers as the flags want it.
func (a *app) printer() output.Printer {
	return output.Printer{
		Out:       a.out,
		Note:      func(sentence string) { a.note("%s", sentence) },
		NoHeaders: a.flags.noHeaders,
		Color:     a.colored(),
		Width:     a.outWidth,
	}
}

// print writes a sheet to stdout.
func (a *app) print(s sheet, format string) error { return a.printer().Print(s, format) }

// write writes to stdout; its error ends the command.
func (a *app) write(text []byte) error { return a.printer().Write(text) }

// format returns the -o of a command: the first of allowed by default, an error
// for one that is not allowed. Without allowed it is output.Formats.
func (a *app) format(command string, allowed ...string) (string, error) {
	if len(allowed) == 0 {
		allowed = output.Formats()
	}
	if a.flags.output == "" {
		return allowed[0], nil
	}
	if slices.Contains(allowed, a.flags.output) {
		return a.flags.output, nil
	}
	return "", usagef(command, "-o %s: allowed are %s", a.flags.output, strings.Join(allowed, ", "))
}

// colored reports whether stdout gets colours: --color, then NO_COLOR, then
// CLICOLOR_FORCE, then whether somebody looks.
func (a *app) colored() bool {
	switch {
	case a.flags.color == "always":
		return true
	case a.flags.color == "never", a.env("NO_COLOR") != "":
		return false
	case a.env("CLICOLOR_FORCE") != "" && a.env("CLICOLOR_FORCE") != "0":
		return true
	case a.env("CLICOLOR") == "0", a.env("TERM") == "dumb":
		return false
	}
	return a.outTerminal
}
