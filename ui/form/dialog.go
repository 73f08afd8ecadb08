package form

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
)

// A question that appears right after a key takes no answer until the keys that
// were already on their way have arrived: until this long has passed without
// one, but not longer than the ceiling, or a stuck key would lock it.
const (
	quietTime    = 400 * time.Millisecond
	quietCeiling = 1500 * time.Millisecond
)

// grace keeps type-ahead from answering a question. It needs no timer: each key
// is judged by when it arrived.
type grace struct {
	clock        func() time.Time
	opened, last time.Time
	// ignored counts the keys that were not taken.
	ignored int
	on      bool
}

func newGrace(clock func() time.Time) grace {
	now := clock()
	return grace{clock: clock, opened: now, last: now, on: true}
}

// swallows reports whether a key that arrives now is type-ahead.
func (g *grace) swallows() bool {
	if !g.waiting() {
		g.on = false
		return false
	}
	g.last = g.clock()
	g.ignored++
	return true
}

func (g *grace) waiting() bool {
	if !g.on {
		return false
	}
	now := g.clock()
	return now.Sub(g.last) < quietTime && now.Sub(g.opened) < quietCeiling
}

// line says what is happening to keys, empty if nothing is.
func (g *grace) line() string {
	switch {
	case g.ignored > 0:
		return ui.Counted(g.ignored, "key") + " typed ahead not taken as an answer"
	case g.waiting():
		return "an answer counts after a short pause"
	}
	return ""
}

// Confirmed is the result of a Confirm that was answered with yes. A Confirm
// that was refused just closes.
type Confirmed struct {
	// ID is Confirm.ID, so that the asker knows its question.
	ID string
}

// Confirm is a question with yes and no. The focus is on Cancel.
type Confirm struct {
	// ID comes back in Confirmed.
	ID string
	// Yes is the word on the button that goes ahead, "Yes" by default.
	Yes string
	// No is the word on the other button, "Cancel" by default.
	No string

	title, question, typed string
	// then are the words that are typed after the first.
	then  []string
	step  int
	input *Text
	onYes bool
	grace grace
	clock func() time.Time
}

// NewConfirm makes a question. With a name in typed, that name must be typed
// before a yes counts. The texts may be foreign, they are cleaned when drawn.
func NewConfirm(title, question, typed string, clock func() time.Time) *Confirm {
	c := &Confirm{Yes: "Yes", No: "Cancel", title: title, question: question, typed: typed, clock: clock}
	if typed != "" {
		c.input = NewText(FieldSpec{})
	}
	return c
}

// Then asks for further words, one after the other, when the name was typed.
func (c *Confirm) Then(words ...string) { c.then = words }

// SetQuestion puts another question, for when more is known than as it opened.
func (c *Confirm) SetQuestion(question string) { c.question = question }

// SwallowTypeAhead makes the dialog deaf until the keys typed before it appeared
// have run out. To be called as it appears, if a key opened it or nothing did.
func (c *Confirm) SwallowTypeAhead() { c.grace = newGrace(c.clock) }

// Title implements Overlay.
func (c *Confirm) Title() string { return c.title }

// Hints implements Overlay.
func (c *Confirm) Hints() []ui.Hint {
	if c.input != nil {
		return []ui.Hint{{Key: "enter", Label: strings.ToLower(c.goesOn())}, {Key: "esc", Label: "cancel"}}
	}
	return []ui.Hint{{Key: "y", Label: strings.ToLower(c.Yes)}, {Key: "n", Label: strings.ToLower(c.No)}, {Key: "tab", Label: "other button"}, {Key: "esc", Label: strings.ToLower(c.No)}}
}

// Update implements Overlay. It takes every key: none may reach what lies under
// a question.
func (c *Confirm) Update(msg tea.Msg) (cmd tea.Cmd, done bool) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		// Escape is never type-ahead that could do harm.
		if key := msg.String(); key != "esc" && c.grace.swallows() {
			return nil, false
		}
		return c.key(msg)
	case tea.PasteMsg:
		if c.input != nil && !c.grace.swallows() {
			c.input.update(msg)
		}
	}
	return nil, false
}

func (c *Confirm) key(msg tea.KeyPressMsg) (tea.Cmd, bool) {
	key := msg.String()
	switch {
	case key == "esc":
		return nil, true
	case c.input != nil:
		if key == "enter" && c.nameTyped() {
			return c.next()
		}
		c.input.update(msg)
		return nil, false
	}
	switch key {
	case "y", "Y":
		return c.confirmed, true
	case "n", "N":
		return nil, true
	case "tab", "shift+tab", "left", "right", "h", "l":
		c.onYes = !c.onYes
	case "enter":
		if c.onYes {
			return c.confirmed, true
		}
		return nil, true
	}
	return nil, false
}

// next takes the word that was typed, and asks for the next one if there is any.
func (c *Confirm) next() (tea.Cmd, bool) {
	if c.step == len(c.then) {
		return c.confirmed, true
	}
	c.typed, c.input = c.then[c.step], NewText(FieldSpec{})
	c.step++
	return nil, false
}

// goesOn is the word on the button that goes ahead.
func (c *Confirm) goesOn() string {
	if c.step < len(c.then) {
		return "Next"
	}
	return c.Yes
}

func (c *Confirm) confirmed() tea.Msg { return Confirmed{ID: c.ID} }

// nameTyped compares with the name as it is shown too: a name may hold what no
// keyboard can type.
func (c *Confirm) nameTyped() bool {
	typed := c.input.Value()
	return typed == c.typed || typed == ui.Clean(c.typed)
}

// View implements Overlay.
func (c *Confirm) View(theme *ui.Theme, width, height int) []string {
	var lines []string
	for _, part := range ui.CleanLines(c.question) {
		for _, line := range ui.WrapWords(part, max(width-2, 1)) {
			lines = append(lines, " "+theme.Text.Render(line))
		}
	}
	lines = append(lines, "")
	if c.input != nil {
		lines = append(lines, c.typedLines(theme, width)...)
	}
	lines = append(lines, " "+c.buttons(theme), "")
	if said := c.grace.line(); said != "" {
		lines = append(lines, " "+theme.Dim.Render(said))
	}
	// On a small screen the question is worth more than the air in it.
	for i := len(lines) - 1; i >= 0 && len(lines) > height; i-- {
		if lines[i] == "" {
			lines = slices.Delete(lines, i, i+1)
		}
	}
	return exactly(lines, width, height)
}

func (c *Confirm) typedLines(theme *ui.Theme, width int) []string {
	name := fit(theme, ui.Clean(c.typed), max(width-20, 4))
	input := c.input.draw(theme, max(width-3, 1), 1, true)
	return []string{
		" " + theme.Dim.Render(c.typeWord()) + theme.Accent.Render(name) + theme.Dim.Render(" to go on:"),
		" " + theme.Accent.Render("> ") + input[0],
		"",
	}
}

func (c *Confirm) typeWord() string {
	if c.step > 0 {
		return "And type "
	}
	return "Type "
}

func (c *Confirm) buttons(theme *ui.Theme) string {
	yes, no := "[ "+c.goesOn()+" ]", "[ "+c.No+" ]"
	switch {
	case c.input != nil && c.nameTyped():
		return theme.Dim.Render(no) + "  " + theme.Selection.Render(yes)
	case c.input != nil:
		return theme.Selection.Render(no) + "  " + theme.Dim.Render(yes+" off")
	case c.onYes:
		return theme.Dim.Render(no) + "  " + theme.Selection.Render(yes)
	}
	return theme.Selection.Render(no) + "  " + theme.Dim.Render(yes)
}

// exactly cuts and fills lines to the height, and cuts each to the width. When
// there are too many the last ones stay: they hold what the operator answers.
func exactly(lines []string, width, height int) []string {
	if height <= 0 || width <= 0 {
		return make([]string, max(height, 0))
	}
	if extra := len(lines) - height; extra > 0 {
		lines = lines[extra:]
	}
	out := make([]string, height)
	for i, line := range lines {
		out[i] = ui.Cut(line, 0, width)
	}
	return out
}
