package views

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheContextsSayHowThisOneIsMarkedAndTestItOnAKey(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.description.Protected = true
	perform(t, backend, 120, 24, Options{}, func(s *stage) {
		s.press(strings.Split(": c t x enter", " ")...)
		assert.Contains(t, s.screen.text(), "protected")
		assert.Contains(t, s.screen.text(), "test t")
		s.press("t")
		assert.Contains(t, s.screen.text(), "local answered in 0ms")
		s.press("a")
		assert.Contains(t, s.screen.text(), "the local engine needs no sign-in")
		backend.change(func() { backend.listErr = errors.New("the link is gone") })
		s.press("t")
		assert.Contains(t, s.screen.text(), "the link is gone")
		backend.change(func() { backend.listErr = nil })
		s.press("enter")
		assert.Contains(t, s.screen.text(), "functions (5)")
	})
}

func TestAnEngineOfAnotherVersionStandsInTheHeaderAndTheErrors(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.description.Outdated = "the engine that runs is v1, this program is v2: fndeck engine stop ends it"
	perform(t, backend, 120, 24, Options{}, func(s *stage) {
		assert.Contains(t, s.screen.text(), "engine outdated")
		s.press("!")
		assert.Contains(t, s.screen.text(), "fndeck engine stop ends it")
	})
}

func TestWhatIsTypedAheadOfTheContextsIsMeantForThem(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 120, 24, func(s *stage) {
		c.hold = make(chan struct{})
		s.press("@", "down", "enter")
		assert.NotContains(t, s.screen.text(), "under the cursor")
		close(c.hold)
		s.rest()
		assert.Contains(t, s.screen.text(), "functions (1)")
		assert.Contains(t, strings.Split(s.screen.text(), "\n")[0], " prod ")
	})
}

func TestAFormAboutContextsDoesNotNameTheOneThatIsShown(t *testing.T) {
	c := newFakeContexts()
	c.local.description.Protected = true
	c.perform(t, 120, 40, func(s *stage) {
		s.press("@", "n")
		assert.Contains(t, s.screen.text(), "─ new context ─")
		s.press("esc")
		s.press(typed("down ctrl+d")...)
		assert.NotContains(t, s.screen.text(), "in local")
		assert.Contains(t, s.screen.text(), "remove prod?")
	})
}
