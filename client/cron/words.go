package cron

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// listedTimes is how many times of day are still read with pleasure in a list.
const listedTimes = 6

// Words says in English when the expression fires, with times in UTC. It is
// built from the values that match, not from their spelling, so that 0,30 and
// */30 read alike. It is never empty.
func (e Expr) Words() string {
	if e.source == "" {
		return "never"
	}
	clock, isList := e.clockWords()
	day := e.dayWords()
	switch {
	case isList && day == "":
		return "every day at " + clock + " UTC"
	case isList:
		return day + " at " + clock + " UTC"
	case day != "":
		return clock + ", " + day + " (UTC)"
	case e.zoneFree():
		return clock
	default:
		return clock + " UTC"
	}
}

// zoneFree reports whether the words hold in every zone: whole-day rhythms that
// start on the hour do not need "UTC" behind them.
func (e Expr) zoneFree() bool {
	p, ok := progress(e.fields[minute].values())
	return bits.OnesCount64(e.fields[hour].bits) == 24 && ok && p.first == 0 && (p.count == 1 || p.fills(60))
}

func (s set) values() []int {
	var values []int
	for v := range 64 {
		if s.has(v) {
			values = append(values, v)
		}
	}
	return values
}

// progression is an evenly spaced run of values.
type progression struct{ first, last, step, count int }

// progress tells whether the values are evenly spaced. One value is, with step 0.
func progress(values []int) (progression, bool) {
	p := progression{first: values[0], last: values[len(values)-1], count: len(values)}
	if len(values) == 1 {
		return p, true
	}
	p.step = values[1] - values[0]
	for i := 1; i < len(values); i++ {
		if values[i]-values[i-1] != p.step {
			return p, false
		}
	}
	return p, true
}

// fills reports whether the rhythm goes on unbroken over the end of a cycle
// that has this many values.
func (p progression) fills(cycle int) bool {
	return p.count > 1 && p.last+p.step-p.first == cycle
}

// clockWords describes the time of day; isList says that it is a plain list of
// times, which reads "at …".
func (e Expr) clockWords() (words string, isList bool) {
	minutes, hours := e.fields[minute].values(), e.fields[hour].values()
	times := len(minutes) * len(hours)
	pm, evenMinutes := progress(minutes)
	ph, evenHours := progress(hours)
	switch {
	case len(hours) == 24:
		return everyHour(minutes, pm, evenMinutes), false
	case times <= 3:
		return timeList(minutes, hours), true
	case len(minutes) == 1 && evenHours:
		return hourRhythm(pm.first, ph), false
	case evenMinutes && pm.fills(60) && evenHours && ph.step <= 1:
		return fmt.Sprintf("%s from %s to %s", every(pm.step, "minute"), hhmm(ph.first, pm.first), hhmm(ph.last, pm.last)), false
	case times <= listedTimes:
		return timeList(minutes, hours), true
	default:
		return "at " + noun("minute", minutes) + " of " + noun("hour", hours), false
	}
}

// everyHour describes minutes that recur in all 24 hours.
func everyHour(minutes []int, p progression, even bool) string {
	switch {
	case len(minutes) == 1 && minutes[0] == 0:
		return "every hour"
	case even && p.fills(60) && p.first == 0:
		return every(p.step, "minute")
	case even && p.fills(60):
		return every(p.step, "minute") + " from minute " + strconv.Itoa(p.first) + " of the hour"
	default:
		return "at " + noun("minute", minutes) + " of every hour"
	}
}

// hourRhythm describes one minute in evenly spaced hours.
func hourRhythm(m int, p progression) string {
	return fmt.Sprintf("%s from %s to %s", every(p.step, "hour"), hhmm(p.first, m), hhmm(p.last, m))
}

func every(n int, unit string) string {
	if n <= 1 {
		return "every " + unit
	}
	return fmt.Sprintf("every %d %ss", n, unit)
}

func hhmm(h, m int) string { return fmt.Sprintf("%02d:%02d", h, m) }

func timeList(minutes, hours []int) string {
	var times []string
	for _, h := range hours {
		for _, m := range minutes {
			times = append(times, hhmm(h, m))
		}
	}
	return and(times)
}

// dayWords describes the days, "" if every day matches.
func (e Expr) dayWords() string {
	dom, dow := e.fields[dayOfMonth], e.fields[dayOfWeek]
	anyDom := bits.OnesCount64(dom.bits) == 31
	anyDow := bits.OnesCount64(dow.bits) == 7
	in := e.monthWords()
	switch {
	case dom.star && anyDow, dow.star && anyDom, !dom.star && !dow.star && (anyDom || anyDow):
		if in == "" {
			return ""
		}
		return "every day" + in
	case dom.star:
		return weekdayWords(dow) + in
	case dow.star:
		return e.dateWords()
	default:
		return e.dateWords() + " and also " + weekdayWords(dow) + in
	}
}

// monthWords is " in March and June", or "" for all months.
func (e Expr) monthWords() string {
	if names := e.monthNames(); len(names) < 12 {
		return " in " + and(names)
	}
	return ""
}

func (e Expr) monthNames() []string {
	var names []string
	for _, m := range e.fields[month].values() {
		names = append(names, time.Month(m).String())
	}
	return names
}

func weekdayWords(dow set) string {
	const mondayToFriday = 0b0111110
	if dow.bits == mondayToFriday {
		return "every weekday"
	}
	var names []string
	for v := 1; v <= 7; v++ {
		if dow.has(v % 7) {
			names = append(names, time.Weekday(v%7).String())
		}
	}
	return "every " + and(names)
}

// dateWords is "on day 1 of every month". Where a month lacks one of the days
// it says so, because such a month is passed over, not rounded.
func (e Expr) dateWords() string {
	days, names := e.fields[dayOfMonth].values(), e.monthNames()
	of := "every month"
	if len(names) < 12 {
		of = and(names)
	}
	text := "on " + noun("day", days) + " of " + of
	shortest := 31
	for _, m := range e.fields[month].values() {
		shortest = min(shortest, longestDays[m])
	}
	if e.fields[month].has(int(time.February)) {
		shortest = 28
	}
	if days[len(days)-1] > shortest {
		text += " where it exists"
	}
	return text
}

// noun is "minute 5", "minutes 0 and 5", "days 1–7 and 15" or, for a long even
// row, "days 1, 3, 5, … 31".
func noun(name string, values []int) string {
	if len(values) == 1 {
		return name + " " + strconv.Itoa(values[0])
	}
	if p, even := progress(values); even && p.step > 1 && p.count > listedTimes {
		return fmt.Sprintf("%ss %d, %d, %d, … %d", name, values[0], values[1], values[2], p.last)
	}
	var parts []string
	for i := 0; i < len(values); {
		j := i
		for j+1 < len(values) && values[j+1] == values[j]+1 {
			j++
		}
		switch {
		case j >= i+2:
			parts = append(parts, fmt.Sprintf("%d–%d", values[i], values[j]))
		default:
			for k := i; k <= j; k++ {
				parts = append(parts, strconv.Itoa(values[k]))
			}
		}
		i = j + 1
	}
	return name + "s " + and(parts)
}

// and joins words as English does.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
