package cmdline

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// sinceLayouts are how a moment may be written, in the zone that times are shown
// in.
var sinceLayouts = []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly}

// Since reads since when something is wanted: a length back from now (90s, 2h,
// 3d), the last time that a clock in the zone showed a time of day (10:30), or a
// date with or without a time. An error says what is expected.
func Since(text string, now time.Time, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	if back, ok := length(text); ok {
		return now.Add(-back), nil
	}
	now = now.In(zone)
	for _, layout := range []string{"15:04", time.TimeOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			today := time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), at.Second(), 0, zone)
			if today.After(now) {
				today = time.Date(now.Year(), now.Month(), now.Day()-1, at.Hour(), at.Minute(), at.Second(), 0, zone)
			}
			return today, nil
		}
	}
	at, err := time.Parse(time.RFC3339, text)
	for _, layout := range sinceLayouts {
		if err != nil {
			at, err = time.ParseInLocation(layout, text, zone)
		}
	}
	switch {
	case err != nil:
		return time.Time{}, fmt.Errorf("%q is no time: 90s, 2h, 10:30 or %s", text, now.Format(time.DateOnly))
	case at.After(now):
		return time.Time{}, errors.New("that is still to come")
	}
	return at, nil
}

// length reads a length of time, of which days are written as 3d.
func length(text string) (time.Duration, bool) {
	const day, most = 24 * time.Hour, 100 * 365
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * day, err == nil && n >= 0 && n <= most
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0 && text[0] != '+' && strings.TrimLeft(text, "0.") != ""
}
