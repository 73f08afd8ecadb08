package cloud

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"fndeck/client"
	"fndeck/client/cognite/kept"
	"fndeck/client/cognite/redeploy"
)

// Versions lists the versions that this machine keeps, newest first.
func (b *Backend) Versions(ctx context.Context, functionID string) ([]client.Version, error) {
	f, err := b.Function(ctx, functionID)
	if err != nil {
		return nil, err
	}
	v, err := b.view()
	if err != nil {
		return nil, err
	}
	l, _ := v.find(functionID)
	all := make([]client.Version, 0, len(l.Versions))
	for _, k := range l.Versions {
		all = append(all, client.Version{
			FunctionID: f.ID, Number: k.Number, Status: k.Status, Serving: k.Number == f.Version, Error: k.Error, CodeSHA256: k.SHA256,
			SizeBytes: k.Size, Runtime: k.Settings.Runtime, Folder: k.Folder, DeployID: k.DeployID, Created: k.Created, Ready: k.Ready,
		})
	}
	slices.SortFunc(all, func(x, y client.Version) int { return cmp.Compare(y.Number, x.Number) })
	return all, nil
}

// Deploys lists the deploys that were begun on this machine, newest first.
func (b *Backend) Deploys(ctx context.Context, functionID string, limit int) ([]client.Deploy, error) {
	v, err := b.view()
	if err != nil {
		return nil, err
	}
	only, wanted := v.find(functionID)
	var all []client.Deploy
	seen := map[string]bool{}
	for _, e := range v.entries {
		seen[e.Plan.Op] = true
		if functionID == "" || wanted && e.Plan.Key == only.Key {
			all = append(all, b.redeployRow(v, e))
		}
	}
	for _, l := range v.lineages {
		if functionID != "" && (!wanted || l.Key != only.Key) {
			continue
		}
		for _, k := range l.Versions {
			if k.DeployID != "" && !seen[k.DeployID] {
				all = append(all, firstRow(l, k))
			}
		}
	}
	slices.SortStableFunc(all, func(x, y client.Deploy) int { return y.Started.Compare(x.Started) })
	return all[:min(limit, len(all))], nil
}

// firstRow is the deploy that a function began with.
func firstRow(l kept.Lineage, v kept.Version) client.Deploy {
	d := client.Deploy{
		ID: v.DeployID, FunctionID: l.ID(), FunctionName: v.Settings.Name, Kind: "deploy", ToVersion: v.Number, Status: v.Status,
		Error: v.Error, SizeBytes: v.Size, Started: v.Created, Ended: v.Ready,
	}
	if v.Status == client.FunctionQueued {
		d.Phase = "building"
	}
	return d
}

// redeployRow is a redeploy or rollback.
func (b *Backend) redeployRow(v view, e redeploy.Entry) client.Deploy {
	d := client.Deploy{
		ID: e.Plan.Op, FunctionID: v.public(e.Plan.Old.ID), FunctionName: e.Plan.Old.Name, Kind: e.Plan.Kind, FromVersion: e.Plan.From,
		ToVersion: e.Plan.To, Started: e.Started, Ended: e.Ended, Phases: phases(e.Records), By: e.Plan.Subject,
	}
	if l, ok := v.find(e.Plan.Old.ID); ok {
		version, _ := l.Version(e.Plan.To)
		d.SizeBytes = version.Size
	}
	d.Detail = strings.Join(e.Notes, "; ")
	switch e.Outcome {
	case "":
		b.openRow(v, &d, e)
	case redeploy.Completed:
		d.Status = client.FunctionReady
	default:
		d.Status, d.Error = client.FunctionFailed, e.Failure
		if d.Error == nil {
			d.Error = &client.Failure{Message: cmp.Or(e.Reason, string(e.Outcome))}
		}
	}
	if d.Status == client.FunctionFailed {
		d.Phase = failedAt(e.Records)
	}
	return d
}

func (b *Backend) openRow(v view, d *client.Deploy, e redeploy.Entry) {
	d.Phase, d.PhaseStarted = word(e.Phase()), e.Last.At
	if n := len(d.Phases); n > 0 && d.Phases[n-1].Name == d.Phase {
		d.PhaseStarted = d.Phases[n-1].Started
		d.Phases = d.Phases[:n-1] // it has begun, and is not over
	}
	d.Ahead = inWords(redeploy.Ahead(e.Records))[1:]
	if e.Running {
		d.Status, d.UsualPhase = client.FunctionDeploying, v.usualPhase(e, d.Phase)
		b.mu.Lock()
		defer b.mu.Unlock()
		now := b.live[e.Plan.Op]
		d.Detail, d.Until, d.Tries = cmp.Or(now.Detail, d.Detail), now.Until, now.Tries
		return
	}
	d.Status = client.DeployInterrupted
	if why := b.stopped(e.Plan.Op); why != nil {
		d.Error = &client.Failure{Message: client.Explain(why).Sentence}
	}
}

// words are the phases as the lists show them.
var words = map[redeploy.Step]string{
	redeploy.KeepCode: "old code", redeploy.ArchiveCalls: "archive", redeploy.Upload: "upload", redeploy.Rehearse: "credentials",
	redeploy.CreateCandidate: "create", redeploy.AwaitCandidate: "building", redeploy.SmokeCall: "smoke call", redeploy.AwaitSmoke: "smoke call", redeploy.CreateSchedule: "schedules", redeploy.RemoveSchedule: "schedules",
	redeploy.Drain: "draining", redeploy.Look: "checking", redeploy.DeleteFunction: "deleting", redeploy.CreateFinal: "create again",
	redeploy.AwaitFinal: "rebuilding", redeploy.DeleteFile: "clean up", redeploy.Close: "closing",
}

func word(s redeploy.Step) string { return cmp.Or(words[s], string(s)) }

// failedAt is the phase in which an operation turned back, or was left.
func failedAt(records []redeploy.Record) string {
	turned := slices.IndexFunc(records, func(r redeploy.Record) bool {
		return r.Kind == redeploy.Turned || r.Kind == redeploy.Restored || r.Kind == redeploy.Closed
	})
	return word(redeploy.Ahead(records[:max(turned, 1)])[0])
}

// inWords are steps as phases: those of one word that follow each other as one.
func inWords(steps []redeploy.Step) []string {
	all := make([]string, len(steps))
	for i, s := range steps {
		all[i] = word(s)
	}
	return slices.Compact(all)
}

// phases are the steps that are over, those of one word that follow each other as
// one.
func phases(records []redeploy.Record) []client.DeployPhase {
	var all []client.DeployPhase
	for i, r := range records {
		if r.Kind != redeploy.Done && r.Kind != redeploy.Closed || i == 0 || r.Step == "" {
			continue
		}
		p := client.DeployPhase{Name: word(r.Step), Detail: r.Text, Started: records[i-1].At, Ended: r.At}
		if r.Kind == redeploy.Done && i > 1 && records[i-1].Kind == redeploy.Intended {
			p.Started = records[i-2].At
		}
		if n := len(all); n > 0 && all[n-1].Name == p.Name {
			all[n-1].Ended, all[n-1].Detail = p.Ended, cmp.Or(p.Detail, all[n-1].Detail)
			continue
		}
		all = append(all, p)
	}
	return all
}
