package cognite

import (
	"encoding/json"
	"fmt"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/engine/store"
)

type items[T any] struct {
	Items []T `json:"items"`
}

// one is the single item of a create, which takes exactly one.
func (i items[T]) one() (item T, err error) {
	if len(i.Items) != 1 {
		return item, client.Invalidf("items must hold exactly 1 item, not %d", len(i.Items))
	}
	return i.Items[0], nil
}

// selector names an object by id or by external id.
type selector struct {
	ID         int64  `json:"id"`
	ExternalID string `json:"externalId"`
}

func (s selector) missing() map[string]any {
	if s.ID != 0 {
		return map[string]any{"id": s.ID}
	}
	return map[string]any{"externalId": s.ExternalID, "external_id": s.ExternalID}
}

type selection struct {
	Items            []selector `json:"items"`
	IgnoreUnknownIDs bool       `json:"ignoreUnknownIds"`
}

func (s selection) check(limit int) error {
	if len(s.Items) == 0 || len(s.Items) > limit {
		return client.Invalidf("items must hold 1 to %d items, not %d", limit, len(s.Items))
	}
	for i, item := range s.Items {
		if item.ID == 0 && item.ExternalID == "" {
			return client.Invalidf("item %d has neither id nor externalId", i+1)
		}
	}
	return nil
}

// find looks up every selector and collects the unknown ones.
func find[T any](s selection, kind string, one func(selector) (T, error)) ([]T, error) {
	found := make([]T, 0, len(s.Items))
	var missing []map[string]any
	for _, item := range s.Items {
		v, err := one(item)
		switch {
		case err == nil:
			found = append(found, v)
		case isNotFound(err):
			missing = append(missing, item.missing())
		default:
			return nil, err
		}
	}
	if len(missing) > 0 && !s.IgnoreUnknownIDs {
		return nil, &unknownIDs{kind: kind, missing: missing}
	}
	return found, nil
}

type failure struct {
	Message string `json:"message"`
	Trace   string `json:"trace,omitempty"`
}

func failureOf(message, trace string) *failure {
	if message == "" {
		return nil
	}
	return &failure{message, trace}
}

type callWire struct {
	ID            int64    `json:"id"`
	FunctionID    int64    `json:"functionId"`
	Status        string   `json:"status"`
	StartTime     int64    `json:"startTime"`
	EndTime       int64    `json:"endTime,omitempty"`
	ScheduledTime int64    `json:"scheduledTime,omitempty"`
	ScheduleID    int64    `json:"scheduleId,omitempty"`
	Error         *failure `json:"error,omitempty"`
}

func callOf(c store.Call) callWire {
	status := c.Status
	if status == store.Cancelled { // the API has no word for it
		status = store.Failed
	}
	return callWire{
		ID: c.ID, FunctionID: c.FunctionID, Status: status, StartTime: millis(c.Started), EndTime: millis(c.Ended),
		ScheduledTime: millis(c.Scheduled), ScheduleID: c.ScheduleID, Error: failureOf(c.ErrorMessage, c.ErrorTrace),
	}
}

type timeRange struct {
	Min int64 `json:"min"`
	Max int64 `json:"max"`
}

func (r timeRange) from() time.Time { return fromMillis(r.Min) }

// to is inclusive to the end of its millisecond.
func (r timeRange) to() time.Time {
	if r.Max == 0 {
		return time.Time{}
	}
	return fromMillis(r.Max).Add(time.Millisecond - time.Microsecond)
}

func (r timeRange) holds(at time.Time) bool {
	ms := at.UnixMilli()
	return (r.Min == 0 || ms >= r.Min) && (r.Max == 0 || ms <= r.Max)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// metadata decodes a stored JSON object of strings.
func metadata(text string) (m map[string]string) {
	if text == "" || json.Unmarshal([]byte(text), &m) != nil {
		return nil
	}
	return m
}

func metadataText(m map[string]string) (string, error) {
	if len(m) == 0 {
		return "", nil
	}
	b, err := json.Marshal(m)
	return string(b), err
}

func text(v any) string { return fmt.Sprint(v) }
