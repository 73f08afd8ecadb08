package runner

import "time"

// soon is a deadline for the kernel, which knows no clock but its own.
func soon(limit time.Duration) time.Time { return time.Now().Add(limit) }

// passed reports whether a deadline has come.
func passed(deadline time.Time) bool { return !time.Now().Before(deadline) }
