package redeploy

import (
	"context"
	"slices"
	"time"

	"fndeck/client/cognite"
)

// secondLook is how long after a first look something counts as absent only if it
// still is: a list may lag behind.
const secondLook = 10 * time.Second

// present looks whether something is there, and once more after a while if it is
// not.
func (o *Operation) present(ctx context.Context, look func() (bool, error)) (bool, error) {
	there, err := look()
	if err != nil || there {
		return there, err
	}
	o.tell("looking again, as lists may lag behind")
	if err := o.m.Wait(ctx, secondLook); err != nil {
		return false, err
	}
	return look()
}

// settle finds out by reading what became of an intent.
func (o *Operation) settle(ctx context.Context, open Record) error {
	o.begin(open.Step)
	o.tell("finding out whether it was carried out")
	id, done, err := o.outcome(ctx, open)
	if err != nil {
		return err
	}
	open.Kind, open.ID, open.Text = Void, id, ""
	if done {
		open.Kind = Done
	}
	return o.write(open)
}

// outcome is whether an intended change took place, and the id that came of it.
func (o *Operation) outcome(ctx context.Context, open Record) (id string, done bool, err error) {
	switch open.Step {
	case Upload, DeleteFile:
		return "", false, nil // both may be done again without harm
	case CreateCandidate, CreateFinal:
		done, err = o.present(ctx, func() (bool, error) {
			id, err = o.built(ctx, open.Step)
			return id != "", err
		})
		return id, done, err
	case SmokeCall:
		return o.called(ctx, open)
	case CreateSchedule:
		done, err = o.present(ctx, func() (bool, error) {
			id, err = o.created(ctx, open)
			return id != "", err
		})
		return id, done, err
	case RemoveSchedule:
		there, err := o.present(ctx, func() (bool, error) {
			found, err := o.m.API.LookSchedules(ctx, o.moving(open.Item).On[open.Target])
			return len(found) == 1, err
		})
		return "", !there, err
	case DeleteFunction:
		there, err := o.present(ctx, func() (bool, error) {
			found, err := o.m.API.Look(ctx, open.Target)
			return len(found) == 1, err
		})
		return "", !there, err
	}
	return "", false, nil
}

// built finds the function that a create has made, if it has. The file is ours
// alone, so every function from it is. Of two, the older stays.
func (o *Operation) built(ctx context.Context, step Step) (string, error) {
	spec, err := o.spec(step)
	if err != nil {
		return "", err
	}
	if spec.ExternalID != "" {
		f, ok, err := o.m.API.LookUp(ctx, spec.ExternalID)
		switch {
		case err != nil || !ok:
			return "", err
		case f.FileID != o.file():
			return "", &stopped{"external id " + spec.ExternalID + " belongs to function " + f.ID + " now: somebody else was faster", "leave it and see what that is; the candidate runs the schedules meanwhile"}
		}
		return f.ID, nil
	}
	found, err := o.m.API.BuiltFrom(ctx, o.file())
	found = slices.DeleteFunc(found, func(f cognite.Function) bool { return f.Name != spec.Name || f.FileID != o.file() })
	if err != nil || len(found) == 0 {
		return "", err
	}
	oldest := found[len(found)-1]
	for _, f := range found[:len(found)-1] {
		if err := o.m.API.Delete(ctx, f.ID); err != nil {
			return "", err
		}
	}
	return oldest.ID, nil
}

// created finds the schedule that a create has made, if it has: one that is no
// other's and is the same in all that we gave it.
func (o *Operation) created(ctx context.Context, open Record) (string, error) {
	m := o.moving(open.Item)
	found, err := o.m.API.Bound(ctx, open.Target)
	if err != nil {
		return "", err
	}
	slices.SortFunc(found, func(x, y cognite.BoundSchedule) int { return x.Created.Compare(y.Created) })
	for _, s := range found {
		if o.state().Ours(open.Target, s.ID) {
			continue
		}
		same, err := o.same(ctx, s, m)
		if err != nil || same {
			return s.ID, err
		}
	}
	return "", nil
}
