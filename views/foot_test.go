package views

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"fndeck/client"
)

// sentenceOf is what stands on the screen as one text, whatever wraps it.
func sentenceOf(s *stage) string { return strings.Join(strings.Fields(s.screen.text()), " ") }

func TestADeployFailureIsReadToItsEndAtEightyColumns(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	perform(t, backend, 80, 24, Options{}, func(s *stage) {
		backend.change(func() {
			f := &backend.functions[1]
			f.DeployingVersion = 0
			f.DeployID = "d-71"
			backend.deploys = []client.Deploy{{ID: "d-71", FunctionID: f.ID, Status: client.FunctionFailed, Phase: "building"}}
			f.Error = &client.Failure{Message: "no matching distribution for pandass==2.1.4 in the index of the house; the nearest is pandas"}
		})
		s.press("ctrl+r")
		assert.Contains(t, sentenceOf(s), "ingest-ims: the deploy failed at building: no matching distribution for pandass==2.1.4 in the index of the house; the nearest is pandas. v7 still serves. l shows the build")
		assert.Contains(t, s.screen.text(), "› ingest-pi", "the rows stay")
	})
}

func TestAnErrorTooLongForTheFootSaysWhereTheWholeOfItIs(t *testing.T) {
	long := strings.Repeat("the index answers nothing for a package of many; ", 20) + "the end"
	for _, width := range []int{40, 80} {
		backend := sampleBackend(bubbleStart)
		perform(t, backend, width, 24, Options{}, func(s *stage) {
			backend.change(func() { backend.listErr = errors.New(long) })
			s.press("ctrl+r")
			assert.Contains(t, sentenceOf(s), "… ! shows all")
			assert.NotContains(t, sentenceOf(s), "the end")
			backend.change(func() { backend.listErr = nil })
			s.press("ctrl+r", "!", "enter")
			s.press("G")
			assert.Contains(t, sentenceOf(s), "the end")
		})
	}
}

func TestTheReasonOfABadFilterIsReadToItsEnd(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 80, 24, Options{}, func(s *stage) {
		s.press("/", "c", "o", "l", "o", "u", "r", ":", "r", "e", "d")
		assert.Contains(t, sentenceOf(s), `no column "colour" here: name, status, version, last, p95, sched, runtime, size, mode, owner, external, age`)
		assert.Contains(t, s.screen.text(), " /colour:red\n", "what was typed stays in a line of its own")
	})
}
