package embedded

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"fndeck/client"
	"fndeck/client/embedded/wire"
)

// CreateSchedule creates a schedule with its policies.
func (b *Backend) CreateSchedule(ctx context.Context, spec client.ScheduleSpec) (client.Schedule, error) {
	return b.sendSchedule(ctx, http.MethodPost, "schedules", spec)
}

// ReplaceSchedule puts another schedule in the place of one.
func (b *Backend) ReplaceSchedule(ctx context.Context, id string, spec client.ScheduleSpec) (client.Schedule, error) {
	return b.sendSchedule(ctx, http.MethodPut, "schedules/"+url.PathEscape(id), spec)
}

func (b *Backend) sendSchedule(ctx context.Context, method, path string, spec client.ScheduleSpec) (client.Schedule, error) {
	body, err := scheduleBody(spec)
	if err != nil {
		return client.Schedule{}, err
	}
	var made client.Schedule
	err = b.http.Do(ctx, client.Request{Method: method, Path: wire.Prefix + path, RawJSON: body, Retry: client.Once}, &made)
	return made, err
}

// scheduleBody puts the operator's bytes into the body as they are: encoding
// them again would change numbers and spaces.
func scheduleBody(spec client.ScheduleSpec) ([]byte, error) {
	w := wire.Schedule{Name: spec.Name, Description: spec.Description, Cron: spec.Cron, Overlap: spec.Overlap, CatchUp: spec.CatchUp}
	if spec.FunctionID != "" {
		id, err := strconv.ParseInt(spec.FunctionID, 10, 64)
		if err != nil {
			return nil, client.Invalidf("function id %q is not a number", spec.FunctionID)
		}
		w.FunctionID = id
	}
	rest, err := json.Marshal(w)
	if err != nil || spec.Data == nil {
		return rest, err
	}
	return append(append(append([]byte(`{"data":`), spec.Data...), ','), rest[1:]...), nil
}

// RunSchedule starts a run now.
func (b *Backend) RunSchedule(ctx context.Context, id string) (client.Call, error) {
	var c client.Call
	err := b.own(ctx, client.Once, http.MethodPost, "schedules/"+url.PathEscape(id)+"/run", nil, &c)
	return c, err
}
