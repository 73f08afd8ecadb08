package ui

import (
	"fmt"
	"strconv"
	"time"
)

// Duration writes how long something took: "810ms", "2.4s", "42s", "2m04s",
// "3h05m", "4d02h".
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < time.Second:
		room := make([]byte, 0, len("999ms")) // Lists have very many of them.
		return string(append(strconv.AppendInt(room, d.Milliseconds(), 10), "ms"...))
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < day:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%02dh", int(d/day), int(d.Hours())%24)
}

const day = 24 * time.Hour

// Elapsed is Duration in whole seconds, for what is still running.
func Elapsed(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	}
	return Duration(d)
}

// Age writes how long ago something was, in one unit: "now", "40s", "12m", "3h",
// "9d". Under a minute it goes in steps of ten seconds, so that a list at rest
// changes seldom.
func Age(d time.Duration) string {
	const step = 10 * time.Second
	switch {
	case d < step:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Truncate(step).Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 2*day:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d/day))
}
