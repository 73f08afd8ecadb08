package own

import (
	"slices"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/engine/core"
	"fndeck/client/embedded/engine/store"
)

// usualSample is how many of a function's newest deploys the usual time is of.
const usualSample = 20

// usualDeploy is what a deploy of a function usually takes: the median of those
// that became Ready. A roll back builds nothing and does not count. It is looked up
// only while a deploy is under way, which is seldom and short.
func (a *API) usualDeploy(v core.View) (time.Duration, error) {
	if v.Latest.Status != store.Queued && v.Latest.Status != store.Deploying {
		return 0, nil
	}
	deploys, err := a.core.Store().Deploys(v.ID, usualSample)
	if err != nil {
		return 0, err
	}
	var took []time.Duration
	for _, d := range deploys {
		if d.Status == store.Ready && d.Kind != store.KindRollback {
			took = append(took, d.Ended.Sub(d.Started))
		}
	}
	slices.Sort(took)
	return client.Percentile(took, 50), nil
}
