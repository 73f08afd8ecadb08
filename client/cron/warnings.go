package cron

import (
	"fmt"
	"math/bits"
	"strconv"
	"time"
)

// Warnings says where an expression does what its spelling does not suggest.
func (e Expr) Warnings() []string {
	var warnings []string
	dom, dow := e.fields[dayOfMonth], e.fields[dayOfWeek]
	if !dom.star && !dow.star && e.source != "" {
		warnings = append(warnings, "both day fields are set: it runs when either matches, "+
			e.dateWords()+" and also "+weekdayWords(dow))
	}
	for i := range fieldCount {
		for _, it := range e.fields[i].items {
			if text := stepWarning(i, it); text != "" {
				warnings = append(warnings, text)
			}
		}
	}
	if text := e.shortMonths(); text != "" {
		warnings = append(warnings, text)
	}
	return warnings
}

// cycles names what a field starts anew in.
var cycles = [fieldCount]string{"hour", "day", "month", "year", "week"}

// stepWarning tells of a step that does not divide its cycle: the rhythm breaks
// where the cycle starts anew, and a large step hardly repeats at all.
func stepWarning(index int, it item) string {
	if it.step == 1 {
		return ""
	}
	f, values := table[index], it.values(index)
	first, last := valueName(index, values[0]), valueName(index, values[len(values)-1])
	if len(values) == 1 {
		return fmt.Sprintf("the step of %d in field %d never comes round: only %s", it.step, index+1, first)
	}
	goesRound := it.lo < f.min+it.step && it.hi >= f.max
	if !goesRound || (f.max-f.min+1)%it.step == 0 {
		return ""
	}
	return fmt.Sprintf("%s in field %d starts again with each %s: after %s comes %s",
		it.source(index), index+1, cycles[index], last, first)
}

func valueName(index, v int) string {
	switch index {
	case month:
		return time.Month(v).String()
	case dayOfWeek:
		return time.Weekday(v).String()
	}
	return strconv.Itoa(v)
}

// shortMonths tells which months are passed over because they lack the day.
func (e Expr) shortMonths() string {
	dom := e.fields[dayOfMonth]
	if dom.star || !e.fields[dayOfWeek].star || bits.OnesCount64(dom.bits) != 1 {
		return ""
	}
	day := dom.values()[0]
	var short []string
	for _, m := range e.fields[month].values() {
		if longestDays[m] < day {
			short = append(short, time.Month(m).String())
		}
	}
	switch {
	case len(short) > 0:
		verb := "has"
		if len(short) > 1 {
			verb = "have"
		}
		return fmt.Sprintf("%s %s no day %d: it does not run then", and(short), verb, day)
	case day == 29 && e.fields[month].has(int(time.February)):
		return "29 February exists in leap years only"
	}
	return ""
}
