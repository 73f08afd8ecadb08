package cron

import (
	"strconv"
	"strings"
	"time"

	"fndeck/client"
)

// searchMonths bounds the search for a match: the longest wait is for 29
// February across a century that is no leap year, eight years and a bit.
const searchMonths = 9 * 12

// NextRun is a schedule's next run as its backend tells it, else as its expression
// says; zero if neither is known.
func NextRun(s client.Schedule, now time.Time) time.Time {
	if !s.Next.IsZero() {
		return s.Next
	}
	expr, err := Parse(s.Cron)
	if err != nil {
		return time.Time{}
	}
	return expr.Next(now)
}

// Next returns the first time strictly after the given one at which the
// expression fires, in UTC. It is never the zero time for an Expr from Parse.
func (e Expr) Next(after time.Time) time.Time {
	after = after.UTC()
	y, m, d := after.Date()
	t := time.Date(y, m, d, after.Hour(), after.Minute()+1, 0, 0, time.UTC)
	for range searchMonths {
		if e.fields[month].has(int(t.Month())) {
			if found, ok := e.inMonth(t); ok {
				return found
			}
		}
		t = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}

// inMonth looks for a match from t to the end of its month.
func (e Expr) inMonth(t time.Time) (time.Time, bool) {
	for m := t.Month(); t.Month() == m; {
		if e.dayMatches(t) {
			if found, ok := e.inDay(t); ok {
				return found, true
			}
		}
		t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}, false
}

// inDay looks for a match from t to the end of its day.
func (e Expr) inDay(t time.Time) (time.Time, bool) {
	first := t.Minute()
	for h := t.Hour(); h < 24; h++ {
		if e.fields[hour].has(h) {
			for m := first; m < 60; m++ {
				if e.fields[minute].has(m) {
					return time.Date(t.Year(), t.Month(), t.Day(), h, m, 0, 0, time.UTC), true
				}
			}
		}
		first = 0
	}
	return time.Time{}, false
}

// dayMatches applies the rule of the two day fields: with both restricted,
// either may match.
func (e Expr) dayMatches(t time.Time) bool {
	dom, dow := e.fields[dayOfMonth], e.fields[dayOfWeek]
	switch {
	case dom.star:
		return dow.has(int(t.Weekday()))
	case dow.star:
		return dom.has(t.Day())
	default:
		return dom.has(t.Day()) || dow.has(int(t.Weekday()))
	}
}

// longestDays is the length of each month in its longest year.
var longestDays = [13]int{1: 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// neverFires returns why no date can match, "" if one can.
func (e Expr) neverFires() string {
	dom, dow := e.fields[dayOfMonth], e.fields[dayOfWeek]
	if dom.star || !dow.star {
		return ""
	}
	var months []string
	for m := 1; m <= 12; m++ {
		if !e.fields[month].has(m) {
			continue
		}
		for d := 1; d <= longestDays[m]; d++ {
			if dom.has(d) {
				return ""
			}
		}
		months = append(months, time.Month(m).String())
	}
	var days []string
	for d := 1; d <= 31; d++ {
		if dom.has(d) {
			days = append(days, strconv.Itoa(d))
		}
	}
	verb := " has no day "
	if len(months) > 1 {
		verb = " have no day "
	}
	return and(months) + verb + strings.Join(days, " or ")
}
