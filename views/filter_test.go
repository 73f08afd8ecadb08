package views

import (
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func TestAnActionAfterAFilterHitsTheRowThatCarriesTheMark(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("j", "j", "/")
		d.typed("anomaly")
		d.press("enter")
		d.see("› anomaly-detect")
		d.miss("gone")
		row, ok := d.root.screen().(*listScreen[client.Function]).item()
		require.True(t, ok)
		assert.Equal(t, "anomaly-detect", row.Name)
		d.press("i")
		d.see("call anomaly-detect")
		d.miss("that row is gone")
	})
}

func TestFailingRowsAreNamedInTheCrumbsAndNotByTheirPattern(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("x")
		d.see("> failing only")
		d.miss("status:")
		d.press("x")
		d.miss("failing only")
		d.press("x", "esc")
		d.miss("failing only")
	})
	quiet := sampleBackend(bubbleStart)
	quiet.functions = quiet.functions[:1]
	drive(t, quiet, func(d *driver) {
		d.press("x")
		d.see("None of 1 functions failing.  x shows all")
	})
}

func TestABadPatternKeepsThePromptOpenUntilItIsMended(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("/")
		d.typed("/re[/")
		d.press("enter")
		d.see("/re[/", "missing closing ]")
		d.press("backspace", "backspace")
		d.typed("/")
		d.press("enter")
		d.see("functions (2 of 5) > //re/")
		d.miss("missing")
		d.press("j")
		d.see("› nightly-report")
	})
}

func TestAToastLeavesTheKeysWhereThereIsRoom(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		d.see("help ?")
		d.press("j", "r")
		d.see("ingest-ims is already deploying v8", "help ?", "call i")
		backend.change(func() {
			f := &backend.functions[1]
			f.DeployingVersion, f.Error = 0, &client.Failure{Message: "no matching distribution for pandass in any of the indexes that were asked"}
		})
		d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		d.press("ctrl+r")
		d.see("ingest-ims: the deploy failed: no", ". v7 still serves. l shows the build")
	})
}

func TestALowTerminalStillNamesTheKeyOfTheHelp(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.description.Isolation = "landlock 7 + seccomp, network open"
	drive(t, backend, func(d *driver) {
		d.send(tea.WindowSizeMsg{Width: 40, Height: 10})
		d.see("help ?", "◐ 1")
		d.press("?")
		d.miss("help ?")
	})
}

func TestAfterASearchTheFootOffersItsKeys(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		d.press("l")
		d.miss("next n")
		d.press("/")
		d.typed("page 199")
		d.press("enter")
		d.see("next n", "previous N", "matches x", "2 matches ")
	})
}

func TestTheFilterInForceIsReplacedByTypingAndEditedByOtherKeys(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 80, 24, Options{}, func(s *stage) {
		s.press("/", "p", "i", "enter")
		assert.Contains(t, s.screen.text(), "> /pi")
		s.press("/")
		assert.Contains(t, s.screen.text(), "\n /pi", "the text from before is there")
		s.press("i", "m")
		assert.Contains(t, s.screen.text(), "> /im\n", "and typing replaces it")
		assert.Contains(t, s.screen.text(), "› ingest-ims")
		s.press("enter", "/", "enter")
		assert.Contains(t, s.screen.text(), "> /im\n", "opening alone changes nothing")
		s.press("/", "left", "g", "-")
		assert.Contains(t, s.screen.text(), "> /ig-m\n")
		s.press("enter", "/", "backspace", "i")
		assert.Contains(t, s.screen.text(), "> /ig-i\n")
		s.press("enter", "/")
		s.program.Send(tea.PasteMsg{Content: "score"})
		s.rest()
		assert.Contains(t, s.screen.text(), "> /score\n", "a paste replaces it too")
		s.press("enter", "/", "esc")
		assert.Contains(t, s.screen.text(), " functions (5)\n")
	})
}

func TestTimesAreComparedByHowLongAgoTheyWere(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 100, 40, Options{}, func(s *stage) {
		for text, count := range map[string]string{
			"started:<10m":              "calls (2 of 30)",
			"started:>1h":               "calls (21 of 30)",
			"started:!>1h":              "calls (9 of 30)",
			"started:<=1h status:faile": "calls (2 of 30)",
			"started:>30d":              "calls (0 of 30)",
		} {
			s.press("2", "/")
			s.program.Send(tea.PasteMsg{Content: text})
			s.press("enter")
			assert.Contains(t, s.screen.text(), count, text)
		}
		s.press("4", "/")
		s.program.Send(tea.PasteMsg{Content: "next:<2h"})
		s.press("enter")
		assert.Contains(t, s.screen.text(), "schedules (1 of 3)")
		assert.Contains(t, s.screen.text(), "› hourly")
	})
}
