package cognite

import (
	"fmt"
	"strconv"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/engine/store"
)

type items[T any] struct {
	Items []T `json:"items"`
}

// paged is the answer of a list with pages; NextCursor is there only if there
// are more.
type paged[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"nextCursor,omitempty"`
}

// cursor is the id before which a page begins, 0 for the first page.
func cursor(text string) (before int64, err error) {
	if text == "" {
		return 0, nil
	}
	if before, err = strconv.ParseInt(text, 36, 64); err != nil || before <= 0 {
		return 0, client.Invalidf("cursor %q is not one of this list", text)
	}
	return before, nil
}

// bound is the limit of a list: the body's, else the query's, else standard.
func bound(r *dialect.Request, asked *int, standard, highest int) (int, error) {
	if q := r.URL.Query().Get("limit"); asked == nil && q != "" {
		n, err := strconv.Atoi(q)
		if err != nil {
			return 0, client.Invalidf("limit %q is not a number", q)
		}
		asked = &n
	}
	switch {
	case asked == nil:
		return standard, nil
	case *asked < 1 || *asked > highest:
		return 0, client.Invalidf("limit is %d, allowed are 1 to %d", *asked, highest)
	}
	return *asked, nil
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

// naming is how the objects of a path may be named.
type naming int

const (
	byID naming = iota
	byEither
)

// readSelection reads a body that names 1 to limit objects.
func readSelection(r *dialect.Request, limit int, by naming) (s selection, err error) {
	if err := dialect.ReadJSON(r, &s); err != nil {
		return s, err
	}
	if len(s.Items) == 0 || len(s.Items) > limit {
		return s, client.Invalidf("items must hold 1 to %d items, not %d", limit, len(s.Items))
	}
	for i, item := range s.Items {
		switch {
		case by == byID && item.ID == 0:
			return s, client.Invalidf("item %d has no id", i+1)
		case item.ID == 0 && item.ExternalID == "":
			return s, client.Invalidf("item %d has neither id nor externalId", i+1)
		case item.ID != 0 && item.ExternalID != "":
			return s, client.Invalidf("item %d has both id and externalId, exactly one is allowed", i+1)
		}
	}
	return s, nil
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

func text(v any) string { return fmt.Sprint(v) }
