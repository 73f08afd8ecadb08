// Package cron reads five-field cron expressions, tells when they fire and says
// so in words.
//
// All expressions are in UTC and have the resolution of a minute. Restricting
// both day fields means that either may match. Expr is a value: it is immutable
// and safe for concurrent use. The package does no I/O and reads no clock.
package cron

import (
	"strings"
	"time"

	"fndeck/client"
)

// maxBytes bounds an expression. The longest sensible one, every minute of the
// hour as a list, has about 170 bytes.
const maxBytes = 256

// Expr is a parsed expression. Use Parse: the zero value never fires.
type Expr struct {
	source string
	fields [fieldCount]set
}

// set is one parsed field.
type set struct {
	// bits has bit n set if the value n matches; Sunday is 0.
	bits uint64
	// star says that the field was left open with "*". A field that merely lists
	// everything, such as 1-31, is not: the rule of the two day fields asks for it.
	star  bool
	items []item
}

func (s set) has(v int) bool { return s.bits&(1<<uint(v)) != 0 }

// Parse reads a five-field expression: numbers, names (JAN, MON), lists,
// ranges and steps; 7 is Sunday like 0. The error is a *client.Error of
// CodeInvalid that names the field. Time zone prefixes, "@" words, and
// expressions that never fire are refused.
func Parse(expr string) (Expr, error) {
	words, err := split(expr)
	if err != nil {
		return Expr{}, err
	}
	var e Expr
	var normal [fieldCount]string
	for i, word := range words {
		s, err := parseField(i, word, expr)
		if err != nil {
			return Expr{}, err
		}
		e.fields[i], normal[i] = s, s.source(i)
	}
	if why := e.neverFires(); why != "" {
		return Expr{}, client.Invalidf("%q never fires: %s", expr, why)
	}
	e.source = strings.Join(normal[:], " ")
	return e, nil
}

// split cuts the expression into its five fields and refuses what is no
// five-field expression at all.
func split(expr string) ([]string, error) {
	if len(expr) > maxBytes {
		return nil, client.Invalidf("the cron expression has %d bytes: five fields never need more than %d", len(expr), maxBytes)
	}
	upper := strings.ToUpper(strings.TrimSpace(expr))
	switch {
	case strings.HasPrefix(upper, "TZ=") || strings.HasPrefix(upper, "CRON_TZ="):
		return nil, client.Invalidf("%q sets a time zone: the five fields are always in UTC", expr)
	case strings.HasPrefix(upper, "@"):
		return nil, client.Invalidf("%q is no five-field expression: words that start with @ are not supported", expr)
	}
	words := strings.FieldsFunc(expr, func(r rune) bool { return r == ' ' || r == '\t' })
	for i, word := range words {
		for _, r := range word {
			if r < 0x20 || r > 0x7e {
				return nil, client.Invalidf("field %d of %q has the character %q: only plain ASCII is allowed", i+1, expr, r)
			}
		}
	}
	if len(words) != fieldCount {
		return nil, wrongCount(expr, len(words))
	}
	return words, nil
}

// wrongCount says what is needed, and what a sixth field usually is.
func wrongCount(expr string, count int) error {
	noun := "fields"
	if count == 1 {
		noun = "field"
	}
	err := client.Invalidf("%q has %d %s: needed are 5, minute hour day-of-month month day-of-week", expr, count, noun)
	if count == fieldCount+1 {
		err.Hint = "seconds and years are not supported: leave the sixth field out"
	}
	return err
}

// String returns the expression in its plainest spelling: one space between
// fields, numbers for names, 0 for Sunday, and 5-59/15 for 5/15.
func (e Expr) String() string { return e.source }

// Upcoming returns the next n times after the given one.
func (e Expr) Upcoming(after time.Time, n int) []time.Time {
	var times []time.Time
	for range n {
		after = e.Next(after)
		if after.IsZero() {
			break
		}
		times = append(times, after)
	}
	return times
}
