// Package digest sums calls up.
package digest

import (
	"slices"
	"time"

	"fndeck/client"
)

// Digest is what many calls have in common.
type Digest struct {
	// Running and Ended count the calls, Failed those that failed or took too long.
	Running, Ended, Failed int
	// Streak is how many of the newest ended calls failed one after another.
	Streak int
	// P50 and P95 are how long half and nineteen of twenty ended calls took at most.
	P50, P95 time.Duration
}

// Of sums up calls, the newest first.
func Of(calls []client.Call) Digest {
	var d Digest
	var took []time.Duration
	for _, c := range calls {
		if !c.Status.Ended() {
			d.Running++
			continue
		}
		if Failed(c) {
			if d.Streak == d.Ended {
				d.Streak++
			}
			d.Failed++
		}
		d.Ended++
		took = append(took, c.Duration)
	}
	slices.Sort(took)
	d.P50, d.P95 = client.Percentile(took, 50), client.Percentile(took, 95)
	return d
}

// Failed reports whether a call did not do what it was to do.
func Failed(c client.Call) bool {
	return c.Status == client.CallFailed || c.Status == client.CallTimeout
}
