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
		// At 00:30 UTC on 29 March the clock has not changed yet.
		{"Europe/Oslo", "2026-01-15", "30 0 * * *", "02:30 in Oslo from 30 Mar, 01:30 until then"},
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
		assert.Equal(t, []string{c.want}, notes, "%s in %s", c.expr, c.zone)
	}
	assert.Empty(t, ZoneNotes(Expr{}, time.UTC, time.Time{}))
	assert.Empty(t, ZoneNotes(mustParse(t, "0 6 * * *"), nil, time.Time{}))
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
