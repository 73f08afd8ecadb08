package views

import (
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"fndeck/ui"
)

// promptMost bounds what is typed or pasted into the prompt.
const promptMost = 256

// promptLine is a line that is typed into in the foot.
type promptLine interface {
	key(s *shell, msg tea.KeyPressMsg) tea.Cmd
	// insert adds pasted text, of which only the first line counts.
	insert(s *shell, text string) tea.Cmd
	// view draws the line; a reason stands behind the text, or below it where it is
	// long.
	view(theme *ui.Theme, width int) []string
}

// passing is a line that may be done with before enter: a key that it passes is
// the screen's.
type passing interface {
	passes(msg tea.KeyPressMsg) bool
	// done closes the line.
	done() tea.Cmd
}

// prompt is the / line. What is typed applies at once.
type prompt struct {
	input  textinput.Model
	target searcher
	err    error
	// selected says that the text is the one from before: what is typed replaces it,
	// and any other key edits it.
	selected bool
}

func newPrompt(theme *ui.Theme, target searcher) *prompt {
	input := newInput(theme, " /")
	input.SetValue(target.Searched())
	return &prompt{input: input, target: target, selected: target.Searched() != ""}
}

// newInput is a text field for the foot.
func newInput(theme *ui.Theme, sign string) textinput.Model {
	input := textinput.New()
	input.Prompt, input.CharLimit = sign, promptMost
	// ctrl+v would run the machine's clipboard programs; a paste comes by itself.
	input.KeyMap.Paste = key.NewBinding(key.WithDisabled())
	styles := input.Styles()
	styles.Focused.Prompt, styles.Focused.Text = theme.Accent, theme.Text
	styles.Cursor.Blink = false // nothing moves while nothing happens
	input.SetStyles(styles)
	_ = input.Focus() // its command would only make the cursor blink
	return input
}

func (p *prompt) key(s *shell, msg tea.KeyPressMsg) tea.Cmd {
	switch name := ui.KeyName(msg); {
	case name == "enter":
		if p.err == nil { // what cannot be applied stays to be mended
			s.prompt = nil
		}
		return nil
	case name == "esc":
		s.prompt = nil
		p.input.Reset()
		return p.apply()
	case name == "backspace" && p.input.Value() == "":
		s.prompt = nil
		return nil
	}
	return p.edit(msg, msg.Text != "")
}

func (p *prompt) insert(_ *shell, text string) tea.Cmd {
	return p.edit(pastedLine(text), true)
}

// edit changes the text, or puts what is typed in the place of one from before.
func (p *prompt) edit(msg tea.Msg, typed bool) tea.Cmd {
	if p.selected && typed {
		p.input.Reset()
	}
	p.selected = false
	return p.update(msg)
}

// pastedLine is what a prompt takes of a paste.
func pastedLine(text string) tea.PasteMsg {
	text, _, _ = strings.Cut(text, "\n")
	return tea.PasteMsg{Content: ui.Clean(text)}
}

func (p *prompt) update(msg tea.Msg) tea.Cmd {
	before := p.input.Value()
	p.input, _ = p.input.Update(msg) // its commands blink
	if p.input.Value() == before {
		return nil
	}
	return p.apply()
}

func (p *prompt) apply() tea.Cmd {
	cmd, err := p.target.Search(p.input.Value())
	p.err = err
	return cmd
}

func (p *prompt) view(theme *ui.Theme, width int) []string {
	styles := p.input.Styles()
	if styles.Focused.Text = theme.Text; p.selected {
		styles.Focused.Text = theme.Selection
	}
	p.input.SetStyles(styles)
	return promptView(theme, p.input, p.err, "", width)
}

// promptView draws a line that is typed into: behind it what may be typed, or why
// what was typed is wrong.
func promptView(theme *ui.Theme, input textinput.Model, err error, hint string, width int) []string {
	line := input.View()
	if err == nil {
		return []string{ui.Truncate(line+hint, width)}
	}
	reason := ui.Clean(err.Error())
	if ui.Width(line)+2+ui.Width(reason) <= width {
		return []string{line + "  " + theme.Bad.Render(reason)}
	}
	return append([]string{ui.Truncate(line, width)}, ui.FewLines(theme.Bad, reason, "", "", width)...)
}
