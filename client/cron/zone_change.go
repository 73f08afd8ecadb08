package cron

import (
	"slices"
	"strings"
	"time"
)

// changeNotes says, for every change of the zone's offset within a year, which
// wall times of the runs do not exist on that day or come twice. What runs in
// every hour has no time of day that could be missed, and gets no note.
func (e Expr) changeNotes(zone *time.Location, now time.Time) []string {
	if len(e.fields[hour].values()) == 24 {
		return nil
	}
	var notes []string
	all := spans(zone, now)
	for i := 1; i < len(all); i++ {
		before, after := all[i-1], all[i]
		if by := after.offset - before.offset; by > 0 {
			notes = append(notes, e.gapNote(zone, after.start, before.offset, by)...)
		} else {
			notes = append(notes, e.overlapNote(zone, after.start, -by)...)
		}
	}
	return notes
}

// runsIn lists the runs from a time up to, not including, another.
func (e Expr) runsIn(from, to time.Time) []time.Time {
	var runs []time.Time
	for t := e.Next(from.Add(-time.Nanosecond)); !t.IsZero() && t.Before(to); t = e.Next(t) {
		runs = append(runs, t)
	}
	return runs
}

// gapNote is for clocks that go forward: the runs of the skipped stretch have
// no such wall time on that day.
func (e Expr) gapNote(zone *time.Location, change time.Time, before, by time.Duration) []string {
	runs := e.runsIn(change, change.Add(by))
	if len(runs) == 0 || len(runs) > listedTimes {
		return nil
	}
	var missing, real []string
	for _, t := range runs {
		missing = append(missing, t.UTC().Add(before).Format("15:04"))
		real = append(real, t.In(zone).Format("15:04"))
	}
	verb, those := "does", "that run is"
	if len(runs) > 1 {
		verb, those = "do", "those runs are"
	}
	day := runs[0].UTC().Add(before).Format("2 Jan")
	return []string{and(missing) + " " + verb + " not exist on " + day + " in " + placeName(zone) + ": " + those + " at " + and(real)}
}

// overlapNote is for clocks that go back: the wall times of a stretch come
// twice, and a run is at the first, the second, or both.
func (e Expr) overlapNote(zone *time.Location, change time.Time, by time.Duration) []string {
	runs := e.runsIn(change.Add(-by), change.Add(by))
	if len(runs) == 0 || len(runs) > 2*listedTimes {
		return nil
	}
	var parts []string
	for _, kind := range []struct {
		words         string
		first, second bool
	}{{"the first time", true, false}, {"the second time", false, true}, {"both times", true, true}} {
		var times []string
		for _, t := range runs {
			first, second := t.Before(change), !t.Before(change)
			first = first || slices.ContainsFunc(runs, t.Add(-by).Equal)
			second = second || slices.ContainsFunc(runs, t.Add(by).Equal)
			wall := t.In(zone).Format("15:04")
			if first == kind.first && second == kind.second && !slices.Contains(times, wall) {
				times = append(times, wall)
			}
		}
		if len(times) > 0 {
			verb := "comes"
			if len(times) > 1 {
				verb = "come"
			}
			parts = append(parts, and(times)+" "+verb+" twice on "+runs[0].In(zone).Format("2 Jan")+" in "+placeName(zone)+": it runs "+kind.words)
		}
	}
	return []string{strings.Join(parts, "; ")}
}
