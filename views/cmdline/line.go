// Package cmdline reads what is typed behind the colon: a view or an action
// with what it is for. It knows the grammar and no view.
package cmdline

import (
	"errors"
	"fmt"
	"strings"
)

// Line is a command line in its parts: word [name…] [/filter] [key=value…]
// [@context]. Quotes keep spaces together.
type Line struct {
	Word    string
	Names   []string
	Filter  string
	Options map[string]string
	Context string
}

// Parse reads a line. An empty line is the zero Line.
func Parse(text string) (Line, error) {
	words, err := split(text)
	if err != nil || len(words) == 0 {
		return Line{}, err
	}
	line := Line{Word: words[0].text}
	for _, w := range words[1:] {
		key, value, option := strings.Cut(w.text, "=")
		switch {
		case w.quoted:
			line.Names = append(line.Names, w.text)
		case strings.HasPrefix(w.text, "/"):
			if line.Filter != "" {
				return Line{}, errors.New("two filters: put the terms behind one /, in quotes if they have spaces")
			}
			if line.Filter = strings.TrimPrefix(w.text, "/"); strings.HasSuffix(line.Filter, "/") {
				line.Filter = w.text // a regular expression keeps its slashes
			}
		case strings.HasPrefix(w.text, "@") && len(w.text) > 1:
			line.Context = w.text[1:]
		case option && key != "":
			if line.Options == nil {
				line.Options = map[string]string{}
			}
			line.Options[key] = value
		default:
			line.Names = append(line.Names, w.text)
		}
	}
	return line, nil
}

// word is one word; quoted says that it began with a quote.
type word struct {
	text   string
	quoted bool
}

func split(text string) ([]word, error) {
	var words []word
	var b strings.Builder
	open, begun, quoted := rune(0), false, false
	end := func() {
		if begun {
			words = append(words, word{b.String(), quoted})
		}
		b.Reset()
		begun, quoted = false, false
	}
	for _, r := range text {
		switch {
		case open != 0 && r == open:
			open = 0
		case open != 0:
			b.WriteRune(r)
		case r == '"' || r == '\'':
			quoted = quoted || !begun
			open, begun = r, true
		case r == ' ' || r == '\t':
			end()
		default:
			begun = true
			b.WriteRune(r)
		}
	}
	if open != 0 {
		return nil, fmt.Errorf("the quote %c is not closed", open)
	}
	end()
	return words, nil
}

// Quote writes a name so that Parse reads it as one.
func Quote(name string) string {
	if name != "" && !strings.ContainsAny(name, " \t\"'=") && !strings.ContainsAny(name[:1], "/@") {
		return name
	}
	if strings.Contains(name, `"`) {
		return "'" + name + "'"
	}
	return `"` + name + `"`
}

// Complete returns the texts that a line may be completed to, given the words
// that may begin it and the names that may follow. Only its last word changes.
func Complete(text string, words, names []string) []string {
	at := strings.LastIndexByte(text, ' ') + 1
	candidates := words
	if strings.TrimSpace(text[:at]) != "" {
		candidates = names
	}
	var found []string
	for _, c := range candidates {
		if strings.HasPrefix(strings.ToLower(c), strings.ToLower(text[at:])) {
			found = append(found, text[:at]+Quote(c))
		}
	}
	return found
}
