package views

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/action"
)

func TestMarkedContextsAreShownSideBySide(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 120, 24, func(s *stage) {
		s.press(typed("@ space space")...)
		assert.Contains(t, s.screen.text(), "show side by side enter")
		s.press("enter")
		screen := s.screen.text()
		assert.Contains(t, strings.Split(screen, "\n")[0], "local,prod")
		assert.Contains(t, screen, "functions (6)")
		assert.Contains(t, screen, "CONTEXT")
		assert.Regexp(t, `ingest-prod +prod `, screen)
		assert.Regexp(t, `ingest-pi +local `, screen)

		s.press("2")
		assert.Regexp(t, `(?m)^.*CONTEXT.*$`, s.screen.text())
		s.press("4")
		assert.Contains(t, s.screen.text(), "CONTEXT")
	})
}

func TestACommandLineShowsSeveralContextsOrAllThatCanBeUsed(t *testing.T) {
	for _, line := range []string{"ctx prod,local", "functions @all", "ctx all"} {
		t.Run(line, func(t *testing.T) {
			c := newFakeContexts()
			c.perform(t, 120, 24, func(s *stage) {
				s.line(line)
				assert.Contains(t, s.screen.text(), "functions (6)")
				s.line("ctx local")
				assert.Contains(t, s.screen.text(), "functions (5)")
				assert.NotContains(t, s.screen.text(), "CONTEXT")
				s.line("ctx local,prd")
				assert.Contains(t, s.screen.text(), `there is no context "prd"; nearest are prod`)
			})
		})
	}
}

func TestWithSeveralContextsOnlyTheOneThatFailsIsRed(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 120, 24, func(s *stage) {
		s.line("ctx local,prod")
		c.prod.change(func() { c.prod.listErr = errors.New("connection refused") })
		s.press("ctrl+r")
		screen := s.screen.text()
		header := strings.Split(screen, "\n")[0]
		assert.Contains(t, header, "prod stale")
		assert.NotContains(t, header, "local stale")
		assert.Contains(t, header, "! 1")
		assert.Contains(t, screen, "prod fails, its rows are those read last: connection refused")
		assert.Regexp(t, `ingest-prod +prod stale`, screen)
		assert.Contains(t, screen, "functions (6)")

		c.prod.change(func() { c.prod.listErr = nil })
		s.press("ctrl+r")
		assert.Contains(t, s.screen.text(), "prod answers again")
		assert.NotContains(t, s.screen.text(), "prod stale")
	})
}

func TestSeveralContextsAskForWhatIsDoneInTheProtectedOne(t *testing.T) {
	c := newFakeContexts()
	c.marks = action.Marks{Protected: true}
	var deleted []string
	c.prod.remove = func(id string) error { deleted = append(deleted, id); return nil }
	c.perform(t, 120, 24, func(s *stage) {
		s.line("ctx local,prod")
		s.press(typed("/ p r o d enter ctrl+d")...)
		assert.Contains(t, s.screen.text(), "in prod")
		s.press("esc", "u")
		assert.Contains(t, s.screen.text(), "several contexts are shown")
	})
	assert.Empty(t, deleted)
}

func TestAContextThatDoesNotOfferAListIsToldToBeLeftOut(t *testing.T) {
	c := newFakeContexts()
	c.prod.noCalls = "Cognite lists the calls of one function at a time"
	c.perform(t, 120, 24, func(s *stage) {
		s.line("ctx local,prod")
		s.press("2")
		s.press("ctrl+r")
		assert.Contains(t, s.screen.text(), "prod is left out of a list: Cognite lists the calls of one function at a time")
		assert.NotContains(t, strings.Split(s.screen.text(), "\n")[0], "prod stale")
	})
}

func TestOnANarrowTerminalTheHeaderNamesTheContextOfTheRowAndItsMarks(t *testing.T) {
	for _, size := range []struct{ width, height int }{{40, 10}, {60, 24}} {
		c := newFakeContexts()
		c.marks = action.Marks{Protected: true}
		c.perform(t, size.width, size.height, func(s *stage) {
			s.line("ctx local,prod")
			header := func() string { return strings.Split(s.screen.text(), "\n")[0] }
			s.press(typed("/ - p r o d enter")...)
			assert.Contains(t, header(), "prod of 2 PROTECTED")
			s.press(typed("esc / i m s enter")...)
			assert.Contains(t, header(), "local of 2")
			assert.NotContains(t, header(), "PROTECTED")
			s.press(typed("esc / n o t h i n g enter")...)
			assert.Contains(t, header(), "local,prod PROTECTED", "no row, no context: the strictest mark")
		})
	}
}

func TestWithSeveralContextsTheSignInKeyIsForTheOneThatWaitsForIt(t *testing.T) {
	c := newFakeContexts()
	c.signIn = func(context.Context, func(auth.Prompt)) error { return nil }
	c.perform(t, 120, 24, func(s *stage) {
		s.line("ctx local,prod")
		s.press("a")
		assert.Contains(t, s.screen.text(), "none of the contexts shown here waits for a sign-in")
		c.prod.change(func() {
			c.prod.listErr = &client.Error{Code: client.CodeUnauthenticated, Message: "the sign-in has ended"}
		})
		s.press("ctrl+r", "esc")
		assert.Contains(t, s.screen.text(), "sign in to prod a")
		s.press("a")
		assert.Contains(t, s.screen.text(), "signed in to prod")
	})
}

func TestMarkedRowsOfSeveralContextsAreDeletedEachInItsOwn(t *testing.T) {
	c := newFakeContexts()
	var deleted []string
	c.prod.remove = func(id string) error { deleted = append(deleted, "prod "+id); return nil }
	c.local.remove = func(id string) error { deleted = append(deleted, "local "+id); return nil }
	c.perform(t, 120, 30, func(s *stage) {
		s.line("ctx local,prod")
		s.press(typed("/ - p r o d enter space esc / i m s enter space esc ctrl+d")...)
		assert.Contains(t, s.screen.text(), "delete 2?")
		assert.Contains(t, s.screen.text(), "ingest-prod in prod with 3 schedules, ingest-ims in local")
		<-time.After(time.Second)
		s.press(typed("2 enter")...)
		assert.Len(t, deleted, 2)
		assert.Contains(t, strings.Join(deleted, ", "), "prod ")
		assert.Contains(t, strings.Join(deleted, ", "), "local ")
	})
}

func TestMarkedRowsThatNothingCanBeDoneToAreToldWhy(t *testing.T) {
	c := newFakeContexts()
	c.marks = action.Marks{ReadOnly: "prod is read-only"}
	c.perform(t, 120, 30, func(s *stage) {
		s.line("ctx local,prod")
		s.press(typed("/ - p r o d enter space ctrl+d")...)
		assert.Contains(t, s.screen.text(), "prod is read-only")
		assert.NotContains(t, s.screen.text(), "delete 1?")
	})
}

func TestWhatIsDoneBesideOthersNamesItsContextBeforeItIsDone(t *testing.T) {
	c := newFakeContexts()
	c.perform(t, 120, 30, func(s *stage) {
		s.line("ctx local,prod")
		s.press(typed("/ - p r o d enter ctrl+d")...)
		assert.Contains(t, s.screen.text(), "delete ingest-prod in prod?")
		s.press("esc", "i")
		assert.Contains(t, s.screen.text(), "call ingest-prod v12 in prod ─")
		s.press("esc", "d", "i")
		assert.Contains(t, s.screen.text(), "call ingest-prod v12 in prod ─", "from its page too")
	})
}
