// Package heat shows when schedules run together.
package heat

import (
	"fmt"
	"time"

	"fndeck/client"
	"fndeck/client/cron"
	"fndeck/ui"
	"fndeck/ui/chart"
)

const (
	// hours is how far ahead is looked.
	hours = 24
	// slot is the time of one mark.
	slot        = 5 * time.Minute
	slotsInHour = int(time.Hour / slot)
	// most bounds the runs that are counted, so that thousands of schedules of
	// every minute do not hold the page up.
	most = 200_000
)

// day is the runs of a day in slots and minutes.
type day struct {
	start   time.Time
	slots   [hours * slotsInHour]int
	minutes [hours * 60]int
	// left is how many schedules were not counted, for there were too many runs.
	left int
}

// Facts lists the hours of the next day, each with a bar for every five minutes,
// and where the most runs fall into one minute. Times are in the zone.
func Facts(schedules []client.Schedule, now time.Time, zone *time.Location) []ui.Fact {
	if len(schedules) == 0 {
		return []ui.Fact{{Value: "There are no schedules.", Tone: ui.ToneDim}}
	}
	d := count(schedules, now)
	peak := 0
	for _, n := range d.slots {
		peak = max(peak, n)
	}
	if peak == 0 {
		return []ui.Fact{{Value: "Nothing is due within a day.", Tone: ui.ToneDim}}
	}
	facts := []ui.Fact{{Value: fmt.Sprintf("a mark is five minutes; the highest are %s", ui.Counted(peak, "run")), Tone: ui.ToneDim}}
	if d.left > 0 {
		facts = append(facts, ui.Fact{Value: fmt.Sprintf("%s more are not counted: they run too often", ui.Counted(d.left, "schedule")), Tone: ui.ToneWarn})
	}
	for hour := range hours {
		facts = append(facts, d.hour(hour, peak, zone))
	}
	return facts
}

// count finds the runs of each schedule from the full hour before now on.
func count(schedules []client.Schedule, now time.Time) *day {
	d := &day{start: now.UTC().Truncate(time.Hour)}
	end, counted := d.start.Add(hours*time.Hour), 0
	for i, s := range schedules {
		expr, err := cron.Parse(s.Cron)
		if err != nil {
			continue // a form of the backend that is not known here
		}
		for at := expr.Next(d.start.Add(-time.Nanosecond)); !at.IsZero() && at.Before(end); at = expr.Next(at) {
			d.slots[at.Sub(d.start)/slot]++
			d.minutes[at.Sub(d.start)/time.Minute]++
			counted++
		}
		if counted > most {
			d.left = len(schedules) - i - 1
			break
		}
	}
	return d
}

// hour is one line.
func (d *day) hour(hour, peak int, zone *time.Location) ui.Fact {
	slots := d.slots[hour*slotsInHour : (hour+1)*slotsInHour]
	runs, together, when := 0, 0, 0
	for minute, n := range d.minutes[hour*60 : (hour+1)*60] {
		runs += n
		if n > together {
			together, when = n, minute
		}
	}
	at := d.start.Add(time.Duration(hour) * time.Hour)
	fact := ui.Fact{Label: at.In(zone).Format("Mon 15:04"), Value: string(chart.Counts(slots, peak))}
	if runs > 0 {
		fact.Value += "  " + ui.Counted(runs, "run")
	}
	if together > 1 {
		fact.Value += fmt.Sprintf(", %d of them at %s", together, at.Add(time.Duration(when)*time.Minute).In(zone).Format("15:04"))
	}
	return fact
}
