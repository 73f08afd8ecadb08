package cloud

import (
	"slices"
	"time"

	"fndeck/client/cognite/redeploy"
)

// usual is the median of what the function's earlier operations of that mode took, 0
// if none was completed.
func (v view) usual(of redeploy.Entry) time.Duration {
	return v.median(of, func(e redeploy.Entry) time.Duration { return e.Ended.Sub(e.Started) })
}

// usualPhase is the same for one phase; some come twice in an operation, and then
// their mean counts.
func (v view) usualPhase(of redeploy.Entry, phase string) time.Duration {
	return v.median(of, func(e redeploy.Entry) time.Duration {
		took, times := time.Duration(0), 0
		for _, p := range phases(e.Records) {
			if p.Name == phase {
				took, times = took+p.Ended.Sub(p.Started), times+1
			}
		}
		return took / time.Duration(max(times, 1))
	})
}

func (v view) median(of redeploy.Entry, took func(redeploy.Entry) time.Duration) time.Duration {
	var all []time.Duration
	for _, e := range v.entries {
		if e.Plan.Key != of.Plan.Key || e.Plan.Mode != of.Plan.Mode || e.Outcome != redeploy.Completed {
			continue
		}
		if d := took(e); d > 0 {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}
