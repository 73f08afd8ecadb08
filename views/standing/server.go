package standing

import (
	"fmt"
	"time"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/ui"
)

// Throttled says that requests wait because the server has refused them, "" if they
// do not.
func Throttled(until, now time.Time) string {
	if !until.After(now) {
		return ""
	}
	return "429, again in " + ui.Elapsed(until.Sub(now).Round(time.Second))
}

// Of says which of several contexts a text is about; of one alone context is empty.
func Of(context, text string) string {
	if context == "" {
		return text
	}
	return ui.Clean(context) + " " + text
}

// Skews say for each context that our clock and that of its server are far apart:
// tokens and schedules go by the clock. Where the API does not tell, the issuer may.
func Skews(b client.Backend, status auth.Status, full bool) []string {
	var texts []string
	for _, trace := range client.Traces(b) {
		if text := skew(trace.Skew(), full && trace.Context == ""); text != "" {
			texts = append(texts, Of(trace.Context, text))
		}
	}
	if text := skew(status.Skew, full); len(texts) == 0 && text != "" {
		texts = append(texts, text)
	}
	return texts
}

// skew says that our clock is off, "" if it is not; off is how far the server's is
// ahead.
func skew(off time.Duration, full bool) string {
	off = off.Round(time.Minute) // It is a matter of minutes, and the seconds would flicker.
	switch {
	case off == 0:
		return ""
	case !full:
		return "clock off"
	case off > 0:
		return fmt.Sprintf("this clock is %s behind the server's", ui.Age(off))
	}
	return fmt.Sprintf("this clock is %s ahead of the server's", ui.Age(-off))
}
