package heat

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fndeck/client"
	"fndeck/ui"
)

var now = time.Date(2026, 1, 15, 8, 20, 0, 0, time.UTC)

func schedules(crons ...string) (all []client.Schedule) {
	for _, expr := range crons {
		all = append(all, client.Schedule{Cron: expr})
	}
	return all
}

func TestTheHoursOfADayShowWhereSchedulesRunTogether(t *testing.T) {
	oslo, err := time.LoadLocation("Europe/Oslo")
	assert.NoError(t, err)
	facts := Facts(schedules("0 9 * * *", "0 9 * * *", "*/30 9 * * *", "not cron"), now, oslo)
	assert.Len(t, facts, 1+hours)
	assert.Equal(t, "a mark is five minutes; the highest are 3 runs", facts[0].Value)
	assert.Equal(t, ui.Fact{Label: "Thu 09:00", Value: "            "}, facts[1], "the hour that has begun")
	assert.Equal(t, ui.Fact{Label: "Thu 10:00", Value: "█     ▃       4 runs, 3 of them at 10:00"}, facts[2])
}

func TestADayWithoutRunsSaysSo(t *testing.T) {
	assert.Equal(t, "There are no schedules.", Facts(nil, now, time.UTC)[0].Value)
	assert.Equal(t, "Nothing is due within a day.", Facts(schedules("0 0 1 7 *"), now, time.UTC)[0].Value)
}

func TestThousandsOfSchedulesOfEveryMinuteAreNotCountedForEver(t *testing.T) {
	facts := Facts(schedules(strings.Split(strings.Repeat("* * * * *,", 5000)+"* * * * *", ",")...), now, time.UTC)
	assert.Contains(t, facts[1].Value, "more are not counted")
}
