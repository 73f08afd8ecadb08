package action

import (
	"fmt"
	"strings"
	"time"

	"fndeck/auth"
)

// SignedIn says in a few words how an identity stands.
func SignedIn(s auth.Status, now time.Time) string {
	switch {
	case s.SignIn:
		return "not signed in"
	case s.Problem != nil:
		return s.Problem.Message
	case s.Ends.IsZero() && s.Flow.Interactive() && s.Who == "":
		return "signed in"
	case s.Ends.IsZero():
		return strings.TrimSpace(s.Who + " by " + strings.ReplaceAll(string(s.Flow), "_", " "))
	}
	left := strings.TrimSpace(s.Who + " " + TimeLeft(s.Ends.Sub(now)))
	if s.Warning(now) {
		left += " !" // The tone alone would not say it.
	}
	return left
}

// TimeLeft is how long a token is good, to the minute.
func TimeLeft(d time.Duration) string {
	switch minutes := int(d.Minutes()); {
	case d <= 0:
		return "ended"
	case minutes == 0:
		return "<1m"
	case minutes < 60:
		return fmt.Sprintf("%dm", minutes)
	default:
		return fmt.Sprintf("%dh%02dm", minutes/60, minutes%60)
	}
}
