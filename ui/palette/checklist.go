package palette

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
)

// Checked is the message of a checklist that was answered: what is on, by its
// index.
type Checked struct{ On []int }

// Checklist is an overlay in which each of several names is on or off.
type Checklist struct {
	title  string
	names  []string
	on     []bool
	at     int
	top    int
	height int
	said   string
}

var _ ui.Overlay = (*Checklist)(nil)

// NewChecklist makes a checklist. The names are not clean yet; on says for each
// whether it is on at first.
func NewChecklist(title string, names []string, on []bool) *Checklist {
	return &Checklist{title: title, names: names, on: slices.Clone(on)}
}

// Title implements ui.Overlay.
func (c *Checklist) Title() string { return c.title }

// Hints implements ui.Overlay.
func (c *Checklist) Hints() []ui.Hint {
	return []ui.Hint{
		{Key: "enter", Label: "show"},
		{Key: "space", Label: "on or off"},
		{Key: "o", Label: "only this"},
		{Key: "*", Label: "the others"},
		{Key: "↑↓", Label: "choose"},
		{Key: "esc", Label: "close"},
	}
}

// Update implements ui.Overlay.
func (c *Checklist) Update(msg tea.Msg) (tea.Cmd, bool) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	c.said = ""
	switch ui.KeyName(press) {
	case "esc", "q":
		return nil, true
	case "enter":
		return c.answer()
	case "down", "j":
		c.move(1)
	case "up", "k":
		c.move(-1)
	case "pgdown", "ctrl+f":
		c.move(max(1, c.height-1))
	case "pgup", "ctrl+b":
		c.move(-max(1, c.height-1))
	case "g", "home":
		c.move(-len(c.names))
	case "G", "end":
		c.move(len(c.names))
	case "space":
		c.change(func(i int) bool { return c.on[i] != (i == c.at) })
		c.move(1)
	case "o":
		c.change(func(i int) bool { return i == c.at })
	case "*":
		c.change(func(i int) bool { return !c.on[i] })
	}
	return nil, false
}

func (c *Checklist) move(by int) { c.at = max(0, min(c.at+by, len(c.names)-1)) }

func (c *Checklist) change(to func(i int) bool) {
	for i := range c.on {
		c.on[i] = to(i)
	}
}

func (c *Checklist) answer() (tea.Cmd, bool) {
	var on []int
	for i, is := range c.on {
		if is {
			on = append(on, i)
		}
	}
	if len(on) == 0 {
		c.said = "nothing is on: space turns one on"
		return nil, false
	}
	return func() tea.Msg { return Checked{On: on} }, true
}

// View implements ui.Overlay.
func (c *Checklist) View(theme *ui.Theme, width, height int) []string {
	lines := []string{theme.Warn.Render(ui.Truncate("  "+c.said, width))}
	c.height = max(0, height-len(lines))
	c.top = max(min(c.top, c.at), c.at-c.height+1)
	for i := c.top; i < min(len(c.names), c.top+c.height); i++ {
		mark, tone := "[ ] ", theme.Dim
		if c.on[i] {
			mark, tone = "[x] ", theme.Text
		}
		row := ui.Truncate("  "+mark+ui.Clean(c.names[i]), width)
		if i == c.at {
			lines = append(lines, theme.Selection.Render(ui.Pad(row, width)))
			continue
		}
		lines = append(lines, tone.Render(row))
	}
	for len(lines) < height {
		lines = append(lines, "")
	}
	return lines[:max(0, height)]
}
