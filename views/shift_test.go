package views

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func TestAColumnWithADigitInItsNameFilters(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 100, 24, Options{}, func(s *stage) {
		s.typed("/p95:>1s")
		s.press("enter")
		assert.Contains(t, s.screen.text(), "functions (2 of 5) > /p95:>1s")
	})
}

func TestTheFilterIsSeenWhereThereIsNoLineForIt(t *testing.T) {
	for _, size := range [][2]int{{80, 19}, {80, 15}, {40, 10}} {
		perform(t, sampleBackend(bubbleStart), size[0], size[1], Options{}, func(s *stage) {
			s.typed("/score")
			s.press("enter")
			assert.Contains(t, strings.Split(s.screen.text(), "\n")[0], "/score")
		})
	}
}

func TestALogSaysThatOnlyItsMatchesAreShown(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 100, 24, Options{}, func(s *stage) {
		s.press("3")
		s.typed("/page 19")
		s.press("enter")
		assert.NotContains(t, s.screen.text(), "matches only")
		s.press("x")
		assert.Contains(t, s.screen.text(), "/page 19  matches only")
	})
}

func TestAToastGoesWithTheNextKeyOnceItCouldBeRead(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 100, 24, Options{}, func(s *stage) {
		s.press("c", "j")
		assert.Contains(t, s.screen.text(), "copied", "a key right behind it")
		<-time.After(2 * time.Second)
		s.press("j")
		assert.NotContains(t, s.screen.text(), "copied")
	})
}

func TestTheStreakOfFailuresDoesNotDependOnTheOrder(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.calls[1].Status, backend.calls[2].Status = client.CallFailed, client.CallFailed
	perform(t, backend, 100, 24, Options{}, func(s *stage) {
		s.press("2")
		require.Contains(t, s.screen.text(), "the last 2 in a row")
		s.press("shift+right", "shift+right", "shift+right")
		assert.Contains(t, s.screen.text(), "the last 2 in a row")
	})
}

func TestThePaletteTakesWhatCanBeDone(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 100, 24, Options{}, func(s *stage) {
		s.press("ctrl+p")
		for _, r := range "redep" {
			s.press(string(r))
		}
		text := s.screen.text()
		assert.Less(t, strings.Index(text, "redeploy "), strings.Index(text, "redeploy marked"))
	})
}

func TestAQuestionAboutARunningCallHasNoButtonThatMeansTheOpposite(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 100, 24, Options{}, func(s *stage) {
		s.press("2", "K")
		assert.Contains(t, s.screen.text(), "[ Let it run ]")
		assert.NotContains(t, s.screen.text(), "[ Cancel ]")
	})
}

func TestAQuestionAboutManyFunctionsSaysWhatGoesWithThem(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 100, 24, Options{}, func(s *stage) {
		s.press("space", "space", "ctrl+d")
		text := strings.Join(strings.Fields(s.screen.text()), " ")
		assert.Contains(t, text, "with 3 schedules")
		assert.Contains(t, text, "their versions, calls and logs go too")
	})
}

func TestWhatTheTabKeyGoesThroughIsShown(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 100, 24, Options{}, func(s *stage) {
		for _, r := range ":calls ing" {
			s.press(string(r))
		}
		s.press("tab")
		assert.Contains(t, s.screen.text(), "ingest-ims  ingest-score")
	})
}

func TestTheArrowOfTimesPointsDownWhereTheNewestStandFirst(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 100, 24, Options{}, func(s *stage) {
		s.press("2", "A")
		assert.Contains(t, s.screen.text(), "STARTED ↓")
		s.press("A")
		assert.Contains(t, s.screen.text(), "STARTED ↑")
	})
}

func TestAScheduleProposesNoFunctionWhereSeveralCouldBeMeant(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.schedules = nil
	perform(t, backend, 80, 24, Options{}, func(s *stage) {
		s.press("4", "n")
		for _, r := range "nightly" {
			s.press(string(r))
		}
		s.press("tab", "tab")
		for _, r := range "0 6 * * *" {
			s.press(string(r))
		}
		s.press("ctrl+s")
		assert.Contains(t, s.screen.text(), "choose the function that it calls")
	})
}
