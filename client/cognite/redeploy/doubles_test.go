package redeploy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fndeck/client"
)

func TestARunOnBothFunctionsIsNoted(t *testing.T) {
	due := time.Date(2026, 8, 1, 12, 5, 0, 0, time.UTC)
	left := []client.Call{{ID: "1", ScheduleID: "7", Scheduled: due}, {ID: "2", ScheduleID: "7"}, {ID: "3", ScheduleID: "8", Scheduled: due.Add(time.Minute)}}
	taken := []client.Call{{ID: "4", ScheduleID: "9", Scheduled: due}, {ID: "5", ScheduleID: "9"}, {ID: "6", ScheduleID: "9", Scheduled: due.Add(time.Minute)}}
	assert.Equal(t, []string{"schedule nightly ran twice for 2026-08-01T12:05:00Z: calls 1 and 4"}, doubles("nightly", "7", left, taken))
}

func TestAScheduleStoodTwiceOnlyIfAMinuteBeganInBetween(t *testing.T) {
	at := time.Date(2026, 8, 1, 12, 5, 44, 0, time.UTC)
	m := func(later time.Duration) Moving {
		return Moving{Born: map[string]time.Time{"new": at}, Ended: map[string]time.Time{"old": at.Add(later)}}
	}
	assert.False(t, m(time.Second).stoodTwice("old", "new"))
	assert.True(t, m(time.Minute).stoodTwice("old", "new"))
	assert.False(t, m(time.Minute).stoodTwice("new", "old"))
}
