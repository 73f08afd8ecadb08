package output

import (
	"fmt"
	"strconv"
	"time"

	"fndeck/client"
)

// A cell that says nothing is empty; the table prints a dash for it.

func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

func Duration(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
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

func LastCall(c *client.CallSummary, now time.Time) string {
	if c == nil {
		return ""
	}
	return age(c.Started, now) + " " + string(c.Status)
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
