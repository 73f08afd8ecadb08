package main

import (
	"fmt"
	"strconv"
	"time"

	"fndeck/client"
)

// A cell that says nothing is empty; the table prints a dash for it.

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

func durationText(d time.Duration) string {
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

// ageText says how long ago t was, in its largest unit.
func ageText(t, now time.Time) string {
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

func lastCall(c *client.CallSummary, now time.Time) string {
	if c == nil {
		return ""
	}
	return ageText(c.Started, now) + " " + string(c.Status)
}

func versionText(n int) string {
	if n == 0 {
		return ""
	}
	return "v" + strconv.Itoa(n)
}

// countText shows a count; a negative one means that the backend does not tell.
func countText(n int64) string {
	if n < 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func sizeText(n int64) string {
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
