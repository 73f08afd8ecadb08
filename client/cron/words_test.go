package cron

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestWordsSayWhenItRuns(t *testing.T) {
	for expr, want := range map[string]string{
		"* * * * *":             "every minute",
		"*/1 * * * *":           "every minute",
		"*/5 * * * *":           "every 5 minutes",
		"0,30 * * * *":          "every 30 minutes",
		"2-59/5 * * * *":        "every 5 minutes from minute 2 of the hour UTC",
		"*/7 * * * *":           "at minutes 0, 7, 14, … 56 of every hour UTC",
		"*/59 * * * *":          "at minutes 0 and 59 of every hour UTC",
		"0 * * * *":             "every hour",
		"5 * * * *":             "at minute 5 of every hour UTC",
		"0-9 * * * *":           "at minutes 0–9 of every hour UTC",
		"0 6 * * *":             "every day at 06:00 UTC",
		"0 6,18 * * *":          "every day at 06:00 and 18:00 UTC",
		"0,30 6 * * *":          "every day at 06:00 and 06:30 UTC",
		"0 6 * * 1-5":           "every weekday at 06:00 UTC",
		"0 6 * * MON,WED":       "every Monday and Wednesday at 06:00 UTC",
		"0 6 * * 6,7":           "every Saturday and Sunday at 06:00 UTC",
		"0 6 * * 0-6":           "every day at 06:00 UTC",
		"0 6 1 * *":             "on day 1 of every month at 06:00 UTC",
		"0 6 1,15 * *":          "on days 1 and 15 of every month at 06:00 UTC",
		"0 6 1-7 3 *":           "on days 1–7 of March at 06:00 UTC",
		"0 6 31 * *":            "on day 31 of every month where it exists at 06:00 UTC",
		"0 6 31 1,3 *":          "on day 31 of January and March at 06:00 UTC",
		"0 0 29 2 *":            "on day 29 of February where it exists at 00:00 UTC",
		"0 6 * 6-8 *":           "every day in June, July and August at 06:00 UTC",
		"0 6 * 1 5":             "every Friday in January at 06:00 UTC",
		"0 0 13 * FRI":          "on day 13 of every month and also every Friday at 00:00 UTC",
		"0 0 13 2 FRI":          "on day 13 of February and also every Friday in February at 00:00 UTC",
		"0 0 1-31 * FRI":        "every day at 00:00 UTC",
		"0 */2 * * *":           "every 2 hours from 00:00 to 22:00 UTC",
		"15 8-17 * * *":         "every hour from 08:15 to 17:15 UTC",
		"*/15 8-17 * * MON-FRI": "every 15 minutes from 08:00 to 17:45, every weekday (UTC)",
		"* 6 * * *":             "every minute from 06:00 to 06:59 UTC",
		"*/10 * * * 1":          "every 10 minutes, every Monday (UTC)",
		"*/20 6,12 * * *":       "every day at 06:00, 06:20, 06:40, 12:00, 12:20 and 12:40 UTC",
		"1,2,9 1,5,9 * * *":     "at minutes 1, 2 and 9 of hours 1, 5 and 9 UTC",
	} {
		assert.Equal(t, want, mustParse(t, expr).Words(), expr)
	}
	assert.NotEmpty(t, Expr{}.Words())
}

// reader turns the words of the simple classes back into a predicate, knowing
// nothing of expressions.
type reader struct {
	times    map[string]bool
	everyN   int
	weekdays map[string]bool
	days     map[int]bool
}

var (
	clockForm = regexp.MustCompile(`^(every day|every .+|on days? [\d, and]+ of every month(?: where it exists)?) at ([\d:, and]+) UTC$`)
	everyForm = regexp.MustCompile(`^every (?:(\d+) minutes|minute)$`)
	lists     = regexp.MustCompile(`, | and `)
	dayNumber = regexp.MustCompile(`\d+`)
)

func readWords(words string) (reader, bool) {
	if m := everyForm.FindStringSubmatch(words); m != nil {
		n, _ := strconv.Atoi(m[1])
		return reader{everyN: max(n, 1)}, true
	}
	m := clockForm.FindStringSubmatch(words)
	if m == nil {
		return reader{}, false
	}
	r := reader{times: map[string]bool{}}
	for _, at := range lists.Split(m[2], -1) {
		r.times[at] = true
	}
	switch {
	case m[1] == "every day":
	case m[1] == "every weekday":
		r.weekdays = map[string]bool{"Monday": true, "Tuesday": true, "Wednesday": true, "Thursday": true, "Friday": true}
	case strings.HasPrefix(m[1], "every "):
		r.weekdays = map[string]bool{}
		for _, name := range lists.Split(strings.TrimPrefix(m[1], "every "), -1) {
			r.weekdays[name] = true
		}
	default:
		r.days = map[int]bool{}
		for _, text := range dayNumber.FindAllString(m[1], -1) {
			n, _ := strconv.Atoi(text)
			r.days[n] = true
		}
	}
	return r, true
}

func (r reader) matches(at time.Time) bool {
	switch {
	case r.everyN > 0:
		return at.Minute()%r.everyN == 0
	case r.weekdays != nil && !r.weekdays[at.Weekday().String()]:
		return false
	case r.days != nil && !r.days[at.Day()]:
		return false
	default:
		return r.times[at.Format("15:04")]
	}
}

func genSimple() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "rhythm") {
			return fmt.Sprintf("*/%d * * * *", rapid.SampledFrom([]int{1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30}).Draw(t, "n"))
		}
		list := func(name string, low, high, most int) string {
			values := rapid.SliceOfN(rapid.IntRange(low, high), 1, most).Draw(t, name)
			return strings.Trim(strings.ReplaceAll(fmt.Sprint(values), " ", ","), "[]")
		}
		clock := list("minutes", 0, 59, 1) + " " + list("hours", 0, 23, 3)
		switch rapid.IntRange(0, 3).Draw(t, "days") {
		case 0:
			return clock + " * * *"
		case 1:
			return clock + " * * " + list("weekdays", 0, 7, 5)
		case 2:
			return clock + " * * 1-5"
		default:
			return clock + " " + list("month days", 1, 31, 2) + " * *"
		}
	})
}

func TestWordsAgreeWithTheInstants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expr, from := genSimple().Draw(t, "expr"), genTime().Draw(t, "from").Truncate(time.Minute)
		e, err := Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		r, ok := readWords(e.Words())
		if !ok {
			t.Fatalf("%s reads %q, which is not simple", expr, e.Words())
		}
		next := e.Next(from.Add(-time.Minute))
		for at := from; at.Before(from.AddDate(0, 0, 40)); at = at.Add(time.Minute) {
			fires := next.Equal(at)
			if fires {
				next = e.Next(at)
			}
			if fires != r.matches(at) {
				t.Fatalf("%s reads %q: at %s it fires: %t", expr, e.Words(), at, fires)
			}
		}
	})
}

func TestWarningsTellWhatTheSpellingHides(t *testing.T) {
	for expr, want := range map[string][]string{
		"*/5 * * * *":      nil,
		"0 6 * * 1-5":      nil,
		"10-20/5 * * * *":  nil,
		"0 */6 * * *":      nil,
		"0 0 13 * FRI":     {"both day fields are set: it runs when either matches, on day 13 of every month and also every Friday"},
		"*/59 * * * *":     {"*/59 in field 1 starts again with each hour: after 59 comes 0"},
		"*/7 * * * *":      {"*/7 in field 1 starts again with each hour: after 56 comes 0"},
		"3/7 * * * *":      {"3-59/7 in field 1 starts again with each hour: after 59 comes 3"},
		"0 */5 * * *":      {"*/5 in field 2 starts again with each day: after 20 comes 0"},
		"0 0 */2 * *":      {"*/2 in field 3 starts again with each month: after 31 comes 1"},
		"0 0 * * */2":      {"*/2 in field 5 starts again with each week: after Saturday comes Sunday"},
		"0 0 * */5 *":      {"*/5 in field 4 starts again with each year: after November comes January"},
		"10-20/30 * * * *": {"the step of 30 in field 1 never comes round: only 10"},
		"0 0 31 * *":       {"February, April, June, September and November have no day 31: it does not run then"},
		"0 0 30 1-3 *":     {"February has no day 30: it does not run then"},
		"0 0 29 2 *":       {"29 February exists in leap years only"},
	} {
		assert.Equal(t, want, mustParse(t, expr).Warnings(), expr)
	}
}
