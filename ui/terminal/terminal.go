// Package terminal says to the terminal what is no text on its screen: what
// belongs on the clipboard, and that something has happened. It writes nothing; it
// makes the sequences.
package terminal

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// MaxCopied bounds a text for the clipboard, in bytes: many terminals take no more
// in one sequence.
const MaxCopied = 74 << 10

// screenChunk is how much GNU screen passes on in one string.
const screenChunk = 768

// Way is what stands between the program and the terminal that a person sees. The
// zero value is nothing.
type Way struct{ tmux, screen bool }

// Through reads the way from the environment of the terminal.
func Through(environ []string) Way {
	set := func(name string) bool {
		return slices.ContainsFunc(environ, func(kv string) bool {
			value, ok := strings.CutPrefix(kv, name+"=")
			return ok && value != ""
		})
	}
	return Way{tmux: set("TMUX"), screen: set("STY")}
}

// Copy puts a text on the clipboard (OSC 52). No terminal says whether it did.
//
// tmux takes the plain sequence where set-clipboard is on, and passes on the
// wrapped one where allow-passthrough is; one of them is enough.
func (w Way) Copy(text string) string {
	plain := ansi.SetSystemClipboard(text)
	switch {
	case w.tmux:
		return plain + ansi.TmuxPassthrough(plain)
	case w.screen:
		return ansi.ScreenPassthrough(plain, screenChunk)
	}
	return plain
}

// Notify tells a person who looks elsewhere: as OSC 9 and OSC 777, of which most
// terminals know one, and with the bell. title and body are cleaned text.
func (w Way) Notify(title, body string) string {
	title, body = strings.ReplaceAll(title, ";", ","), strings.ReplaceAll(body, ";", ",")
	for _, said := range []*string{&title, &body} {
		*said = strings.Map(printable, *said)
	}
	sequence := ansi.Notify(title+": "+body) + "\x1b]777;notify;" + title + ";" + body + "\x07"
	switch {
	case w.tmux:
		sequence = ansi.TmuxPassthrough(sequence)
	case w.screen:
		sequence = ansi.ScreenPassthrough(sequence, screenChunk)
	}
	return sequence + "\x07"
}

// printable drops what would end the sequence: text of others was cleaned before,
// and nothing here relies on it.
func printable(r rune) rune {
	if r < ' ' || r >= 0x7f && r < 0xa0 {
		return -1
	}
	return r
}
