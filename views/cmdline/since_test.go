package cmdline

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSinceReadsLengthsTimesOfDayAndDates(t *testing.T) {
	oslo, err := time.LoadLocation("Europe/Oslo")
	require.NoError(t, err)
	now := time.Date(2026, 7, 2, 9, 0, 0, 0, time.UTC) // 11:00 in Oslo
	for text, want := range map[string]string{
		"2h": "2026-07-02 07:00", "90m": "2026-07-02 07:30", "1h30m": "2026-07-02 07:30", "3d": "2026-06-29 09:00",
		"10:30": "2026-07-02 08:30", "11:00:00": "2026-07-02 09:00", " 11:30 ": "2026-07-01 09:30", "9:05": "2026-07-02 07:05",
		"2026-07-01": "2026-06-30 22:00", "2026-07-01 06:00": "2026-07-01 04:00", "2026-07-01T06:00:00Z": "2026-07-01 06:00",
	} {
		at, err := Since(text, now, oslo)
		if assert.NoError(t, err, text) {
			assert.Equal(t, want, at.UTC().Format("2006-01-02 15:04"), text)
		}
	}
	for text, why := range map[string]string{
		"soon": `"soon" is no time: 90s, 2h, 10:30 or 2026-07-02`, "": "is no time", "5": "is no time", "0": "is no time", "-5m": "is no time", "+5m": "is no time",
		"25:00": "is no time", "99999999d": "is no time", "2026-07-03": "that is still to come", "999999999999h": "is no time",
	} {
		_, err := Since(text, now, oslo)
		assert.ErrorContains(t, err, why, text)
	}
}
