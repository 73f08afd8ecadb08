package ui

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"fndeck/ui/needle"
)

// The parts of a line that a search can name, as in level:warn and source:ims.
const (
	lineText = iota
	lineLevel
	lineSource
)

// parseLineFilter reads a search of a log: terms as of ParseFilter, of which
// level: and source: name a part of the line. A colon after any other word is
// text.
func parseLineFilter(source string) (*Filter, error) {
	f, err := parseFilter(source, func(name string) (int, error) {
		switch strings.ToLower(name) {
		case "level":
			return lineLevel, nil
		case "source":
			return lineSource, nil
		}
		return anyColumn, nil
	})
	if err != nil || f == nil {
		return f, err
	}
	for i, term := range f.terms {
		if term.key != "" {
			return nil, errors.New("-l filters lists: a line has no metadata")
		}
		if term.column == lineLevel {
			f.terms[i].text, f.terms[i].fold = strings.ToLower(term.text), true
		}
	}
	return f, nil
}

// matchLine reports whether a line matches. text is the line or a piece of it,
// head its beginning.
func (f *Filter) matchLine(source, head, text string) bool {
	return f.MatchRow(lineText+1, func(part int) string {
		switch part {
		case lineLevel:
			return levelOf(head)
		case lineSource:
			return source
		}
		return text
	}, noLabel)
}

// needle is the longest text that every line has which matches, nil if nothing is
// known of that.
func (f *Filter) needle() *needle.Needle {
	if f == nil {
		return nil
	}
	longest := filterTerm{}
	for _, t := range f.terms {
		named := t.column != anyColumn && t.column != lineText
		if named || t.inverse || t.fuzzy || t.re != nil || t.bound != nil || t.fold && !ascii(t.text) {
			continue
		}
		if len(t.text) > len(longest.text) {
			longest = t
		}
	}
	if longest.text == "" {
		return nil
	}
	return needle.New(longest.text, longest.fold && !longest.plain)
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

const (
	// levelWithin is how near to the beginning of a line its level stands, behind
	// the time and the name of a logger.
	levelWithin = 80
	// fieldWithin is as far as a field that names the level is looked for.
	fieldWithin = 4 << 10
)

// A level is a word in capitals, or the first word where a bracket or a colon
// sets it off, or a field of JSON or of key=value.
var (
	levelWord  = regexp.MustCompile(`\b(TRACE|DEBUG|INFO|WARN|WARNING|ERR|ERROR|CRIT|CRITICAL|FATAL)\b|^\W?(?i:(trace|debug|info|warn|warning|err|error|crit|critical|fatal))[\]:>|]`)
	levelField = regexp.MustCompile(`(?i)\b(?:level|levelname|severity)"?\s*[:=]\s*"?([a-z]+)`)
)

// levelOf is the level of a line by all its names, "" if it shows none.
func levelOf(head string) string {
	name, _ := findLevel(head)
	switch name = strings.ToLower(name); name {
	case "warn", "warning":
		return "warning"
	case "err", "error":
		return "error"
	case "crit", "critical", "fatal":
		return "critical fatal"
	}
	return name
}

// findLevel is the level of a line as it is written there; inField says that it stands
// in a field, which may be anywhere in the line.
func findLevel(head string) (name string, inField bool) {
	field, word := head[:min(len(head), fieldWithin)], head[:min(len(head), levelWithin)]
	if !strings.HasPrefix(strings.TrimLeft(word, " \t"), "{") {
		if name := firstGroup(levelWord, word); name != "" {
			return name, false
		}
	}
	name = firstGroup(levelField, field)
	return name, name != ""
}

// levelCell is the level of a line in the room of a column.
func levelCell(head string) (string, Tone) {
	switch level := levelOf(head); level {
	case "critical fatal":
		return "FATAL", ToneBad
	case "error":
		return "ERROR", ToneBad
	case "warning":
		return "WARN", ToneWarn
	case "info", "debug", "trace":
		return strings.ToUpper(level), ToneDim
	}
	return "", ToneDim // a word that is no level
}

// firstGroup is what a group of a pattern holds, "" if it does not match.
func firstGroup(pattern *regexp.Regexp, text string) string {
	found := pattern.FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	return strings.Join(found[1:], "")
}
