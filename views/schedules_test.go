package views

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/ui"
)

func TestAScheduleIsChangedInAFormThatANoBringsBack(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	var sent []client.ScheduleSpec
	backend.replace = func(id string, spec client.ScheduleSpec) (client.Schedule, error) {
		assert.Equal(t, "s1", id)
		sent = append(sent, spec)
		made := client.Schedule{ID: "s9", Name: spec.Name, FunctionID: "f1", Cron: spec.Cron}
		backend.change(func() { backend.schedules = append(backend.schedules[1:], made) })
		return made, nil
	}
	drive(t, backend, func(d *driver) {
		d.press("4", "e")
		d.see("change schedule hourly", "0 * * * *", `{"asset": 42}`, "queue", "once", "change ctrl+s")
		d.press("ctrl+s")
		d.see("nothing differs from the schedule as it is")
		d.press("tab", "ctrl+u")
		d.typed("*/10 * * * *")
		d.press("tab", "tab")
		d.typed("allow")
		d.wait(time.Second)
		d.press("ctrl+s")
		d.see("cron 0 * * * * becomes */10 * * * *", "overlap queue becomes allow", "the run that waits")
		require.Empty(t, sent, "nothing is sent unasked")
		d.wait(time.Second)
		d.press("n")
		d.see("change schedule hourly", "*/10 * * * *")
		d.wait(time.Second)
		d.press("ctrl+s")
		d.wait(time.Second)
		d.press("y")
		require.Len(t, sent, 1)
		assert.Equal(t, client.ScheduleSpec{
			Name: "hourly", FunctionID: "f1", Cron: "*/10 * * * *", Data: []byte(`{"asset": 42}`), Overlap: "allow", CatchUp: "once",
		}, sent[0])
		d.miss("change schedule hourly")
		d.see("› hourly", "*/10 * * * *")
	})
}

func TestAScheduleRunsNowAndShowsItsCall(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		d.press("4", "t")
		d.see("run-s1", "schedule hourly runs now, as call run-s1")
		d.press("esc", "d", "t")
		d.see("run-s1")
	})
}

func TestAScheduleThatCannotBeChangedSaysWhy(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.description.Missing = map[client.Capability]string{client.CanReplaceSchedule: "it cannot be changed here", client.CanSetPolicies: "no policies"}
	drive(t, backend, func(d *driver) {
		d.press("4", "e")
		d.see("it cannot be changed here")
		d.press("n")
		d.see("new schedule")
		d.miss("Overlap")
	})
}

func TestTheKeyThatPausesAScheduleSaysThatTheBackendCannot(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("4", "p")
		d.see("embedded cannot pause a schedule; ctrl+d deletes it")
		d.press("d", "p")
		d.see("embedded cannot pause a schedule")
		d.press("1", "p")
		d.see("pause: not in functions")
	})
}

func TestDeletingAFunctionNamesItsSchedulesBefore(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		d.press("ctrl+d")
		d.see("delete ingest-pi", "and schedule hourly go too", "ingest-pi")
		d.press("esc", "d")
		d.wait(time.Second)
		d.press("ctrl+d")
		d.see("and schedule hourly go too")
	})
}

func TestNextRunsStandInASecondZoneOnlyWhereItDiffers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	runs := []time.Time{now.Add(22 * time.Hour), now.Add(46 * time.Hour)}
	assert.Equal(t, []string{
		"Mon 30 Nov 2026 06:00 UTC   in 22h",
		"Tue  1 Dec 2026 06:00 UTC   in 46h",
	}, runLines(runs, moment{Now: now, Zone: time.FixedZone("UTC", 0)}))
	assert.Equal(t, []string{
		"Mon 30 Nov 2026 06:00 UTC   Mon 07:00 CET     in 22h",
		"Tue  1 Dec 2026 06:00 UTC   Tue 07:00 CET     in 46h",
	}, runLines(runs, moment{Now: now, Zone: time.FixedZone("CET", 3600)}))
}

func TestANewScheduleSaysWhenItRunsAsItsRowDoes(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.create = func(spec client.ScheduleSpec) (client.Schedule, error) {
		return client.Schedule{ID: "new", Name: spec.Name, Cron: spec.Cron, Next: bubbleStart.Add(30 * time.Second)}, nil
	}
	perform(t, backend, 120, 30, Options{}, func(s *stage) {
		s.press("4", "n")
		s.typed("nightly")
		s.press("tab", "tab")
		s.typed("0 6 * * *")
		s.press("ctrl+s")
		s.see("schedule nightly runs", ", next at 01:00  in 30s")
		s.miss("2000-01-01T")
	})
}

func TestASentenceInPlaceOfDataIsReadWholeOnASmallScreen(t *testing.T) {
	tab, err := jsonTab(t.TempDir(), nil, "The backend does not hand back what the call was given.")
	require.NoError(t, err)
	rows := strings.Join(tab.text.View(ui.NewNeutralTheme(false), 40, 5, bubbleStart), "")
	assert.Contains(t, rows, "given.")
}
