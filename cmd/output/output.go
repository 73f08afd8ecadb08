// Package output prints what the subcommands answer: tables, names, JSON, YAML
// and JSON lines. Nothing that it prints can drive a terminal.
package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"fndeck/ui"
)

// The output formats of commands that print values.
const (
	Table = "table"
	Wide  = "wide"
	JSON  = "json"
	YAML  = "yaml"
	Name  = "name"
	JSONL = "jsonl"
)

// Formats returns what a command that prints values takes, the default first.
func Formats() []string { return []string{Table, Wide, JSON, YAML, Name, JSONL} }

// Row is one thing that a command prints.
type Row struct {
	// Key is its identity, Name what another command takes.
	Key, Name string
	// Cells are for the columns of the table, then those of the wide one.
	Cells []string
	// Value is what JSON and YAML print.
	Value any
}

// Sheet is a list of rows with its columns.
type Sheet struct {
	Header, Wide []string
	Rows         []Row
	// One says that a single thing was asked for: JSON prints no list around it.
	One bool
	// Empty is the sentence for a table without rows.
	Empty string
	// Block says that its one row is too wide for a terminal, which gets a line for
	// each column instead.
	Block bool
}

// Printer writes answers to Out and remarks to Note.
type Printer struct {
	Out  io.Writer
	Note func(sentence string)
	// NoHeaders leaves out the first line of a table, Color paints state words.
	NoHeaders, Color bool
	// Width is how many columns the terminal has that reads Out, 0 if none does. A
	// table wider than that gives up text of its last column; a file, a pipe and
	// -o wide get all.
	Width int
}

// Print writes the sheet in one of Formats.
func (p Printer) Print(s Sheet, format string) error {
	switch format {
	case Table, Wide:
		return p.table(s, format == Wide)
	case Name:
		return p.names(s)
	case JSONL:
		return p.lines(s)
	}
	var value any
	if s.One && len(s.Rows) == 1 {
		value = s.Rows[0].Value
	} else {
		list := make([]any, 0, len(s.Rows))
		for _, r := range s.Rows {
			list = append(list, r.Value)
		}
		value = list
	}
	return p.Value(value, format)
}

// Value writes one value as JSON or YAML.
func (p Printer) Value(value any, format string) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	if format == YAML {
		text, err = yamlFromJSON(text)
	} else {
		var tidy bytes.Buffer
		err = json.Indent(&tidy, text, "", "  ")
		text = append(tidy.Bytes(), '\n')
	}
	if err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	return p.Write(Inert(text))
}

func (p Printer) lines(s Sheet) error {
	for _, r := range s.Rows {
		text, err := json.Marshal(r.Value)
		if err != nil {
			return fmt.Errorf("print the answer: %w", err)
		}
		if err := p.Write(append(Inert(text), '\n')); err != nil {
			return err
		}
	}
	return nil
}

func (p Printer) names(s Sheet) error {
	for _, r := range s.Rows {
		if err := p.Write([]byte(ui.Clean(r.Name) + "\n")); err != nil {
			return err
		}
	}
	return nil
}

// Write writes to stdout; its error ends the command.
func (p Printer) Write(text []byte) error {
	if _, err := p.Out.Write(text); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// Inert escapes in a JSON text what JSON lets through and a terminal obeys:
// DEL, the C1 controls, and the marks that reorder or hide text. They stand in
// strings only, where the escape means the same. An invalid byte becomes the
// replacement character, which it could only have been read as.
func Inert(text []byte) []byte {
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
