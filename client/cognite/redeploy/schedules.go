package redeploy

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"fndeck/client"
	"fndeck/client/cognite"
)

// A schedule is created on the one function and removed from the other between
// these seconds of a minute by the server's clock, so that no run is due while both
// have it.
const firstSecond, lastSecond = 5, 45

// quiet waits for such a time.
func (o *Operation) quiet(ctx context.Context) error {
	at, ok, err := o.m.API.ServerTime(ctx)
	if err != nil {
		return err
	}
	if !ok {
		at = o.m.Clock().UTC()
	}
	wait := 0
	switch second := at.Second(); {
	case second < firstSecond:
		wait = firstSecond - second
	case second > lastSecond:
		wait = 60 - second + firstSecond
	default:
		return nil
	}
	o.tell("until no run is due while the schedule stands twice")
	return o.m.Wait(ctx, time.Duration(wait)*time.Second)
}

// createSchedule creates a schedule on the function that it moves to. One that
// somebody deleted in the meantime does not move.
func (o *Operation) createSchedule(ctx context.Context, a Action) error {
	m := o.moving(a.Item)
	there, err := o.present(ctx, func() (bool, error) {
		found, err := o.m.API.LookSchedules(ctx, m.On[a.From])
		return len(found) == 1, err
	})
	if err != nil {
		return err
	}
	if !there {
		if err := o.stillThere(ctx, a.From); err != nil {
			return err
		}
		return o.write(Record{Kind: Gone, Item: a.Item, Text: "somebody deleted schedule " + m.Name})
	}
	as, err := o.m.identity(m.Schedule)
	if err != nil {
		return err
	}
	if err := o.quiet(ctx); err != nil {
		return err
	}
	spec := client.ScheduleSpec{Name: m.Name, Description: m.Description, FunctionID: a.Target, Cron: m.Cron, Data: m.Data}
	return o.change(a, func() (string, error) {
		s, err := o.m.API.CreateScheduleAs(ctx, as, spec)
		return s.ID, err
	})
}

// stillThere makes sure that a schedule is missing for itself, and not because the
// whole function was deleted under us.
func (o *Operation) stillThere(ctx context.Context, function string) error {
	there, err := o.present(ctx, func() (bool, error) {
		found, err := o.m.API.Look(ctx, function)
		return len(found) == 1, err
	})
	if err == nil && !there {
		return &stopped{"somebody deleted function " + function + " with its schedules while it was being redeployed", "leave this deploy, see what was done there, and create the schedules again: its record names them"}
	}
	return err
}

// readSchedule reads all of a schedule that a new one needs.
func (m *Machine) readSchedule(ctx context.Context, s cognite.BoundSchedule) (Schedule, error) {
	data, err := m.API.ScheduleInput(ctx, s.ID)
	if err != nil {
		return Schedule{}, err
	}
	full := Schedule{Key: s.ID, Name: s.Name, Description: s.Description, Cron: s.Cron, Data: data, On: s.FunctionID, SessionType: cognite.ByExchange}
	session, ok, err := m.API.Session(ctx, s.SessionID)
	if ok {
		full.SessionType, full.ClientID = session.Type, session.ClientID
	}
	return full, err
}

// same reports whether a schedule of the project is what one of ours would have
// become. The list has no data, so it is asked for last.
func (o *Operation) same(ctx context.Context, s cognite.BoundSchedule, m Moving) (bool, error) {
	if s.Name != m.Name || s.Cron != m.Cron || s.Description != m.Description {
		return false, nil
	}
	data, err := o.m.API.ScheduleInput(ctx, s.ID)
	return err == nil && sameJSON(data, m.Data), err
}

// sameJSON compares two texts without their white space; nil equals only nil.
func sameJSON(x, y json.RawMessage) bool {
	if x == nil || y == nil {
		return x == nil && y == nil
	}
	var a, b bytes.Buffer
	if json.Compact(&a, x) != nil || json.Compact(&b, y) != nil {
		return bytes.Equal(x, y)
	}
	return bytes.Equal(a.Bytes(), b.Bytes())
}

// look makes sure that a function can be deleted: nobody has taken its external id
// for another, and nobody has given it schedules that would go with it.
func (o *Operation) look(ctx context.Context, function string) error {
	p := o.state().Plan
	if function == p.Old.ID && p.Mode == Swap {
		f, ok, err := o.m.API.LookUp(ctx, p.Old.ExternalID)
		if err != nil {
			return err
		}
		if ok && f.ID != function {
			return &stopped{"external id " + p.Old.ExternalID + " belongs to function " + f.ID + " now: somebody else has deployed it", "roll back, or leave it and see what that is"}
		}
	}
	there, err := o.m.API.Bound(ctx, function)
	if err != nil {
		return err
	}
	for _, s := range there {
		if o.state().Ours(function, s.ID) {
			continue
		}
		full, err := o.m.readSchedule(ctx, s)
		if err != nil {
			return err
		}
		if err := o.write(Record{Kind: Found, Schedule: &full, Text: "somebody created schedule " + s.Name}); err != nil {
			return err
		}
	}
	for _, m := range o.state().Schedules {
		if m.On[function] != "" {
			return nil // they move first
		}
	}
	return o.write(Record{Kind: Done, Step: Look, Target: function})
}
