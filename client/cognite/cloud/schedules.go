package cloud

import (
	"context"
	"encoding/json"
	"slices"

	"fndeck/client"
	"fndeck/client/cognite"
	"fndeck/client/cognite/kept"
)

// scheduleData is the data of a schedule; schedules do not change.
type scheduleData struct{ raw json.RawMessage }

// mostRead is how many schedules may be listed for each one's data to be asked for:
// the list has none.
const mostRead = 20

// Schedules lists the schedules of a function, or all. One that moved with a
// redeploy keeps the id that it had before; while it stands on two functions it is
// listed once.
func (b *Backend) Schedules(ctx context.Context, functionID string) ([]client.Schedule, error) {
	v, err := b.view()
	if err != nil {
		return nil, err
	}
	found, err := b.bound(ctx, v, functionID)
	if err != nil {
		return nil, err
	}
	all := make([]client.Schedule, 0, len(found))
	seen := map[string]bool{}
	for _, s := range found {
		public := v.schedule(s.ID)
		if seen[public] {
			continue
		}
		seen[public] = true
		row := s.Schedule
		if functionID != "" && len(found) <= mostRead {
			if row.Data, err = b.dataOf(ctx, s.ID); err != nil {
				return nil, err
			}
		}
		row.ID, row.FunctionID = public, v.public(s.FunctionID)
		row.FunctionName = b.functionName(ctx, v, s.FunctionID)
		all = append(all, row)
	}
	return all, nil
}

// bound lists the schedules of the functions that are one here.
func (b *Backend) bound(ctx context.Context, v view, functionID string) ([]cognite.BoundSchedule, error) {
	if functionID == "" {
		return b.Bound(ctx, "")
	}
	ids, alive := v.places(functionID)
	var all []cognite.BoundSchedule
	for _, id := range ids {
		if !alive[id] {
			continue
		}
		found, err := b.Bound(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func (b *Backend) dataOf(ctx context.Context, id string) (json.RawMessage, error) {
	b.mu.Lock()
	known, ok := b.data[id]
	b.mu.Unlock()
	if ok {
		return known.raw, nil
	}
	raw, err := b.ScheduleInput(ctx, id)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.data[id] = scheduleData{raw}
	return raw, nil
}

// CreateSchedule creates a schedule that runs as the client that it names, else as that
// of this context, or as whoever signed in where that is no client. Who that was is
// kept, with the secret of a client of its own: a redeploy creates it again.
func (b *Backend) CreateSchedule(ctx context.Context, spec client.ScheduleSpec) (client.Schedule, error) {
	if err := b.sessions(); err != nil {
		return client.Schedule{}, err
	}
	v, err := b.view()
	if err != nil {
		return client.Schedule{}, err
	}
	l, ok := v.find(spec.FunctionID)
	if ok && v.open(l.Key) != nil {
		return client.Schedule{}, errBusy(latest(l).Settings.Name)
	}
	by, as := "", b.c.Identity
	if spec.ClientID != "" {
		as = cognite.Identity{ClientID: spec.ClientID, Secret: spec.ClientSecret}
	}
	if as.ClientID == "" {
		if by, err = b.who(ctx); err != nil {
			return client.Schedule{}, err
		}
	}
	spec.FunctionID = v.present(spec.FunctionID)
	made, err := b.CreateScheduleAs(ctx, as, spec)
	if err != nil {
		return made, err
	}
	if !ok {
		if l, err = b.machine.Adopt(ctx, spec.FunctionID); err != nil {
			return made, err
		}
	}
	err = b.store.Update(l.Key, func(l *kept.Lineage) error {
		if l.Schedules == nil {
			l.Schedules = map[string]kept.Schedule{}
		}
		record := kept.Schedule{First: made.ID, By: by}
		if spec.ClientID != "" {
			record.ClientID = spec.ClientID
			if record.Secret, err = b.store.SealClient(l.Key, spec.ClientID, spec.ClientSecret); err != nil {
				return err
			}
		}
		l.Schedules[made.ID] = record
		return nil
	})
	made.FunctionID = l.ID()
	return made, err
}

// DeleteSchedule deletes a schedule.
func (b *Backend) DeleteSchedule(ctx context.Context, id string) error {
	v, err := b.view()
	if err != nil {
		return err
	}
	for _, l := range v.lineages {
		e := v.open(l.Key)
		if e == nil {
			continue
		}
		for _, m := range e.Schedules {
			if v.schedule(m.Key) == v.schedule(id) {
				return errBusy(e.Plan.Old.Name)
			}
		}
	}
	present := v.scheduleIDs(id)[0]
	err = b.removed(ctx, "schedule "+present, b.Backend.DeleteSchedule(ctx, present), func() (bool, error) {
		found, err := b.LookSchedules(ctx, present)
		return len(found) > 0, err
	})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(v.lineages, func(l kept.Lineage) bool { _, ok := l.Schedules[present]; return ok })
	if i < 0 {
		return nil
	}
	return b.store.Update(v.lineages[i].Key, func(l *kept.Lineage) error {
		delete(l.Schedules, present)
		return nil
	})
}
