package views

import (
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"

	"fndeck/client"
)

func TestACommandLineGoesToAViewOfAFunctionWithItsFilter(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press(":")
		d.typed("calls ingest-pi /Completed")
		d.press("enter")
		d.see("calls ingest-pi", "/Completed")
		d.press("esc", "esc")
		d.press(":")
		d.typed("sched")
		d.press("enter")
		d.see("schedules")
		d.press("-")
		d.see("functions")
	})
}

func TestACommandLineDoesAnActionOnANamedFunction(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		d.press("2", ":")
		d.typed("describe ingest-ims")
		d.press("enter")
		d.see("> ingest-ims", "Overview")
		d.press(":")
		d.typed("delete ingest-ims")
		d.press("enter")
		d.see("delete ingest-ims?")
	})
}

func TestAWrongWordStaysToBeMendedAndNamesTheNearest(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		for text, reason := range map[string]string{
			"redploy":             "nearest are redeploy",
			"calls ingst-pi":      "nearest are ingest-pi",
			"calls @prod":         `there is no context "prod"`,
			"functions since=1h":  "takes no since=",
			`calls "open`:         "is not closed",
			"schedules ingest-pi": "filter them with /ingest-pi",
			"schedules nosuch":    "filter them with /nosuch",
			"ctx nosuch":          `there is no context "nosuch"; nearest are local`,
			"run hourly":          "the schedules have not been read yet: 4 reads them",
		} {
			d.press(":")
			d.typed(text)
			d.press("enter")
			d.see(":"+text, reason)
			d.press("esc")
			d.miss(":" + text)
		}
	})
}

func TestTabCompletesAndTheHistoryComesBack(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press(":")
		d.typed("cal")
		d.press("tab")
		d.see(":calls")
		d.typed(" ingest-i")
		d.press("tab")
		d.see(":calls ingest-ims")
		d.press("enter")
		d.see("calls ingest-ims")
		d.press(":", "up")
		d.see(":calls ingest-ims")
		d.press("down")
		d.miss(":calls ingest-ims")
		d.press("esc")
	})
}

func TestThePaletteFindsAnActionAndSaysWhyAnotherCannotBeDone(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("ctrl+p")
		d.see("all actions", "redeploy", "its name must be typed")
		d.typed("schedules")
		d.press("enter")
		assert.Equal(t, d.root.views[viewSchedules], d.root.screen())
		d.press("ctrl+p")
		d.typed("zzzzqq")
		d.see("no action matches")
		d.press("esc")
		d.miss("all actions")
		d.press("2", "ctrl+p")
		d.typed("load older ones")
		d.see("all calls are loaded")
		d.press("enter")
		d.see("all actions")
		d.press("esc")
	})
}

func TestTheDeploysOfAllFunctionsAreOneKeyAway(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.deploys = []client.Deploy{
		{ID: "d2", FunctionID: "f2", FunctionName: "ingest-ims", Kind: "redeploy", FromVersion: 7, ToVersion: 8, Status: client.FunctionDeploying, Phase: "building", Started: bubbleStart, By: "kari"},
	}
	drive(t, backend, func(d *driver) {
		d.press("&")
		d.see("deploys (", "FUNCTION", "ingest-ims", "PHASE")
		d.send(tea.WindowSizeMsg{Width: 140, Height: 24})
		d.see(" BY ", " kari ")
		d.press("esc", ":")
		d.typed("dep")
		d.press("enter")
		d.see("deploys (")
		d.press("enter")
		d.see("build")
	})
}

func TestACommandLineLimitsCallsAndLogsToATime(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 100, 24, Options{}, func(s *stage) {
		line := func(text string) {
			s.press(":")
			for _, r := range text {
				s.press(string(r))
			}
			s.press("enter")
		}
		line("calls since=30m")
		assert.Contains(t, s.screen.text(), "calls since 30m (5)")
		line("calls ingest-pi since=30m @local")
		assert.Contains(t, s.screen.text(), "calls ingest-pi since 30m (4)")
		line("calls since=soon")
		assert.Contains(t, s.screen.text(), `"soon" is no time`)
		s.press("esc")
		line("functions since=1h")
		assert.Contains(t, s.screen.text(), "functions takes no since=")
		s.press("esc")
		line("calls @moon")
		assert.Contains(t, s.screen.text(), `there is no context "moon"`)
	})
}

func TestACommandLineRunsAScheduleByItsName(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 100, 24, Options{}, func(s *stage) {
		line := func(text string, keys ...string) {
			s.press(":")
			for _, r := range text {
				s.press(string(r))
			}
			s.press(keys...)
		}
		s.press("4")
		line("run nigtly", "enter")
		assert.Contains(t, s.screen.text(), `there is no schedule "nigtly"; nearest are nightly`)
		s.press("esc", "1")
		line("run hou", "tab")
		assert.Contains(t, s.screen.text(), ":run hourly")
		s.press("enter")
		assert.Contains(t, s.screen.text(), "call run-s1")
	})
}
