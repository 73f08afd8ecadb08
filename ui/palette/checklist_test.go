package palette

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/ui"
)

func tick(c *Checklist, keys ...string) (tea.Cmd, bool) {
	var cmd tea.Cmd
	done := false
	for _, key := range keys {
		msg := tea.KeyPressMsg{Text: key, Code: []rune(key)[0]}
		switch key {
		case "enter":
			msg = tea.KeyPressMsg{Code: tea.KeyEnter}
		case "space":
			msg = tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
		}
		cmd, done = c.Update(msg)
	}
	return cmd, done
}

func TestAChecklistAnswersWithWhatIsOn(t *testing.T) {
	c := NewChecklist("sources", []string{"a", "b", "c"}, []bool{true, true, false})
	cmd, done := tick(c, "space", "j", "space", "enter")
	require.True(t, done)
	assert.Equal(t, Checked{On: []int{1, 2}}, cmd())
}

func TestAChecklistWithNothingOnSaysHowToGoOn(t *testing.T) {
	c := NewChecklist("sources", []string{"a", "b"}, []bool{true, true})
	_, done := tick(c, "*", "enter")
	assert.False(t, done)
	view := strings.Join(c.View(ui.NewTheme(true, false), 40, 5), "\n")
	assert.Contains(t, view, "nothing is on: space turns one on")
	cmd, done := tick(c, "G", "o", "enter")
	require.True(t, done)
	assert.Equal(t, Checked{On: []int{1}}, cmd())
}

func TestAChecklistKeepsItsCursorInSightAndItsNamesClean(t *testing.T) {
	names := []string{"\x1b[31mred"}
	for range 50 {
		names = append(names, strings.Repeat("long", 20))
	}
	c := NewChecklist("sources", names, make([]bool, len(names)))
	lines := c.View(ui.NewTheme(true, false), 20, 6)
	assert.Contains(t, lines[1], "␛[31mred")
	tick(c, "G")
	for _, line := range c.View(ui.NewTheme(true, false), 20, 6) {
		assert.LessOrEqual(t, ui.Width(line), 20)
	}
	assert.Equal(t, 50, c.at)
	assert.Len(t, c.View(ui.NewTheme(true, false), 20, 1), 1)
}
