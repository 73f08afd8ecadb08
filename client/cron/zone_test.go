package cron

import (
	"testing"
	"time"
	// The machine may have no zone database.
	_ "time/tzdata"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestZoneNotesTellTheNextChangeOfTheClock(t *testing.T) {
	for _, c := range []struct {
		zone, now, expr, want string
	}{
		{"Europe/Oslo", "2026-01-15", "0 6 * * *", "08:00 in Oslo from 29 Mar, 07:00 until then"},
		{"Europe/Oslo", "2026-06-15", "0 6 * * *", "07:00 in Oslo from 25 Oct, 08:00 until then"},
		{"Europe/Oslo", "2026-01-15", "0 6,18 * * *", "08:00 and 20:00 in Oslo from 29 Mar, 07:00 and 19:00 until then"},
		{"Europe/Oslo", "2026-01-15", "30 23 * * FRI", "01:30 the next day in Oslo from 4 Apr, 00:30 the next day until then"},
		{"Europe/Oslo", "2026-01-15", "*/15 8-17 * * 1-5", "one hour later in Oslo from 30 Mar"},
		{"Europe/Oslo", "2026-06-15", "*/15 8-17 * * 1-5", "one hour earlier in Oslo from 26 Oct"},
		{"Europe/Oslo", "2026-01-15", "0 * * * *", ""},
		{"Europe/Oslo", "2026-01-15", "0 6 1 7 *", ""},
		{"Europe/Oslo", "2026-01-15", "0 6 * 12,1 *", ""},
		// The change comes before the first run, so the next one counts.
		{"Europe/Oslo", "2026-03-29", "0 6 * * *", "07:00 in Oslo from 25 Oct, 08:00 until then"},
		{"America/Sao_Paulo", "2018-09-01", "0 6 * * *", "04:00 in Sao Paulo from 4 Nov, 03:00 until then"},
		{"America/Sao_Paulo", "2018-12-01", "0 1 * * *", "22:00 the day before in Sao Paulo from 17 Feb, 23:00 the day before until then"},
		{"America/Sao_Paulo", "2026-01-15", "0 6 * * *", ""},
		{"Australia/Lord_Howe", "2026-01-15", "0 6 * * *", "16:30 in Lord Howe from 5 Apr, 17:00 until then"},
		{"Australia/Lord_Howe", "2026-01-15", "0 * * * *", "minute 30 of the hour in Lord Howe from 5 Apr, minute 0 until then"},
		{"Australia/Lord_Howe", "2026-01-15", "*/30 * * * *", ""},
		{"Australia/Lord_Howe", "2026-01-15", "*/15 8-17 * * *", "30 minutes earlier in Lord Howe from 5 Apr"},
		{"UTC", "2026-01-15", "0 6 * * *", ""},
	} {
		zone, err := time.LoadLocation(c.zone)
		require.NoError(t, err)
		now, err := time.ParseInLocation(time.DateOnly, c.now, time.UTC)
		require.NoError(t, err)
		notes := ZoneNotes(mustParse(t, c.expr), zone, now)
		if c.want == "" {
			assert.Empty(t, notes, "%s in %s", c.expr, c.zone)
			continue
		}
		require.NotEmpty(t, notes, "%s in %s", c.expr, c.zone)
		assert.Equal(t, c.want, notes[0], "%s in %s", c.expr, c.zone)
	}
	assert.Empty(t, ZoneNotes(Expr{}, time.UTC, time.Time{}))
	assert.Empty(t, ZoneNotes(mustParse(t, "0 6 * * *"), nil, time.Time{}))
}

func TestZoneNotesTellWhichWallTimesDoNotExistOrComeTwice(t *testing.T) {
	for _, c := range []struct {
		zone, now, expr string
		want            []string
	}{
		{"Europe/Oslo", "2026-01-15", "30 1 * * *", []string{
			"03:30 in Oslo from 29 Mar, 02:30 until then",
			"02:30 does not exist on 29 Mar in Oslo: that run is at 03:30",
			"02:30 comes twice on 25 Oct in Oslo: it runs the second time",
		}},
		// At 00:30 UTC on 29 March the clock has not changed yet.
		{"Europe/Oslo", "2026-01-15", "30 0 * * *", []string{
			"02:30 in Oslo from 30 Mar, 01:30 until then",
			"02:30 comes twice on 25 Oct in Oslo: it runs the first time",
		}},
		{"Europe/Oslo", "2026-06-15", "30 0,1 * * *", []string{
			"01:30 and 02:30 in Oslo from 25 Oct, 02:30 and 03:30 until then",
			"02:30 comes twice on 25 Oct in Oslo: it runs both times",
			"02:30 does not exist on 28 Mar in Oslo: that run is at 03:30",
		}},
		{"Europe/Oslo", "2026-09-15", "0,30 1 * 10-12 *", []string{
			"02:00 and 02:30 in Oslo from 25 Oct, 03:00 and 03:30 until then",
			"02:00 and 02:30 come twice on 25 Oct in Oslo: it runs the second time",
		}},
		{"Europe/Oslo", "2026-01-15", "0,30 1 29 3 *", []string{"02:00 and 02:30 do not exist on 29 Mar in Oslo: those runs are at 03:00 and 03:30"}},
		{"Australia/Lord_Howe", "2026-03-15", "45 14 * * *", []string{
			"01:15 the next day in Lord Howe from 6 Apr, 01:45 the next day until then",
			"01:45 comes twice on 5 Apr in Lord Howe: it runs the first time",
		}},
		{"Australia/Lord_Howe", "2026-09-15", "45 15 * * *", []string{
			"02:45 the next day in Lord Howe from 4 Oct, 02:15 the next day until then",
			"02:15 does not exist on 4 Oct in Lord Howe: that run is at 02:45",
		}},
		// In Sao Paulo midnight itself was skipped, and the evening before came twice.
		{"America/Sao_Paulo", "2018-09-01", "0 3 * * *", []string{
			"01:00 in Sao Paulo from 4 Nov, 00:00 until then",
			"00:00 does not exist on 4 Nov in Sao Paulo: that run is at 01:00",
		}},
		{"America/Sao_Paulo", "2018-12-01", "30 2 * * *", []string{
			"23:30 the day before in Sao Paulo from 16 Feb, 00:30 until then",
			"23:30 comes twice on 16 Feb in Sao Paulo: it runs the second time",
		}},
		{"Europe/Oslo", "2026-01-15", "30 * * * *", nil},
	} {
		zone, err := time.LoadLocation(c.zone)
		require.NoError(t, err)
		now, err := time.ParseInLocation(time.DateOnly, c.now, time.UTC)
		require.NoError(t, err)
		notes := ZoneNotes(mustParse(t, c.expr), zone, now)
		if c.want == nil {
			assert.Empty(t, notes, "%s in %s", c.expr, c.zone)
			continue
		}
		assert.Equal(t, c.want, notes, "%s in %s", c.expr, c.zone)
	}
}

// The note must hold for the runs themselves: the wall clock before and after
// the date that it names.
func TestRunsFallOnTheWallTimesOfTheNote(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Oslo")
	require.NoError(t, err)
	e := mustParse(t, "30 0 * * *")
	change := time.Date(2026, 3, 30, 0, 0, 0, 0, zone)
	for _, at := range e.Upcoming(time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC), 20) {
		local := at.In(zone)
		want := "01:30"
		if !local.Before(change) {
			want = "02:30"
		}
		assert.Equal(t, want, local.Format("15:04"), local)
	}
}
