package near

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheNearestWordsComeFirst(t *testing.T) {
	words := []string{"functions", "calls", "logs", "schedules", "call", "redeploy"}
	assert.Equal(t, []string{"redeploy"}, Words("redploy", words, 1))
	assert.Equal(t, []string{"schedules"}, Words("sched", words, 1))
	assert.Equal(t, []string{"calls", "call"}, Words("calls", words, 2))
}

func TestTheNearestWordFindsTypingMistakesOnly(t *testing.T) {
	known := []string{"zone", "theme", "engine"}
	for word, want := range map[string]string{"zoen": "zone", "Theme": "theme", "engin": "engine", "eng": "engine", "z": "", "x": "", "colour": "", strings.Repeat("z", 10_000): ""} {
		assert.Equal(t, want, Word(word, known), word)
	}
}
