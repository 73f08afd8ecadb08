package several

import (
	"context"
	"time"

	"fndeck/client"
)

// Schedules implements client.Scheduler.
func (b *Backend) Schedules(ctx context.Context, functionID string) ([]client.Schedule, error) {
	if functionID != "" {
		does, p, id, err := held[client.Scheduler](b, functionID, client.CanSchedule)
		if err != nil {
			return nil, err
		}
		rows, err := does.Schedules(ctx, id)
		return each(rows, p.schedule), err
	}
	rows, err := gather(ctx, b, func(p *part) *shelf[client.Schedule] { return &p.schedules }, func(ctx context.Context, p *part) ([]client.Schedule, error) {
		does, err := client.As[client.Scheduler](p.backend, client.CanSchedule)
		if err != nil {
			return nil, err
		}
		rows, err := does.Schedules(ctx, "")
		return each(rows, p.schedule), err
	})
	return newestFirst(rows, func(c client.Schedule) time.Time { return c.Created }), err
}

// CreateSchedule implements client.Scheduler.
func (b *Backend) CreateSchedule(ctx context.Context, spec client.ScheduleSpec) (client.Schedule, error) {
	does, p, id, err := held[client.Scheduler](b, spec.FunctionID, client.CanSchedule)
	if err != nil {
		return client.Schedule{}, err
	}
	spec.FunctionID = id
	c, err := does.CreateSchedule(ctx, spec)
	return p.schedule(c), err
}

// ReplaceSchedule implements client.ScheduleReplacer.
func (b *Backend) ReplaceSchedule(ctx context.Context, scheduleID string, spec client.ScheduleSpec) (client.Schedule, error) {
	does, p, id, err := held[client.ScheduleReplacer](b, scheduleID, client.CanReplaceSchedule)
	if err != nil {
		return client.Schedule{}, err
	}
	spec.FunctionID = unnamed(spec.FunctionID)
	c, err := does.ReplaceSchedule(ctx, id, spec)
	return p.schedule(c), err
}

// RunSchedule implements client.ScheduleRunner.
func (b *Backend) RunSchedule(ctx context.Context, scheduleID string) (client.Call, error) {
	does, p, id, err := held[client.ScheduleRunner](b, scheduleID, client.CanRunSchedule)
	if err != nil {
		return client.Call{}, err
	}
	c, err := does.RunSchedule(ctx, id)
	return p.call(c), err
}

// DeleteSchedule implements client.Scheduler.
func (b *Backend) DeleteSchedule(ctx context.Context, scheduleID string) error {
	does, _, id, err := held[client.Scheduler](b, scheduleID, client.CanSchedule)
	if err != nil {
		return err
	}
	return does.DeleteSchedule(ctx, id)
}

// ScheduleRuns implements client.RunLister.
func (b *Backend) ScheduleRuns(ctx context.Context, scheduleID string, limit int) ([]client.ScheduleRun, error) {
	does, p, id, err := held[client.RunLister](b, scheduleID, client.CanListRuns)
	if err != nil {
		return nil, err
	}
	rows, err := does.ScheduleRuns(ctx, id, limit)
	return each(rows, p.run), err
}
