package palette

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/ui"
)

var entries = []Entry{
	{Label: "redeploy", Help: "deploy the folder again", Keys: "r"},
	{Label: "delete", Help: "delete it", Keys: "ctrl+d", Reason: "it is protected \x1b[2J"},
}

func screen(p *Palette, width int) string {
	return ansi.Strip(strings.Join(p.View(ui.NewNeutralTheme(false), width, 8), "\n"))
}

func press(p *Palette, key tea.KeyPressMsg) (tea.Cmd, bool) { return p.Update(key) }

func TestANarrowPaletteSaysWhatTheCurrentEntryDoes(t *testing.T) {
	theme := ui.NewNeutralTheme(false)
	p := New(theme, "all", entries)
	assert.Contains(t, screen(p, 40), "  deploy the folder again\n")
	_, _ = press(p, tea.KeyPressMsg{Code: tea.KeyDown})
	assert.Contains(t, screen(p, 40), "  it is protected ␛[2J")
	for _, line := range p.View(theme, 40, 8) {
		assert.LessOrEqual(t, ui.Width(line), 40)
	}
}

func TestADisabledEntryIsNotDoneAndSaysWhy(t *testing.T) {
	p := New(ui.NewNeutralTheme(false), "all", entries)
	_, _ = press(p, tea.KeyPressMsg{Code: tea.KeyDown})
	cmd, done := press(p, tea.KeyPressMsg{Code: tea.KeyEnter})
	assert.False(t, done)
	assert.Nil(t, cmd)
	assert.Equal(t, 2, strings.Count(screen(p, 80), "it is protected"), "in its row and above the list")
	_, _ = press(p, tea.KeyPressMsg{Code: tea.KeyUp})
	cmd, done = press(p, tea.KeyPressMsg{Code: tea.KeyEnter})
	require.True(t, done)
	assert.Equal(t, Chosen{Index: 0}, cmd())
}

func TestAPaletteOfEightyColumnsShowsWhatAnActionAsksAndTheWholeOfTheCurrentOne(t *testing.T) {
	long := "choose an earlier version to serve again, of those that are kept"
	p := New(ui.NewNeutralTheme(false), "all", []Entry{
		{Label: "roll back", Help: long, Keys: "b", Danger: "asks first"},
		{Label: "logs", Help: "its log", Keys: "l"},
	})
	assert.Contains(t, screen(p, 80), "b             (asks first) choose an earlier")
	assert.Contains(t, screen(p, 80), "\n  (asks first) "+long+"\n")
	_, _ = press(p, tea.KeyPressMsg{Code: tea.KeyDown})
	assert.Equal(t, 1, strings.Count(screen(p, 80), "its log"), "what fits is not said twice")
}

func TestTwoEntriesWithOneLabelTellWhereTheyBelong(t *testing.T) {
	p := New(ui.NewNeutralTheme(false), "all", []Entry{
		{Label: "back", Help: "back in history", Where: "everywhere"},
		{Label: "back", Where: "calls", Reason: "nothing is there"},
		{Label: "help", Help: "this help", Where: "everywhere"},
		{Label: "back", Where: "logs"},
	})
	rows := strings.Split(screen(p, 80), "\n")
	assert.Contains(t, rows[2], "everywhere: back in history")
	assert.Contains(t, rows[3], "calls: nothing is there")
	assert.NotContains(t, rows[4], "everywhere", "no other is called like it")
	assert.Equal(t, "logs", strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(rows[5]), "back")))
}
