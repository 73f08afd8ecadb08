package help

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"

	"fndeck/ui"
)

func TestTheHelpScrollsAndStandsInTwoColumnsWhereThereIsRoom(t *testing.T) {
	var bindings []ui.Binding
	for i := range 30 {
		bindings = append(bindings, ui.Binding{Keys: []string{"k", "up"}, Label: fmt.Sprintf("action %02d", i)})
	}
	bindings[3].Reason = "not from here"
	h := New(ui.Keymap{}, []Section{{Title: "list", Bindings: bindings}, {Title: "everywhere", Bindings: bindings[:2]}})
	theme := ui.NewTheme(true, false)
	wide := strings.Join(h.View(theme, 120, 10), "\n")
	assert.Contains(t, ansi.Strip(wide), "EVERYWHERE")
	narrow := h.View(theme, 80, 10)
	assert.NotContains(t, ansi.Strip(strings.Join(narrow, "\n")), "EVERYWHERE")
	assert.Contains(t, ansi.Strip(narrow[4]), "action 03: not from here")
	h.Update(tea.KeyPressMsg{Code: 'G', Text: "G"})
	assert.Contains(t, ansi.Strip(strings.Join(h.View(theme, 80, 10), "\n")), "EVERYWHERE")
	_, done := h.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	assert.True(t, done)
}

func TestTheHelpIsFilteredByWhatIsTypedAndWrapsLongPhrases(t *testing.T) {
	h := New(ui.Keymap{}, []Section{{Title: "list", Bindings: []ui.Binding{
		{Keys: []string{"r"}, Label: "redeploy", Help: "deploy the folder again; the old version serves until the new one is Ready"},
		{Keys: []string{"d"}, Label: "describe", Help: "all that is known of it"},
	}}})
	shown := func() string {
		return ansi.Strip(strings.Join(h.View(ui.NewTheme(true, false), 40, 12), "\n"))
	}
	assert.Contains(t, shown(), "\n    Ready\n", "the end of the phrase")
	for _, key := range "/known" {
		_, done := h.Update(tea.KeyPressMsg{Code: key, Text: string(key)})
		assert.False(t, done)
	}
	assert.Equal(t, "help /known", h.Title())
	assert.NotContains(t, shown(), "deploy the folder")
	assert.Contains(t, shown(), "all that is known of it")
	h.Update(tea.KeyPressMsg{Code: 'x', Text: "x"})
	assert.Contains(t, shown(), "nothing here has knownx")
	_, done := h.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	assert.False(t, done, "esc shows all again first")
	assert.Contains(t, shown(), "deploy the folder")
	_, done = h.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	assert.True(t, done)
}

func TestTheHelpNamesTheProfileAndWhatTheOperatorHasRebound(t *testing.T) {
	keys := ui.NewKeymap([]ui.Binding{{ID: "a", Keys: []string{"r"}, Label: "redeploy"}, {ID: "b", Keys: []string{"d"}, Label: "describe"}})
	keys.Profile = "vim"
	assert.Equal(t, "help  vim keys", New(keys, nil).Title())
	keys = keys.Rebind("a", []string{"f5"}).Own("a")
	h := New(keys, []Section{{Title: "list", Bindings: keys.Scope("")}})
	assert.Equal(t, "help  vim keys, 1 rebound", h.Title())
	shown := ansi.Strip(strings.Join(h.View(ui.NewTheme(true, false), 80, 5), "\n"))
	assert.Contains(t, shown, "redeploy (rebound)\n")
	assert.Contains(t, shown, "describe\n")
}
