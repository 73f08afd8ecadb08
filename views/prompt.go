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

// prompt is the / line in the foot. What is typed applies at once.
type prompt struct {
	input  textinput.Model
	target searcher
	err    error
}

func newPrompt(theme *ui.Theme, target searcher) *prompt {
	input := textinput.New()
	input.Prompt, input.CharLimit = " /", promptMost
	// ctrl+v would run the machine's clipboard programs; a paste comes by itself.
	input.KeyMap.Paste = key.NewBinding(key.WithDisabled())
	styles := input.Styles()
	styles.Focused.Prompt, styles.Focused.Text = theme.Accent, theme.Text
	styles.Cursor.Blink = false // nothing moves while nothing happens
	input.SetStyles(styles)
	input.SetValue(target.Searched())
	_ = input.Focus() // its command would only make the cursor blink
	return &prompt{input: input, target: target}
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
	return p.update(msg)
}

// insert adds pasted text, of which only the first line counts.
func (p *prompt) insert(_ *shell, text string) tea.Cmd {
	text, _, _ = strings.Cut(text, "\n")
	return p.update(tea.PasteMsg{Content: ui.Clean(text)})
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

// view draws the prompt in one line; a reason stands behind the text.
func (p *prompt) view(theme *ui.Theme, width int) string {
	line := p.input.View()
	if p.err != nil {
		line += "  " + theme.Bad.Render(ui.Clean(p.err.Error()))
	}
	return ui.Truncate(line, width)
}
