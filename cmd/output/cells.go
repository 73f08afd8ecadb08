package output

import (
	"fmt"
	"strconv"
	"time"

	"fndeck/client"
	"fndeck/ui"
)

// A cell that says nothing is empty; the table prints a dash for it.

// Clock is what times are shown by. The zero value shows UTC.
type Clock struct {
	Now time.Time
	// Zone is where times are shown, nil for UTC.
	Zone *time.Location
}

// A time in any output of the command line carries its offset. Only the lines of a
// log need the milliseconds; in a table they are width that its texts lack.
const exactFormat = "2006-01-02T15:04:05.000Z07:00"

// Time shows a time to the second, "" for none.
func (c Clock) Time(t time.Time) string { return c.text(t, time.RFC3339) }

// Exact shows a time to the millisecond, "" for none.
func (c Clock) Exact(t time.Time) string { return c.text(t, exactFormat) }

func (c Clock) text(t time.Time, format string) string {
	if t.IsZero() {
		return ""
	}
	if c.Zone == nil {
		return t.UTC().Format(format)
	}
	return t.In(c.Zone).Format(format)
}

// Duration shows a duration rounded as the console does, "" for none.
func Duration(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return ui.Duration(d)
}

// age says how long ago t was, in its largest unit.
func age(t, now time.Time) string {
	d := max(0, now.Sub(t))
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < day:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/day)
}

// LastCall says how long ago a call was and what became of it.
func (c Clock) LastCall(call *client.CallSummary) string {
	if call == nil {
		return ""
	}
	return age(call.Started, c.Now) + " " + string(call.Status)
}

func Version(n int) string {
	if n == 0 {
		return ""
	}
	return "v" + strconv.Itoa(n)
}

// Count shows a count; a negative one means that the backend does not tell.
func Count(n int64) string {
	if n < 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func Size(n int64) string {
	switch {
	case n <= 0:
		return ""
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}
