package redeploy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/client/cognite/kept"
)

// Preview is what an operation would do, as a person is told before.
type Preview struct {
	Plan Plan
	// Gap is how long callers by external id will find nothing, about; 0 for none, or
	// where no earlier build tells.
	Gap time.Duration
	// Notes are whole sentences.
	Notes []string
	// Steps are all that will be done, if all goes well.
	Steps []Step
}

// Preview checks all that Start checks and changes nothing, on this machine or in
// the project.
func (m *Machine) Preview(ctx context.Context, r Request) (Preview, error) {
	found, err := m.API.Look(ctx, r.Function)
	if err != nil {
		return Preview{}, err
	}
	if len(found) == 0 {
		return Preview{}, &client.Error{Code: client.CodeNotFound, Message: "function " + r.Function + " does not exist any more"}
	}
	l, err := m.lineageOf(found[0])
	if err != nil {
		return Preview{}, err
	}
	if err := m.noOther(l.Key); err != nil {
		return Preview{}, err
	}
	plan, err := m.check(ctx, r, found[0], l)
	if err != nil {
		return Preview{}, err
	}
	if _, err := m.newSpec(r, found[0], l, r.Code.Zip); err != nil {
		return Preview{}, err
	}
	return preview(plan, l, r), nil
}

func preview(plan Plan, l kept.Lineage, r Request) Preview {
	p := Preview{Plan: plan, Steps: Ahead([]Record{{Kind: Planned, Plan: &plan}})}
	note := func(format string, args ...any) { p.Notes = append(p.Notes, fmt.Sprintf(format, args...)) }
	now, _ := l.Version(l.Present().Version)
	if plan.Mode == Handover {
		note("There is no gap: the old function serves until the new one is Ready. Its id in the project changes.")
	} else {
		about := "about one build"
		if !now.Ready.IsZero() && now.Ready.After(now.Created) {
			p.Gap = now.Ready.Sub(now.Created).Round(time.Second)
			about = "about " + p.Gap.String()
		}
		note("Callers by external id %s find nothing for %s, while it is built a second time. Scheduled runs see no gap. Its id in the project changes.", plan.Old.ExternalID, about)
	}
	if plan.Newer {
		note("The file of the old code was written after the function was created: what is kept may not be what runs.")
	}
	if now.DeployID == "" && r.Version == 0 && r.Change.IndexURL == nil && r.Change.ExtraIndexURLs == nil {
		note("Whether it was deployed with package indexes of its own is not known here, and the project does not tell: name them, or it is built without.")
	}
	for _, s := range plan.Schedules {
		switch {
		case s.SessionType == cognite.ByClient:
		case slices.Contains(plan.RunAs, s.Name):
			note("Schedule %s runs as whoever created it; from then on it runs as you, %s.", s.Name, plan.Subject)
		default:
			note("Schedule %s runs as you, %s, as before.", s.Name, plan.Subject)
		}
	}
	for _, key := range toolkitKeys {
		if _, managed := plan.Old.Metadata[key]; managed {
			note("It is managed by the toolkit, whose YAML does not know of this.")
			break
		}
	}
	return p
}
