package client

import "time"

// Percentile is the nearest-rank percentile of durations in order, which is one of
// them; 0 without any.
func Percentile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	at := (len(sorted)*percent + 99) / 100
	return sorted[max(at, 1)-1]
}
