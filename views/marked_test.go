package views

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func TestMarksAreCountedStayOverAFilterAndGoWithTheirRows(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		d.press("space", "space")
		d.see("2 marked", "›")
		d.press("/")
		d.typed("ingest-ims")
		d.press("enter")
		d.see("2 marked")
		d.press("esc")
		backend.change(func() { backend.functions = backend.functions[1:] })
		d.press("ctrl+r")
		d.see("1 marked")
		d.press("*")
		d.see("3 marked")
		d.press("U")
		d.miss("marked")
	})
}

func TestMovingMarksARange(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("j", "v", "j", "j")
		d.see("3 marked, moving marks")
		d.press("k")
		d.see("2 marked, moving marks")
		d.press("v", "j", "j")
		d.see("2 marked  ")
	})
}

func TestDeletingMarkedAsksForTheirNumberAndTellsOfEach(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		names := []string{backend.functions[0].Name, backend.functions[1].Name}
		var removed []string
		backend.remove = func(id string) error {
			removed = append(removed, id)
			return nil
		}
		d.press("space", "space", "ctrl+d")
		d.see("delete 2?", names[0], names[1])
		d.wait(time.Second)
		d.typed("2")
		d.press("enter")
		d.see("delete: 2 done", names[0], names[1])
		assert.Equal(t, []string{backend.functions[0].ID, backend.functions[1].ID}, removed)
	})
}

func TestWhatFailsOfManyIsToldBesideWhatWentThrough(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		d.press("space", "space", "R")
		d.see("redeploy 2?")
		d.wait(time.Second)
		d.press("y")
		d.see("redeploy: 0 done, 2 not", "! 2")
	})
}

func TestIDsFieldsAndTheWholeRowCanBeTaken(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("c")
		d.see("1 id copied")
		d.press("space", "space", "c")
		d.see("2 ids copied")
		d.press("C")
		d.see("copy a field", "RUNTIME", "py31")
		d.typed("runtime")
		d.press("enter")
		d.see("RUNTIME copied")
		d.press("y")
		d.see("raw ", `"name": "`, `"status": "`)
	})
}

func TestTheRawRowHoldsNoSecret(t *testing.T) {
	f := client.Function{ID: "1", Name: "f", SecretNames: []string{"api-key"}}
	backend := sampleBackend(bubbleStart)
	backend.functions = []client.Function{f}
	drive(t, backend, func(d *driver) {
		d.press("y")
		d.see(`"api-key"`)
		require.NotContains(t, d.frame(), "***")
	})
}

func TestTheQuestionAboutMarkedCallsHasButtonsThatDiffer(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("2", "space", "space", "K")
		d.see("cancel 2?", "[ Cancel ]  [ End the calls ]")
	})
}

func TestTwoMarkedCallsAreComparedTheOlderOneFirst(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.calls[2].Version = 11
	perform(t, backend, 120, 30, Options{}, func(s *stage) {
		s.press("2", "j", "space", "space")
		assert.Contains(t, s.screen.text(), "compare y")
		s.press("y")
		frame := s.screen.text()
		assert.Contains(t, frame, "calls > compare c-898 c-899")
		assert.Contains(t, frame, "Failed  →  Completed")
		assert.Contains(t, frame, "v11  →  v12")
		assert.Contains(t, frame, "KeyError: 'tag'  →  none")
		s.press("esc", "U", "y")
		assert.Contains(t, s.screen.text(), "raw c-", "one call alone is shown as it is")
	})
}

func TestTheRawTabOfACallIsWhatTheCommandLinePrints(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 120, 30, Options{}, func(s *stage) {
		s.press("2", "j", "enter", "shift+tab")
		assert.Contains(t, s.screen.text(), `"functionId": "f4"`)
	})
}
