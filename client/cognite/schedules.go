package cognite

import (
	"context"
	"encoding/json"

	"fndeck/client"
)

type scheduleRead struct {
	ID             int64  `json:"id"`
	Name           string `json:"name"`
	Description    string `json:"description"`
	CreatedTime    int64  `json:"createdTime"`
	CronExpression string `json:"cronExpression"`
	When           string `json:"when"`
	FunctionID     int64  `json:"functionId"`
	SessionID      number `json:"sessionId"`
}

func (s scheduleRead) domain() client.Schedule {
	return client.Schedule{
		ID: formatID(s.ID), Name: s.Name, Description: s.Description, FunctionID: formatID(s.FunctionID), Cron: s.CronExpression,
		Words: s.When, Created: fromMillis(s.CreatedTime), Missed: -1,
	}
}

// Schedules lists the schedules of a function, or all. Their data is not in the
// list.
func (b *Backend) Schedules(ctx context.Context, functionID string) ([]client.Schedule, error) {
	found, err := b.Bound(ctx, functionID)
	if err != nil {
		return nil, err
	}
	all := make([]client.Schedule, 0, len(found))
	for _, s := range found {
		all = append(all, s.Schedule)
	}
	return all, nil
}

// CreateSchedule creates a schedule under a session that lives as long as it.
func (b *Backend) CreateSchedule(ctx context.Context, spec client.ScheduleSpec) (client.Schedule, error) {
	return b.CreateScheduleAs(ctx, Identity{ClientID: spec.ClientID, Secret: spec.ClientSecret}, spec)
}

// CreateScheduleAs is CreateSchedule under the session of an identity. Where the
// answer is lost the schedule is looked for.
func (b *Backend) CreateScheduleAs(ctx context.Context, as Identity, spec client.ScheduleSpec) (client.Schedule, error) {
	id, err := parseID("function", spec.FunctionID)
	if err != nil {
		return client.Schedule{}, err
	}
	var page items[scheduleRead]
	session, err := b.bind(ctx, as.grant(), "/functions/schedules", func(nonce string) ([]byte, error) { return scheduleBody(spec, id, nonce) }, &page)
	var made scheduleRead
	if err == nil {
		made, err = page.made()
	}
	created := made.domain()
	if isUnknown(err) {
		if found, ok := b.findSchedule(ctx, spec.FunctionID, session); ok {
			created, err = found, nil
		}
	}
	if err != nil {
		return client.Schedule{}, err
	}
	created.Data = spec.Data
	return created, nil
}

// scheduleBody puts the operator's bytes into the body as they are, as callBody
// does.
func scheduleBody(spec client.ScheduleSpec, functionID int64, nonce string) ([]byte, error) {
	fields := map[string]any{"name": spec.Name, "cronExpression": spec.Cron, "functionId": functionID, "nonce": nonce}
	if spec.Description != "" {
		fields["description"] = spec.Description
	}
	rest, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	body := []byte(`{"items":[{`)
	if spec.Data != nil {
		body = append(append(append(body, `"data":`...), spec.Data...), ',')
	}
	return append(append(body, rest[1:]...), "]}"...), nil
}

// DeleteSchedule deletes a schedule.
func (b *Backend) DeleteSchedule(ctx context.Context, id string) error {
	n, err := parseID("schedule", id)
	if err != nil {
		return err
	}
	return b.change(ctx, "/functions/schedules/delete", idItems(n), nil)
}
