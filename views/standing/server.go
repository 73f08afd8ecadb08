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

// Skew says that our clock and that of a context are far apart, "" if they are not:
// tokens and schedules go by the clock. It is that of the API, else that of the issuer.
func Skew(b client.Backend, status auth.Status, full bool) string {
	off := status.Skew
	if tracer, ok := b.(client.Tracer); ok && tracer.Trace() != nil {
		if api := tracer.Trace().Skew(); api != 0 {
			off = api
		}
	}
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
