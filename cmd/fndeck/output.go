package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"fndeck/ui"
)

// The output formats of commands that print values.
const (
	formatTable = "table"
	formatWide  = "wide"
	formatJSON  = "json"
	formatYAML  = "yaml"
	formatName  = "name"
	formatJSONL = "jsonl"
)

// listFormats are what a command that prints values takes.
var listFormats = []string{formatTable, formatWide, formatJSON, formatYAML, formatName, formatJSONL}

// format returns the -o of a command: the first of allowed by default, an error
// for one that is not allowed.
func (a *app) format(command string, allowed ...string) (string, error) {
	if a.flags.output == "" {
		return allowed[0], nil
	}
	if slices.Contains(allowed, a.flags.output) {
		return a.flags.output, nil
	}
	return "", usagef(command, "-o %s: allowed are %s", a.flags.output, strings.Join(allowed, ", "))
}

// row is one thing that a command prints.
type row struct {
	// key is its identity, name what another command takes.
	key, name string
	// cells are for the columns of the table, then those of the wide one.
	cells []string
	// value is what JSON and YAML print.
	value any
}

// sheet is a list of rows with its columns.
type sheet struct {
	header, wide []string
	rows         []row
	// one says that a single thing was asked for: JSON prints no list around it.
	one bool
	// empty is the sentence for a table without rows.
	empty string
}

// print writes the sheet in one of listFormats.
func (a *app) print(s sheet, format string) error {
	switch format {
	case formatTable, formatWide:
		return a.printTable(s, format == formatWide)
	case formatName:
		return a.printNames(s)
	case formatJSONL:
		return a.printLines(s)
	}
	var value any
	if s.one && len(s.rows) == 1 {
		value = s.rows[0].value
	} else {
		list := make([]any, 0, len(s.rows))
		for _, r := range s.rows {
			list = append(list, r.value)
		}
		value = list
	}
	return a.printValue(value, format)
}

// printValue writes one value as JSON or YAML.
func (a *app) printValue(value any, format string) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	if format == formatYAML {
		text, err = yamlFromJSON(text)
	} else {
		var tidy bytes.Buffer
		err = json.Indent(&tidy, text, "", "  ")
		text = append(tidy.Bytes(), '\n')
	}
	if err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	return a.write(inertJSON(text))
}

func (a *app) printLines(s sheet) error {
	for _, r := range s.rows {
		text, err := json.Marshal(r.value)
		if err != nil {
			return fmt.Errorf("print the answer: %w", err)
		}
		if err := a.write(append(inertJSON(text), '\n')); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printNames(s sheet) error {
	for _, r := range s.rows {
		if err := a.write([]byte(ui.Clean(r.name) + "\n")); err != nil {
			return err
		}
	}
	return nil
}

// write writes to stdout; its error ends the command.
func (a *app) write(text []byte) error {
	if _, err := a.out.Write(text); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// inertJSON escapes in a JSON text what JSON lets through and a terminal obeys:
// DEL, the C1 controls, and the marks that reorder or hide text. They stand in
// strings only, where the escape means the same. An invalid byte becomes the
// replacement character, which it could only have been read as.
func inertJSON(text []byte) []byte {
	if !bytes.ContainsFunc(text, obeyed) {
		return text
	}
	var out bytes.Buffer
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case !obeyed(r):
			out.Write(text[:size])
		case r > 0xffff:
			// Tag characters need a surrogate pair.
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out.Bytes()
}

// obeyed reports whether a terminal would act on r, or hide it. Newline, tab and
// carriage return are JSON's own white space; inside strings JSON escapes every
// control below the space itself.
func obeyed(r rune) bool {
	switch {
	case r >= 0x7f && r <= 0x9f, r == 0x61c, r == 0xfeff, r == utf8.RuneError:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	}
	return r >= 0xe0000 && r <= 0xe007f
}
