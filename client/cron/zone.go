package cron

import (
	"strings"
	"time"
)

// zoneAhead is how far ZoneNotes looks for a change of the offset.
const zoneAhead = 366 * 24 * time.Hour

// span is a time in which a zone keeps one offset.
type span struct {
	start, end time.Time
	offset     time.Duration
}

// ZoneNotes says how the next change of the zone's offset within a year moves
// the runs, in that zone's wall time: "08:00 in Oslo from 29 Mar, 07:00 until
// then", and which of their wall times do not exist on the day of a change or
// come twice. It is empty where nothing moves, also because no run falls on one
// of the sides.
func ZoneNotes(e Expr, zone *time.Location, now time.Time) []string {
	if e.source == "" || zone == nil {
		return nil
	}
	return append(e.moveNote(zone, now), e.changeNotes(zone, now)...)
}

func (e Expr) moveNote(zone *time.Location, now time.Time) []string {
	var last *span
	for _, s := range spans(zone, now) {
		first := e.Next(s.start.Add(-time.Nanosecond))
		if s.start.Equal(now) {
			first = e.Next(now)
		}
		if !first.Before(s.end) {
			continue
		}
		if last != nil && last.offset != s.offset {
			note := e.zoneNote(zone, first, last.offset, s.offset)
			if note == "" {
				return nil
			}
			return []string{note}
		}
		last = &s
	}
	return nil
}

// spans cuts the coming year where the zone's offset changes. A change of the
// zone's abbreviation alone is no cut.
func spans(zone *time.Location, now time.Time) []span {
	limit := now.Add(zoneAhead)
	var all []span
	for start := now; start.Before(limit); {
		local := start.In(zone)
		_, seconds := local.Zone()
		_, end := local.ZoneBounds()
		if end.IsZero() || end.After(limit) {
			end = limit
		}
		offset := time.Duration(seconds) * time.Second
		if n := len(all); n > 0 && all[n-1].offset == offset {
			all[n-1].end = end
		} else {
			all = append(all, span{start, end, offset})
		}
		start = end
	}
	return all
}

func (e Expr) zoneNote(zone *time.Location, first time.Time, before, after time.Duration) string {
	name, from := placeName(zone), first.In(zone).Format("2 Jan")
	minutes, hours := e.fields[minute].values(), e.fields[hour].values()
	if len(hours) == 24 {
		return e.minuteNote(name, from, before, after)
	}
	if len(minutes)*len(hours) > listedTimes {
		direction, by := "later", after-before
		if by < 0 {
			direction, by = "earlier", -by
		}
		return duration(by) + " " + direction + " in " + name + " from " + from
	}
	return localTimes(minutes, hours, after) + " in " + name + " from " + from + ", " +
		localTimes(minutes, hours, before) + " until then"
}

// minuteNote is for what runs in every hour: only a shift by part of an hour is
// seen, as Lord Howe's is.
func (e Expr) minuteNote(name, from string, before, after time.Duration) string {
	shifted := func(by time.Duration) string {
		var s set
		for _, m := range e.fields[minute].values() {
			s.bits |= 1 << uint(floorMod(m+int(by/time.Minute), 60))
		}
		return noun("minute", s.values())
	}
	if shifted(before) == shifted(after) {
		return ""
	}
	return shifted(after) + " of the hour in " + name + " from " + from + ", " + shifted(before) + " until then"
}

// localTimes lists the times of day at an offset, with a mark where the date is
// another one than in UTC.
func localTimes(minutes, hours []int, offset time.Duration) string {
	const day = 24 * 60
	var parts []string
	for _, h := range hours {
		for _, m := range minutes {
			at := h*60 + m + int(offset/time.Minute)
			local := floorMod(at, day)
			text := hhmm(local/60, local%60)
			switch {
			case at < 0:
				text += " the day before"
			case at >= day:
				text += " the next day"
			}
			parts = append(parts, text)
		}
	}
	return and(parts)
}

func floorMod(n, m int) int { return (n%m + m) % m }

func duration(d time.Duration) string {
	switch minutes := int(d / time.Minute); {
	case minutes == 60:
		return "one hour"
	case minutes%60 == 0:
		return every(minutes/60, "hour")[len("every "):]
	default:
		return every(minutes, "minute")[len("every "):]
	}
}

// placeName is the readable part of a zone's name: "Lord Howe" for
// Australia/Lord_Howe.
func placeName(zone *time.Location) string {
	name := zone.String()
	if name == "Local" {
		return "your zone"
	}
	return strings.ReplaceAll(name[strings.LastIndex(name, "/")+1:], "_", " ")
}
