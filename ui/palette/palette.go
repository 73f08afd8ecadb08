// Package palette is the list of everything that can be done now, found by
// typing part of its name. What cannot be done stays in the list with the
// reason.
package palette

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/sahilm/fuzzy"

	"fndeck/ui"
)

// typedMost bounds what is typed or pasted.
const typedMost = 100

// Entry is one thing to do.
type Entry struct {
	// Label is its verb, Help a phrase, Where the place that it belongs to.
	Label, Help, Where string
	// Keys is how its keys are shown.
	Keys string
	// Danger marks what asks before it is done, "" for nothing.
	Danger string
	// Reason says why it cannot be done now, "" if it can.
	Reason string

	// twin says that another entry has the same label, so that Where is shown.
	twin bool
}

// Chosen is the message of an entry that was chosen, by its index.
type Chosen struct{ Index int }

// Palette is the overlay.
type Palette struct {
	title   string
	entries []Entry
	texts   []string
	input   textinput.Model
	found   []int
	at, top int
	height  int
	said    string
}

var _ ui.Overlay = (*Palette)(nil)

// New makes a palette of entries, shown in their order until something is typed.
func New(theme *ui.Theme, title string, entries []Entry) *Palette {
	p := &Palette{title: title, entries: slices.Clone(entries), input: textinput.New()}
	labels := map[string]int{}
	for _, e := range entries {
		labels[e.Label]++
	}
	for i, e := range entries {
		p.entries[i].twin = labels[e.Label] > 1 && e.Where != ""
	}
	p.input.Prompt, p.input.CharLimit = " ", typedMost
	// ctrl+v would run the machine's clipboard programs; a paste comes by itself.
	p.input.KeyMap.Paste = key.NewBinding(key.WithDisabled())
	styles := p.input.Styles()
	styles.Focused.Text = theme.Text
	styles.Cursor.Blink = false // nothing moves while nothing happens
	p.input.SetStyles(styles)
	_ = p.input.Focus() // its command would only make the cursor blink
	for _, e := range entries {
		p.texts = append(p.texts, e.Label+"  "+e.Help+"  "+e.Where)
	}
	p.find()
	return p
}

// Title implements ui.Overlay.
func (p *Palette) Title() string { return p.title }

// Hints implements ui.Overlay.
func (p *Palette) Hints() []ui.Hint {
	return []ui.Hint{{Key: "enter", Label: "do it"}, {Key: "↑↓", Label: "choose"}, {Key: "esc", Label: "close"}}
}

// Update implements ui.Overlay.
func (p *Palette) Update(msg tea.Msg) (tea.Cmd, bool) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		if paste, ok := msg.(tea.PasteMsg); ok {
			p.typed(tea.PasteMsg{Content: ui.Clean(paste.Content)})
		}
		return nil, false
	}
	p.said = ""
	switch ui.KeyName(press) {
	case "esc", "ctrl+p":
		return nil, true
	case "enter":
		return p.choose()
	case "down", "ctrl+n", "tab":
		p.move(1)
	case "up", "shift+tab":
		p.move(-1)
	case "pgdown":
		p.move(max(1, p.height-1))
	case "pgup":
		p.move(-max(1, p.height-1))
	default:
		p.typed(msg)
	}
	return nil, false
}

func (p *Palette) choose() (tea.Cmd, bool) {
	if p.at >= len(p.found) {
		return nil, false
	}
	index := p.found[p.at]
	if reason := p.entries[index].Reason; reason != "" {
		p.said = reason
		return nil, false
	}
	return func() tea.Msg { return Chosen{Index: index} }, true
}

func (p *Palette) typed(msg tea.Msg) {
	before := p.input.Value()
	p.input, _ = p.input.Update(msg) // its commands blink
	if p.input.Value() != before {
		p.find()
	}
}

// Wheel moves the choice by lines.
func (p *Palette) Wheel(by int) { p.move(by) }

func (p *Palette) move(by int) { p.at = max(0, min(p.at+by, len(p.found)-1)) }

// rank is 1 for what cannot be done now.
func rank(e Entry) int {
	if e.Reason != "" {
		return 1
	}
	return 0
}

// find ranks the entries for what was typed.
func (p *Palette) find() {
	p.at, p.top, p.found = 0, 0, nil
	if p.input.Value() == "" {
		for i := range p.entries {
			p.found = append(p.found, i)
		}
		return
	}
	for _, match := range fuzzy.Find(p.input.Value(), p.texts) {
		p.found = append(p.found, match.Index)
	}
	// What can be done stands before what cannot, and is what enter takes.
	slices.SortStableFunc(p.found, func(a, b int) int { return rank(p.entries[a]) - rank(p.entries[b]) })
}

// View implements ui.Overlay.
func (p *Palette) View(theme *ui.Theme, width, height int) []string {
	lines := []string{ui.Truncate(p.input.View(), width), p.about(theme, width)}
	if len(p.found) == 0 {
		lines = append(lines, theme.Dim.Render("  no action matches"))
	}
	p.height = max(0, height-len(lines))
	p.top = max(min(p.top, p.at), p.at-p.height+1)
	for i := p.top; i < min(len(p.found), p.top+p.height); i++ {
		lines = append(lines, p.row(theme, p.entries[p.found[i]], width, i == p.at))
	}
	for len(lines) < height {
		lines = append(lines, "")
	}
	return lines[:height]
}

// about is what there is to say of the current entry, where its row has no room for
// it, or why it was not done.
func (p *Palette) about(theme *ui.Theme, width int) string {
	if p.said != "" {
		return theme.Warn.Render(ui.Truncate("  "+ui.Clean(p.said), width))
	}
	if p.at >= len(p.found) {
		return ""
	}
	phrase, tone := p.entries[p.found[p.at]].phrase(theme)
	if ui.Width(phrase) <= phraseRoom(width) {
		return ""
	}
	return tone.Render(ui.Truncate("  "+phrase, width))
}

// phrase is what an entry does, with what it asks before that, or why it cannot.
func (e Entry) phrase(theme *ui.Theme) (string, lipgloss.Style) {
	where := ""
	if e.twin {
		where = e.Where + ": "
	}
	switch {
	case e.Reason != "":
		return where + ui.Clean(e.Reason), theme.Warn
	case e.Danger != "":
		return strings.TrimRight(where+"("+e.Danger+") "+e.Help, " "), theme.Dim
	}
	return strings.TrimSuffix(where+e.Help, ": "), theme.Dim
}

// phraseRoom is how wide the phrase of a row may be.
func phraseRoom(width int) int {
	if width < narrow {
		return 0
	}
	return max(0, width-labelRoom-keyRoom-2)
}

// narrow is the width under which a row is only its label and its keys.
const narrow = 60

// labelRoom is how wide labels stand, keyRoom how wide keys do.
const labelRoom, keyRoom = 18, 14

func (p *Palette) row(theme *ui.Theme, e Entry, width int, current bool) string {
	mark := "  "
	if current {
		mark = theme.Glyph('›') + " "
	}
	phrase, tone := e.phrase(theme)
	label := ui.Pad(ui.Truncate(e.Label, labelRoom-1), labelRoom)
	keys := ui.Pad(ui.Truncate(e.Keys, keyRoom-1), keyRoom)
	phrase = ui.Truncate(phrase, phraseRoom(width))
	if current {
		return theme.Selection.Render(ui.Pad(ui.Truncate(mark+label+keys+phrase, width), width))
	}
	name := theme.Text
	if e.Reason != "" {
		name = theme.Dim
	}
	return ui.Truncate(mark+name.Render(label)+theme.Accent.Render(keys)+tone.Render(phrase), width)
}
