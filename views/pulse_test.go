package views

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestThePulseSaysWhatGoesOnAndWhatIsDue(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	perform(t, backend, 80, 24, Options{}, func(s *stage) {
		s.press(strings.Split(": p u l s e enter", " ")...)
		assert.Contains(t, s.screen.text(), "functions > pulse")
		assert.Contains(t, s.screen.text(), "9 calls   1 running   2 failed")
		assert.Contains(t, s.screen.text(), "ingest-score    deploy failed: no matching distribution")
		backend.change(func() { backend.functions[2].Error = nil })
		s.press("ctrl+r")
		assert.NotContains(t, s.screen.text(), "no matching distribution")
		s.press("~")
		assert.Contains(t, s.screen.text(), "functions > pulse", "it is there already")
		backend.change(func() { backend.calls = backend.calls[:1] })
		s.press("ctrl+r")
		assert.Contains(t, s.screen.text(), "1 call   ")
	})
}

func TestTheBarsOfThePulseStandInOneLineHoweverNarrowTheScreenIs(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 40, 20, Options{}, func(s *stage) {
		s.press("~")
		var bars []string
		for line := range strings.Lines(s.screen.text()) {
			if strings.Contains(line, "█") {
				bars = append(bars, strings.TrimSpace(line))
			}
		}
		assert.Len(t, bars, 2, s.screen.text())
		assert.True(t, strings.HasPrefix(bars[0], "started"))
		assert.True(t, strings.HasPrefix(bars[1], "failed"))
		assert.True(t, strings.HasSuffix(bars[0], "█"), "the newest mark is there")
	})
}
