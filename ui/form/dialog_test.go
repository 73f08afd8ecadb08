package form

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answer presses keys and returns what the dialog became.
func answer(t *testing.T, c *Confirm, script string) (yes, done bool) {
	t.Helper()
	for _, msg := range keys(script) {
		require.False(t, done, "the dialog took a key after it had closed")
		cmd, closed := c.Update(msg)
		done = closed
		if cmd != nil {
			_, yes = cmd().(Confirmed)
		}
	}
	return yes, done
}

func TestAQuestionIsAnsweredByKeyAndItsFocusIsOnCancel(t *testing.T) {
	for _, c := range []struct {
		keys      string
		yes, done bool
	}{
		{"y", true, true},
		{"Y", true, true},
		{"n", false, true},
		{"<esc>", false, true},
		{"<enter>", false, true},
		{"<tab><enter>", true, true},
		{"<tab><tab><enter>", false, true},
		{"x<ctrl+d>:q", false, false},
	} {
		yes, done := answer(t, NewConfirm("t", "q", "", newTestClock().Now), c.keys)
		assert.Equal(t, c.yes, yes, c.keys)
		assert.Equal(t, c.done, done, c.keys)
	}
}

func TestANameHasToBeTypedBeforeTheButtonIsOn(t *testing.T) {
	theme := ui.NewTheme(true, false)
	c := NewConfirm("delete", "delete ingest-pi: also 3 schedules", "ingest-pi", newTestClock().Now)
	c.Yes = "Delete"
	yes, done := answer(t, c, "yn<enter>")
	assert.False(t, yes || done, "y is a letter of the name")
	assert.Contains(t, text(c.View(theme, 80, 12)), "[ Delete ] off")
	yes, done = answer(t, c, "<ctrl+u>ingest-pi<enter>")
	assert.True(t, yes && done)

	odd := NewConfirm("delete", "q", "a\x1bb", newTestClock().Now)
	yes, _ = answer(t, odd, "a␛b<enter>")
	assert.True(t, yes, "a name that no keyboard types is typed as it is shown")
}

func TestTypeAheadDoesNotAnswerAQuestion(t *testing.T) {
	clock := newTestClock()
	c := NewConfirm("t", "q", "", clock.Now)
	c.SwallowTypeAhead()
	theme := ui.NewTheme(true, false)
	assert.Contains(t, text(c.View(theme, 80, 12)), "after a short pause")
	for range 2 {
		yes, done := answer(t, c, "y")
		require.False(t, yes || done)
		clock.now = clock.now.Add(300 * time.Millisecond)
	}
	assert.Contains(t, text(c.View(theme, 80, 12)), "2 keys typed ahead")
	clock.now = clock.now.Add(100 * time.Millisecond)
	yes, done := answer(t, c, "y")
	assert.True(t, yes && done, "after 400 ms of quiet")
}

func TestAStuckKeyLocksAQuestionForALimitedTime(t *testing.T) {
	clock := newTestClock()
	c := NewConfirm("t", "q", "", clock.Now)
	c.SwallowTypeAhead()
	opened := clock.now
	done := false
	for !done {
		clock.now = clock.now.Add(30 * time.Millisecond)
		_, done = answer(t, c, "n")
		require.Less(t, clock.now.Sub(opened), 2*time.Second)
	}
	assert.GreaterOrEqual(t, clock.now.Sub(opened), quietCeiling)
}

// run gives a picker its keys at once and then the listings, as a slow disk would.
func run(p *Picker, first tea.Cmd, script string) PickerEvent {
	pending := []tea.Cmd{first}
	event := PickerGoesOn
	for _, msg := range keys(script) {
		cmd, e := p.Update(msg)
		pending, event = append(pending, cmd), max(event, e)
	}
	for len(pending) > 0 {
		cmd := pending[0]
		pending = pending[1:]
		if cmd == nil {
			continue
		}
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			pending = append(pending, batch...)
			continue
		}
		next, e := p.Update(msg)
		pending, event = append(pending, next), max(event, e)
	}
	return event
}

func tree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"functions/ingest-pi", "functions/ingest-ims", "functions/score", ".hidden"} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, dir), 0o700))
	}
	for _, file := range []string{"old.zip", "plan.ipynb", "readme.md"} {
		require.NoError(t, os.WriteFile(filepath.Join(root, "functions", file), nil, 0o600))
	}
	require.NoError(t, os.Symlink("nowhere", filepath.Join(root, "functions", "broken")))
	require.NoError(t, os.Symlink("score", filepath.Join(root, "functions", "linked")))
	return root
}

func TestAPathTypedBlindlyCompletesAsItWouldAtLeisure(t *testing.T) {
	root := tree(t)
	for script, want := range map[string]string{
		"fun<tab>sc<tab><enter>":                              "functions/score",
		"fun<tab>in<tab>p<tab><enter>":                        "functions/ingest-pi",
		"fun<tab>o<tab><enter>":                               "functions/old.zip",
		"functions/linked<enter>":                             "functions/linked",
		"fun<tab><down><down><down><enter>":                   "functions/ingest-pi",
		"fun<tab><down><tab><down><enter>":                    ".",
		"functions/ingest-ims/<tab><down><tab>sc<tab><enter>": "functions/score",
	} {
		p, cmd := NewPicker(PickerSpec{Path: root + "/", Base: "/", List: ListFolder})
		event := run(p, cmd, script)
		if strings.HasSuffix(want, ".") {
			assert.Equal(t, PickerGoesOn, event, "%s: going up does not pick", script)
			continue
		}
		assert.Equal(t, PickerPicked, event, script)
		assert.Equal(t, filepath.Join(root, want), p.Path(), script)
	}
}

func TestThePickerOffersFoldersZipsAndNotebooksOnly(t *testing.T) {
	root := tree(t)
	p, cmd := NewPicker(PickerSpec{Path: root + "/functions/", Recent: []string{root + "/functions/score"}, List: ListFolder})
	run(p, cmd, "")
	frame := text(p.View(ui.NewTheme(true, false), 120, 20))
	for _, shown := range []string{"Recent", "../", "ingest-pi/", "old.zip", "linked/", "plan.ipynb"} {
		assert.Contains(t, frame, shown)
	}
	for _, hidden := range []string{"readme.md", "broken"} {
		assert.NotContains(t, frame, hidden)
	}
}

func TestKeysAfterThePickAreHandedOn(t *testing.T) {
	p, cmd := NewPicker(PickerSpec{Path: tree(t) + "/", List: ListFolder})
	assert.Equal(t, PickerPicked, run(p, cmd, "fun<tab>sc<tab><enter>name"))
	assert.Len(t, p.Rest(), 4)
	p, cmd = NewPicker(PickerSpec{Path: tree(t) + "/", List: ListFolder})
	assert.Equal(t, PickerPicked, run(p, cmd, "fun<tab>sc<tab><ctrl+s>"), "the key that sends any form does as well")
}

func TestAFolderThatCannotBeReadIsSaidAndEscapeLeaves(t *testing.T) {
	p, cmd := NewPicker(PickerSpec{Path: "/nowhere/", List: func(string) (Listing, error) {
		return Listing{}, errors.New("permission denied")
	}})
	p.Update(press("tab"))
	_, event := p.Update(press("esc"))
	assert.Equal(t, PickerCancelled, event, "also while keys wait for a folder")
	p.Update(cmd())
	assert.Contains(t, text(p.View(ui.NewTheme(true, false), 80, 20)), "permission denied")
}

func TestAHugeFolderIsReadInPart(t *testing.T) {
	p, cmd := NewPicker(PickerSpec{Path: "/x/", List: func(string) (Listing, error) {
		names := make([]string, listMost)
		for i := range names {
			names[i] = "folder"
		}
		return Listing{Folders: names, More: true}, nil
	}})
	run(p, cmd, "")
	assert.Contains(t, text(p.View(ui.NewTheme(true, false), 80, 20)), "a very large folder")
}

func TestFurtherWordsAreTypedOneAfterTheOther(t *testing.T) {
	theme := ui.NewTheme(true, false)
	c := NewConfirm("delete", "q", "ingest-pi", newTestClock().Now)
	c.Yes = "Delete"
	c.Then("prod-eu")
	yes, done := answer(t, c, "prod-eu<enter><ctrl+u>ingest-pi")
	assert.False(t, yes || done, "the order counts")
	assert.Contains(t, text(c.View(theme, 80, 12)), "[ Next ]")
	assert.Equal(t, "next", c.Hints()[0].Label)
	yes, done = answer(t, c, "<enter><enter>ingest-pi<enter>")
	assert.False(t, yes || done, "the first word does not answer for the second")
	assert.Contains(t, text(c.View(theme, 80, 12)), "And type prod-eu to go on")
	assert.Contains(t, text(c.View(theme, 80, 12)), "[ Delete ] off")
	yes, done = answer(t, c, "<ctrl+u>prod-eu<enter>")
	assert.True(t, yes && done)
}
