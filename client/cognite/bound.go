package cognite

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"fndeck/client"
)

// BoundSchedule is a schedule with the session that it runs under. Its data is not
// in a list: see ScheduleInput.
type BoundSchedule struct {
	client.Schedule
	SessionID int64
}

// number is an id that is an integer in the SDK and a string in the reference.
type number int64

// UnmarshalJSON reads both forms.
func (n *number) UnmarshalJSON(b []byte) error {
	if len(b) >= 2 && b[0] == '"' {
		b = b[1 : len(b)-1]
	}
	if len(b) == 0 || string(b) == "null" {
		return nil
	}
	v, err := strconv.ParseInt(string(b), 10, 64)
	*n = number(v)
	return err
}

// Bound lists the schedules of a function, or all, with their sessions.
func (b *Backend) Bound(ctx context.Context, functionID string) ([]BoundSchedule, error) {
	filter := map[string]any{}
	if functionID != "" {
		id, err := parseID("function", functionID)
		if err != nil {
			return nil, err
		}
		filter["functionId"] = id
	}
	found, err := whole[scheduleRead](ctx, b, "/functions/schedules/list", map[string]any{"filter": filter, "limit": everything})
	return bound(found), err
}

// LookSchedules reads schedules by id. Those that do not exist are not in the
// answer.
func (b *Backend) LookSchedules(ctx context.Context, ids ...string) ([]BoundSchedule, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	numbers := make([]int64, 0, len(ids))
	for _, id := range ids {
		n, err := parseID("schedule", id)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, n)
	}
	var page items[scheduleRead]
	err := b.read(ctx, "/functions/schedules/byids", known(numbers...), &page)
	return bound(page.Items), err
}

func bound(found []scheduleRead) []BoundSchedule {
	all := make([]BoundSchedule, 0, len(found))
	for _, s := range found {
		all = append(all, BoundSchedule{s.domain(), int64(s.SessionID)})
	}
	return all
}

// ScheduleInput reads the data of a schedule, nil if it has none: the one place
// where the API tells it.
func (b *Backend) ScheduleInput(ctx context.Context, id string) (json.RawMessage, error) {
	n, err := parseID("schedule", id)
	if err != nil {
		return nil, err
	}
	var reply struct {
		Data json.RawMessage `json:"data"`
	}
	err = b.get(ctx, fmt.Sprintf("/functions/schedules/%d/input_data", n), &reply)
	return reply.Data, err
}
