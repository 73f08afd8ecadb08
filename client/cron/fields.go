package cron

import (
	"slices"
	"strconv"
	"strings"

	"fndeck/client"
)

// The fields in the order in which they stand in an expression.
const (
	minute = iota
	hour
	dayOfMonth
	month
	dayOfWeek
	fieldCount
)

// field describes one place of an expression.
type field struct {
	name string
	// min and max bound the values; top is the largest number that may be
	// written, which differs for Sunday only.
	min, max, top int
	// maxStep is the largest step that can mean anything.
	maxStep int
	// names holds the words for the values from min on.
	names []string
}

var table = [fieldCount]field{
	minute:     {name: "minute", max: 59, top: 59, maxStep: 59},
	hour:       {name: "hour", max: 23, top: 23, maxStep: 23},
	dayOfMonth: {name: "day of month", min: 1, max: 31, top: 31, maxStep: 31},
	month: {
		name: "month", min: 1, max: 12, top: 12, maxStep: 12,
		names: []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"},
	},
	dayOfWeek: {
		name: "day of week", max: 6, top: 7, maxStep: 7,
		names: []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"},
	},
}

// item is one entry of a field's list: the values lo, lo+step, … up to hi. In
// the day-of-week field hi may be 7.
type item struct {
	lo, hi, step int
	star         bool
}

func (it item) values(index int) []int {
	var values []int
	for v := it.lo; v <= it.hi; v += it.step {
		if index == dayOfWeek {
			values = append(values, v%7)
			continue
		}
		values = append(values, v)
	}
	return values
}

// place is where in an expression a fault is, for the operator's sentence.
type place struct {
	index int
	expr  string
}

func (p place) field() field { return table[p.index] }

// refuse makes the error `hour 25 in field 2 of "0 25 * * *": allowed 0–23`.
func (p place) refuse(what, rule string) error {
	return client.Invalidf("%s in field %d of %q: %s", what, p.index+1, p.expr, rule)
}

func (p place) allowed() string {
	f := p.field()
	rule := "allowed " + strconv.Itoa(f.min) + "–" + strconv.Itoa(f.top)
	if f.names != nil {
		rule += " and " + f.names[0] + "–" + f.names[len(f.names)-1]
	}
	return rule
}

func parseField(index int, text, expr string) (set, error) {
	p := place{index, expr}
	var s set
	for part := range strings.SplitSeq(text, ",") {
		it, err := p.parseItem(part)
		if err != nil {
			return set{}, err
		}
		s.star = s.star || it.star && it.step == 1
		s.items = append(s.items, it)
		for _, v := range it.values(index) {
			s.bits |= 1 << uint(v)
		}
	}
	return s, nil
}

func (p place) parseItem(text string) (item, error) {
	if text == "" {
		return item{}, p.refuse("an empty entry", "a comma needs a value on both sides")
	}
	span, stepText, hasStep := strings.Cut(text, "/")
	it, single, err := p.parseSpan(span)
	if err != nil {
		return item{}, err
	}
	it.step = 1
	if !hasStep {
		return it, nil
	}
	limit := p.field().maxStep
	step, ok := number(stepText)
	if !ok || step < 1 || step > limit {
		return item{}, p.refuse("step "+strconv.Quote(stepText), "allowed 1–"+strconv.Itoa(limit))
	}
	it.step = step
	if single {
		// "5/15" is every 15th from 5 to the end, as in most crons; it is
		// normalised to the range, which all of them read alike.
		it.lo, it.hi = it.lo%(p.field().max+1), p.field().max
	}
	return it, nil
}

// parseSpan reads "*", "5" or "1-5"; single tells the second from the others.
func (p place) parseSpan(text string) (it item, single bool, err error) {
	f := p.field()
	if text == "*" {
		return item{lo: f.min, hi: f.max, star: true}, false, nil
	}
	loText, hiText, isRange := strings.Cut(text, "-")
	lo, err := p.parseValue(loText)
	if err != nil {
		return item{}, false, err
	}
	if !isRange {
		return item{lo: lo, hi: lo}, true, nil
	}
	hi, err := p.parseValue(hiText)
	if err != nil {
		return item{}, false, err
	}
	if p.index == dayOfWeek && hi == 0 && lo > 0 && strings.EqualFold(hiText, "SUN") {
		hi = 7
	}
	if lo > hi {
		rule := "it runs backwards, write " + strconv.Itoa(lo) + "-" + strconv.Itoa(f.max) +
			"," + strconv.Itoa(f.min) + "-" + strconv.Itoa(hi)
		return item{}, false, p.refuse("range "+text, rule)
	}
	return item{lo: lo, hi: hi}, false, nil
}

func (p place) parseValue(text string) (int, error) {
	f := p.field()
	if i := slices.Index(f.names, strings.ToUpper(text)); i >= 0 {
		return f.min + i, nil
	}
	switch v, ok := number(text); {
	case text == "":
		return 0, p.refuse("a missing "+f.name, p.allowed())
	case !ok:
		return 0, p.refuse(f.name+" "+strconv.Quote(text), p.allowed())
	case v < f.min || v > f.top:
		return 0, p.refuse(f.name+" "+text, p.allowed())
	default:
		return v, nil
	}
}

// number reads plain ASCII digits; strconv.Atoi would take signs as well.
func number(text string) (int, bool) {
	if text == "" {
		return 0, false
	}
	n := 0
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n*10+int(c-'0'), 1e6)
	}
	return n, true
}

// source writes the field anew.
func (s set) source(index int) string {
	parts := make([]string, len(s.items))
	for i, it := range s.items {
		parts[i] = it.source(index)
	}
	return strings.Join(parts, ",")
}

func (it item) source(index int) string {
	if it.hi > table[index].max {
		return it.sundaySource(index)
	}
	text := strconv.Itoa(it.lo)
	switch {
	case it.star:
		text = "*"
	case it.hi > it.lo:
		text += "-" + strconv.Itoa(it.hi)
	}
	if it.step > 1 && it.hi > it.lo {
		text += "/" + strconv.Itoa(it.step)
	}
	return text
}

// sundaySource writes a range that ends on 7 without that number, because not
// every service knows it.
func (it item) sundaySource(index int) string {
	switch {
	case it.step == 1 && it.lo == 0:
		return "0-6"
	case it.step == 1 && it.lo < 6:
		return strconv.Itoa(it.lo) + "-6,0"
	}
	var parts []string
	for _, v := range it.values(index) {
		parts = append(parts, strconv.Itoa(v))
	}
	return strings.Join(parts, ",")
}
