package redeploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fndeck/client"
)

// stoodTwice reports whether a run may have been due while a schedule stood on two
// functions: between the create and the removal a minute began.
func (m Moving) stoodTwice(from, to string) bool {
	born, ended := m.Born[to], m.Ended[from]
	return !born.IsZero() && !ended.IsZero() && !born.Truncate(time.Minute).Equal(ended.Truncate(time.Minute))
}

// noteDoubles notes the runs of schedules that took place on two functions, which
// only a cut in the wrong moment brings about. The calls of the one that was left
// are in the archive already.
func (o *Operation) noteDoubles(ctx context.Context, from, to string) error {
	if from == "" || to == "" {
		return nil
	}
	for _, m := range o.state().Schedules {
		if !m.stoodTwice(from, to) {
			continue
		}
		left, err := o.m.Archive.Calls(from)
		if err != nil {
			return err
		}
		id := m.On[to]
		if id == "" {
			id = m.was[to]
		}
		page, err := o.m.API.CallsStarted(ctx, client.CallQuery{FunctionID: to, ScheduleID: id}, m.Born[to].Add(-time.Minute), m.Ended[from].Add(time.Minute))
		if errors.Is(err, client.ErrNotFound) {
			continue // deleted already: this was noted before
		}
		if err != nil {
			return err
		}
		for _, text := range doubles(m.Name, m.was[from], left, page.Calls) {
			if err := o.write(Record{Kind: Noted, Item: m.Key, Text: text}); err != nil {
				return err
			}
		}
	}
	return nil
}

// doubles are sentences on runs with one due time on both functions.
func doubles(name, id string, left, taken []client.Call) []string {
	var texts []string
	for _, x := range left {
		for _, y := range taken {
			if x.ScheduleID == id && !x.Scheduled.IsZero() && x.Scheduled.Equal(y.Scheduled) {
				texts = append(texts, fmt.Sprintf("schedule %s ran twice for %s: calls %s and %s", name, x.Scheduled.Format(time.RFC3339), x.ID, y.ID))
			}
		}
	}
	return texts
}
