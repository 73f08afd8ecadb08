package cloud

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/client/cognite/kept"
	"fndeck/client/cognite/redeploy"
)

// Functions lists all functions, newest first. One that was redeployed from here is
// one row, also while old and new stand beside each other.
func (b *Backend) Functions(ctx context.Context) ([]client.Function, error) {
	b.learn(ctx)
	found, err := b.List(ctx)
	if err != nil {
		return nil, err
	}
	b.nameAll(found)
	v, err := b.view()
	if err != nil {
		return nil, err
	}
	if err := b.notice(&v, found); err != nil {
		return nil, err
	}
	if err := b.tidy(v); err != nil {
		return nil, err
	}
	there := make(map[string]bool, len(found))
	for _, f := range found {
		there[f.ID] = true
	}
	rows, shown := make([]client.Function, 0, len(found)), map[string]bool{}
	for _, f := range found {
		l, ok := v.find(f.ID)
		if !ok && v.unborn(f) {
			continue // nobody knows yet that it was made
		}
		if now := v.serving(l); ok && (now != f.ID && there[now] || shown[l.Key]) {
			continue // its row is that of another id
		}
		shown[l.Key] = ok
		rows = append(rows, b.row(v, f))
	}
	return rows, nil
}

// hopeless is how long a deploy may have no function before it never was one.
const hopeless = 24 * time.Hour

// tidy forgets deploys of which it was not known whether they made a function, and
// which made none.
func (b *Backend) tidy(v view) error {
	for _, l := range v.lineages {
		if len(l.IDs) == 0 && b.c.Clock().Sub(latest(l).Created) > hopeless {
			if err := b.store.Forget(l.Key); err != nil {
				return err
			}
		}
	}
	return nil
}

// Function reads one function by any id that it has or had.
func (b *Backend) Function(ctx context.Context, id string) (client.Function, error) {
	v, err := b.view()
	if err != nil {
		return client.Function{}, err
	}
	found, err := b.Look(ctx, v.present(id))
	for err == nil && len(found) == 0 { // a redeploy may have given it another id in between
		asked := v.present(id)
		if v, err = b.view(); err != nil || v.present(id) == asked {
			break
		}
		found, err = b.Look(ctx, v.present(id))
	}
	if err != nil {
		return client.Function{}, err
	}
	if len(found) == 0 {
		return client.Function{}, &client.Error{Code: client.CodeNotFound, Message: "function " + id + " does not exist"}
	}
	if err := b.notice(&v, found); err != nil {
		return client.Function{}, err
	}
	return b.row(v, found[0]), nil
}

// notice writes down what the project says of versions that were on their way, and
// which id a function got whose create was cut.
func (b *Backend) notice(v *view, found []cognite.Function) error {
	changed := false
	for _, l := range v.lineages {
		for _, f := range found {
			if change := news(l, f, b.c.Clock().UTC); change != nil && v.open(l.Key) == nil {
				if err := b.store.Update(l.Key, func(l *kept.Lineage) error { change(l); return nil }); err != nil {
					return err
				}
				changed = true
			}
		}
	}
	if !changed {
		return nil
	}
	var err error
	*v, err = b.view()
	return err
}

// row is a function as it is shown here.
func (b *Backend) row(v view, f cognite.Function) client.Function {
	d := f.Function
	l, ok := v.find(f.ID)
	if !ok {
		return d
	}
	if d.ID = l.ID(); d.ID != f.ID {
		d.NativeID = f.ID
	}
	number := v.version(f.ID)
	switch d.Status {
	case client.FunctionReady:
		d.Version = number
	case client.FunctionQueued, client.FunctionDeploying:
		d.DeployingVersion = number
	}
	if now, ok := l.Version(number); ok {
		d.SizeBytes, d.ExtraIndexes = now.Size, len(now.ExtraIndexURLs)
	}
	newest := latest(l)
	d.Folder, d.DeployID = newest.Folder, newest.DeployID
	if newest.DeployID != "" {
		d.DeployStarted = newest.Created
	}
	overcome := l.Present().Since.After(newest.Created) // It was rolled back since.
	if newest.Status == client.FunctionFailed && d.Error == nil && !overcome {
		d.Error = newest.Error
	}
	if e := v.open(l.Key); e != nil {
		b.moving(v, &d, *e)
	}
	if kept := b.lastKept(v, f.ID); kept != nil && (d.LastCall == nil || !kept.Started.Before(d.LastCall.Started)) {
		d.LastCall = kept // It says how that call ended, which the project does not.
	}
	return d
}

// lastKept is the newest call of an earlier id, nil if none is kept. What cannot be
// read shows when it is asked for.
func (b *Backend) lastKept(v view, id string) *client.CallSummary {
	ids, _ := v.places(id)
	for _, id := range ids {
		if calls, err := b.archive.Calls(id); err == nil && len(calls) > 0 {
			return &client.CallSummary{ID: calls[0].ID, Status: calls[0].Status, Started: calls[0].Started}
		}
	}
	return nil
}

// moving adds to a row what is under way.
func (b *Backend) moving(v view, d *client.Function, e redeploy.Entry) {
	d.Name, d.ExternalID = e.Plan.Old.Name, e.Plan.Old.ExternalID // the candidate has others
	d.DeployID, d.DeployStarted = e.Plan.Op, e.Started
	if e.Running {
		d.DeployingVersion, d.Error, d.UsualDeploy = e.Plan.To, nil, v.usual(e)
		b.mu.Lock()
		defer b.mu.Unlock()
		d.DeployTries = b.live[e.Plan.Op].Tries
		return
	}
	d.Interrupted = true
	d.Error = &client.Failure{Message: fmt.Sprintf("the %s to v%d was cut: resume it, roll it back or leave it", e.Plan.Kind, e.Plan.To)}
	if why := b.stopped(e.Plan.Op); why != nil {
		d.Error.Trace = why.Error()
	}
}

// Deploy uploads the package as a file of its own and creates the function. What it
// was created with stays on this machine, secret values sealed.
func (b *Backend) Deploy(ctx context.Context, spec client.FunctionSpec, code client.Package, progress client.Progress) (client.Function, error) {
	if err := b.fits(ctx, spec); err != nil {
		return client.Function{}, err
	}
	if err := b.free(ctx, spec.ExternalID); err != nil {
		return client.Function{}, err
	}
	key, op := kept.NewKey(), kept.NewKey()
	v := kept.Version{
		Number: 1, Size: int64(len(code.Zip)), FileName: redeploy.FileName(spec.ExternalID, spec.Name, op), Folder: code.Folder, DeployID: op,
		Status: client.FunctionQueued, Created: b.c.Clock().UTC(),
	}
	if err := b.store.SetSpec(key, &v, spec); err != nil {
		return client.Function{}, err
	}
	err := b.store.Update(key, func(l *kept.Lineage) (err error) {
		v.SHA256, err = b.store.SaveZip(code.Zip)
		l.Put(v)
		return err
	})
	if err != nil {
		return client.Function{}, err
	}
	fileID, err := b.upload(ctx, cognite.NewFile{Name: spec.Name, ExternalID: v.FileName}, code.Zip, progress)
	if err != nil {
		return client.Function{}, b.undo(ctx, key, 0, err)
	}
	err = b.store.Update(key, func(l *kept.Lineage) error {
		l.Note(1, func(v *kept.Version) { v.FileID = fileID })
		return nil
	})
	if err != nil {
		return client.Function{}, err
	}
	f, err := b.create(ctx, spec, fileID)
	if err != nil {
		return client.Function{}, b.undo(ctx, key, fileID, err)
	}
	err = b.store.Update(key, func(l *kept.Lineage) error {
		l.Name(f.ID, 1, b.c.Clock().UTC())
		return nil
	})
	if err != nil {
		return f.Function, err
	}
	now, err := b.view()
	return b.row(now, f), err
}

// news is what a lineage does not know yet of a function: nil if it is none of its
// own, or there is nothing new.
func news(l kept.Lineage, f cognite.Function, now clock) func(*kept.Lineage) {
	first, ok := l.Version(1)
	if len(l.IDs) == 0 && ok && first.FileID != 0 && first.FileID == f.FileID {
		return func(l *kept.Lineage) { l.Name(f.ID, 1, now()) }
	}
	if l.Present().ID != f.ID {
		return nil
	}
	number := l.Present().Version
	v, ok := l.Version(number)
	if !ok || v.Status == f.Status || f.Status != client.FunctionReady && f.Status != client.FunctionFailed {
		return nil
	}
	return func(l *kept.Lineage) {
		l.Note(number, func(v *kept.Version) {
			if v.Status, v.Error = f.Status, f.Error; f.Status == client.FunctionReady && v.Ready.IsZero() {
				v.Ready = now()
			}
		})
	}
}

// Delete deletes the function with its schedules, the file that we made for it, and
// what this machine keeps of it.
func (b *Backend) Delete(ctx context.Context, functionID string) error {
	v, err := b.view()
	if err != nil {
		return err
	}
	l, ok := v.find(functionID)
	if !ok {
		return b.deleteFunction(ctx, functionID)
	}
	if v.open(l.Key) != nil {
		return errBusy(latest(l).Settings.Name)
	}
	if err := b.deleteFunction(ctx, l.Present().ID); err != nil {
		return err
	}
	var files []int64
	for _, version := range l.Versions {
		if version.FileID != 0 && redeploy.IsOurs(version.FileName) {
			files = append(files, version.FileID)
		}
	}
	slices.Sort(files)
	err = b.DeleteFiles(ctx, slices.Compact(files)...)
	if isUnknown(err) {
		err = b.DeleteFiles(ctx, slices.Compact(files)...) // Those that are gone already are passed over.
	}
	if err != nil {
		return err
	}
	return b.store.Forget(l.Key)
}

// deleteFunction deletes a function by the id that the project knows.
func (b *Backend) deleteFunction(ctx context.Context, id string) error {
	return b.removed(ctx, "function "+id, b.Backend.Delete(ctx, id), func() (bool, error) {
		found, err := b.Look(ctx, id)
		return len(found) > 0, err
	})
}
