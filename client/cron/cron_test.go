package cron

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gocron "github.com/netresearch/go-cron"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fndeck/client"
)

func mustParse(t testing.TB, expr string) Expr {
	t.Helper()
	e, err := Parse(expr)
	require.NoError(t, err)
	return e
}

func TestNonsenseIsRefusedNamingTheField(t *testing.T) {
	for expr, want := range map[string]string{
		"":                             `"" has 0 fields`,
		"   ":                          "has 0 fields",
		"5":                            "has 1 field:",
		"* * * *":                      "has 4 fields",
		"* * * * * *":                  "has 6 fields",
		"0 25 * * *":                   `hour 25 in field 2 of "0 25 * * *": allowed 0–23`,
		"60 * * * *":                   `minute 60 in field 1 of "60 * * * *": allowed 0–59`,
		"-1 * * * *":                   "a missing minute in field 1",
		"+5 * * * *":                   `minute "+5" in field 1`,
		"0 0 0 * *":                    "day of month 0 in field 3",
		"0 0 32 * *":                   "day of month 32 in field 3",
		"0 0 * 13 *":                   "allowed 1–12 and JAN–DEC",
		"0 0 * * 8":                    "allowed 0–7 and SUN–SAT",
		"0 0 * FOO *":                  `month "FOO" in field 4`,
		"0 0 ? * *":                    `day of month "?" in field 3`,
		"0 0 L * *":                    "in field 3",
		"*/0 * * * *":                  `step "0" in field 1 of "*/0 * * * *": allowed 1–59`,
		"*/99 * * * *":                 `step "99" in field 1`,
		"* */24 * * *":                 "allowed 1–23",
		"*/ * * * *":                   `step "" in field 1`,
		"*/5/5 * * * *":                `step "5/5" in field 1`,
		"1,,2 * * * *":                 "an empty entry in field 1",
		"1, * * * *":                   "an empty entry in field 1",
		"1- * * * *":                   "a missing minute in field 1",
		"22-2 * * * *":                 "it runs backwards, write 22-59,0-2",
		"1-2-3 * * * *":                `minute "2-3" in field 1`,
		"TZ=":                          "sets a time zone",
		"TZ=UTC":                       "sets a time zone",
		"tz=UTC 0 6 * * *":             "sets a time zone",
		"CRON_TZ=Europe/Oslo":          "sets a time zone",
		" CRON_TZ=X * * * * *":         "sets a time zone",
		"@every -5m":                   "start with @",
		"@daily":                       "start with @",
		"\u0663 * * * *":               "field 1 of",
		"* * \x1b[2J * *":              `field 3 of "* * \x1b[2J * *"`,
		"* *\x00 * * *":                "field 2 of",
		"* * * * *\n":                  "field 5 of",
		"99999999999999999999 * * * *": "in field 1",
		strings.Repeat("*", 1<<20):     "has 1048576 bytes: five fields never need more than 256",
	} {
		_, err := Parse(expr)
		var e *client.Error
		if assert.ErrorAs(t, err, &e, "%.40q", expr) {
			assert.Equal(t, client.CodeInvalid, e.Code)
			assert.Contains(t, err.Error(), want)
			assert.NotContains(t, err.Error(), "\x1b")
			assert.Less(t, len(err.Error()), 1024)
		}
	}
}

func TestAnExpressionThatNeverFiresIsRefused(t *testing.T) {
	for expr, want := range map[string]string{
		"0 0 31 2 *":        `"0 0 31 2 *" never fires: February has no day 31`,
		"0 0 30,31 2 *":     "February has no day 30 or 31",
		"0 0 31 2,4,6 *":    "February, April and June have no day 31",
		"0 0 31 FEB-FEB *":  "February has no day 31",
		"0 0 30 2 */1":      "February has no day 30",
		"0 0 31 4,6,9,11 *": "April, June, September and November have no day 31",
	} {
		_, err := Parse(expr)
		require.Error(t, err, expr)
		assert.Contains(t, err.Error(), want)
		assert.True(t, errors.Is(err, &client.Error{Code: client.CodeInvalid}))
	}
	for _, expr := range []string{"0 0 29 2 *", "0 0 31 2,3 *", "0 0 31 2 1"} {
		_, err := Parse(expr)
		assert.NoError(t, err, expr)
	}
}

func TestSpellingIsNormalised(t *testing.T) {
	for expr, want := range map[string]string{
		"  0   6 *  * 7 ":  "0 6 * * 0",
		"0 6 * * MON-fri":  "0 6 * * 1-5",
		"0\t6 * jan,DEC *": "0 6 * 1,12 *",
		"5/15 * * * *":     "5-59/15 * * * *",
		"0 0 * * 5-7":      "0 0 * * 5-6,0",
		"0 0 * * 6-7":      "0 0 * * 6,0",
		"0 0 * * fri-sun":  "0 0 * * 5-6,0",
		"0 0 * * 0-7":      "0 0 * * 0-6",
		"0 0 * * 1-7/2":    "0 0 * * 1,3,5,0",
		"0 0 * * 7-7":      "0 0 * * 0",
		"007 06 * * *":     "7 6 * * *",
		"*/1 3-3/2 * * *":  "* 3 * * *",
	} {
		e := mustParse(t, expr)
		assert.Equal(t, want, e.String(), expr)
		again := mustParse(t, e.String())
		assert.Equal(t, e.String(), again.String())
	}
}

func TestBothDayFieldsMeanEither(t *testing.T) {
	after := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	e := mustParse(t, "0 0 13 * FRI")
	var days []string
	for _, at := range e.Upcoming(after, 5) {
		days = append(days, at.Format("Mon 2 Jan"))
	}
	assert.Equal(t, []string{"Fri 6 Feb", "Fri 13 Feb", "Fri 20 Feb", "Fri 27 Feb", "Fri 6 Mar"}, days)
	e = mustParse(t, "0 0 12 * FRI")
	assert.Equal(t, "Thu 12 Feb", e.Upcoming(after, 2)[1].Format("Mon 2 Jan"))
}

func TestNextIsStrictlyAfterAndCrossesLongGaps(t *testing.T) {
	at := time.Date(2026, 1, 15, 6, 0, 0, 0, time.UTC)
	e := mustParse(t, "0 6 * * *")
	assert.Equal(t, at, e.Next(at.Add(-time.Nanosecond)))
	assert.Equal(t, at.AddDate(0, 0, 1), e.Next(at))
	oslo, err := time.LoadLocation("Europe/Oslo")
	require.NoError(t, err)
	assert.Equal(t, at, e.Next(time.Date(2026, 1, 15, 6, 30, 0, 0, oslo)))
	leap := mustParse(t, "0 0 29 2 *")
	century := time.Date(2096, 3, 1, 0, 0, 0, 0, time.UTC)
	assert.Equal(t, time.Date(2104, 2, 29, 0, 0, 0, 0, time.UTC), leap.Next(century))
	assert.Empty(t, Expr{}.Upcoming(at, 3))
}

// genField draws what both parsers read alike: no backward ranges, no step on a
// single value, no step on a range that ends on 7 or is shorter than it.
func genField(index int) *rapid.Generator[string] {
	f := table[index]
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 3).Draw(t, "open") == 0 {
			return "*"
		}
		var parts []string
		for range rapid.IntRange(1, 3).Draw(t, "entries") {
			lo := rapid.IntRange(f.min, f.top).Draw(t, "lo")
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				step := rapid.IntRange(2, f.max-f.min).Draw(t, "step")
				parts = append(parts, fmt.Sprintf("*/%d", step))
			case 1:
				parts = append(parts, fmt.Sprintf("%d-%d", lo, rapid.IntRange(lo, f.top).Draw(t, "hi")))
			case 2:
				lo = min(lo, f.max-1)
				hi := rapid.IntRange(lo+1, f.max).Draw(t, "hi")
				parts = append(parts, fmt.Sprintf("%d-%d/%d", lo, hi, rapid.IntRange(1, hi-lo).Draw(t, "step")))
			default:
				parts = append(parts, fmt.Sprint(lo))
			}
		}
		return strings.Join(parts, ",")
	})
}

func genExpr() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var words []string
		for i := range fieldCount {
			words = append(words, genField(i).Draw(t, table[i].name))
		}
		return strings.Join(words, " ")
	})
}

func genTime() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		from := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
		to := time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
		return time.Unix(rapid.Int64Range(from, to).Draw(t, "unix"), 0).UTC()
	})
}

func TestTimesAgreeWithAnIndependentParser(t *testing.T) {
	oracle := gocron.MustNewParser(gocron.Minute | gocron.Hour | gocron.Dom | gocron.Month | gocron.Dow | gocron.DowOrDom)
	rapid.Check(t, func(t *rapid.T) {
		expr, at := genExpr().Draw(t, "expr"), genTime().Draw(t, "at")
		theirs, theirErr := oracle.Parse(expr)
		ours, err := Parse(expr)
		if err != nil && strings.Contains(err.Error(), "never fires") {
			if theirErr == nil && !theirs.Next(at).IsZero() {
				t.Fatalf("%s fires at %s", expr, theirs.Next(at))
			}
			return
		}
		if err != nil || theirErr != nil {
			t.Fatalf("%s: %v, %v", expr, err, theirErr)
		}
		normal, err := Parse(ours.String())
		if err != nil {
			t.Fatalf("%s became %s: %v", expr, ours, err)
		}
		for range 8 {
			want := theirs.Next(at)
			if got := ours.Next(at); !got.Equal(want) {
				t.Fatalf("%s after %s: got %s, want %s", expr, at, got, want)
			}
			if got := normal.Next(at); !got.Equal(want) {
				t.Fatalf("%s became %s: got %s, want %s", expr, ours, got, want)
			}
			at = want
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"0 6 * * 1-5", "*/5 * * * *", "0 0 31 2 *", "5/15 1-3,7 JAN 2 FRI-SUN", "TZ=", "CRON_TZ=X 1 2 3 4 5",
		"@every -5m", "0 0 29 2 *", "0 0 * * 0-7/3", "\x1b * * * *", "1-2-3/4/5 , - / *",
	} {
		f.Add(seed, int64(1768435200))
	}
	f.Fuzz(func(t *testing.T, expr string, unix int64) {
		// Far beyond any calendar time.Date wraps round, which is not ours to test.
		after := time.Unix(unix%(1<<36), 0)
		e, err := Parse(expr)
		if err != nil {
			text := err.Error()
			named := strings.Contains(text, "field") || strings.Contains(text, "never fires")
			assert.True(t, named, "%q names no field", text)
			assert.NotContains(t, text, "\x1b")
			return
		}
		next := e.Next(after)
		assert.True(t, next.After(after), "%s: %s is not after %s", expr, next, after)
		assert.Equal(t, next, next.Truncate(time.Minute))
		assert.True(t, e.fields[minute].has(next.Minute()))
		assert.True(t, e.fields[hour].has(next.Hour()))
		assert.True(t, e.fields[month].has(int(next.Month())))
		assert.True(t, e.dayMatches(next))
		assert.NotEmpty(t, e.Words())
		e.Warnings()
		again, err := Parse(e.String())
		require.NoError(t, err)
		assert.Equal(t, next, again.Next(after))
		assert.Equal(t, e.Words(), again.Words())
	})
}
