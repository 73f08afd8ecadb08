package forms

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/ui"
	"fndeck/ui/bigtext"
)

// SignInStart signs a person in; show is told what to show, from one goroutine.
type SignInStart func(ctx context.Context, show func(auth.Prompt)) error

// SignedIn tells the root that somebody has signed in to a context. Note is what to
// know of it, empty if nothing.
type SignedIn struct{ Context, Note string }

// Copy asks the root to copy a text and to say what it was.
type Copy struct{ Text, What string }

// signIn leads a person through a sign-in.
type signIn struct {
	d       Deps
	context string
	start   SignInStart
	cancel  context.CancelFunc
	prompts chan auth.Prompt // one place: the newest
	ended   chan error

	prompt auth.Prompt
	err    error
	// pasted is what was typed or pasted and not entered yet; it is not shown.
	pasted string
	// said is why what was entered was not taken.
	said string
}

// signInMsg is news of a sign-in.
type signInMsg struct {
	owner  *signIn
	prompt auth.Prompt
	done   bool
	err    error
}

// pastedMost bounds what is pasted: no address is longer.
const pastedMost = 1 << 16

// NewSignIn makes the overlay that signs in to a context, and begins.
func NewSignIn(d Deps, contextName string, start SignInStart) (ui.Overlay, tea.Cmd) {
	s := &signIn{d: d, context: contextName, start: start}
	return s, s.begin()
}

func (s *signIn) begin() tea.Cmd {
	ctx, cancel := context.WithCancel(s.d.Ctx)
	s.cancel, s.prompt, s.err, s.said, s.pasted = cancel, auth.Prompt{}, nil, "", ""
	prompts, ended, start := make(chan auth.Prompt, 1), make(chan error, 1), s.start
	s.prompts, s.ended = prompts, ended
	go func() {
		ended <- start(ctx, func(p auth.Prompt) {
			select {
			case <-prompts: // Nobody has taken the one before: it is old now.
			default:
			}
			prompts <- p
		})
		cancel()
	}()
	return s.wait()
}

// wait is the one command that waits for news.
func (s *signIn) wait() tea.Cmd {
	prompts, ended := s.prompts, s.ended
	return func() tea.Msg {
		select {
		case p := <-prompts:
			return signInMsg{owner: s, prompt: p}
		case err := <-ended:
			return signInMsg{owner: s, done: true, err: err}
		}
	}
}

// Title implements ui.Overlay.
func (s *signIn) Title() string { return "sign in to " + s.context }

// OfContexts implements OfContexts.
func (s *signIn) OfContexts() {}

// Hints implements ui.Overlay.
func (s *signIn) Hints() []ui.Hint {
	cancel := ui.Hint{Key: "esc", Label: "cancel"}
	switch {
	case s.err != nil:
		return []ui.Hint{{Key: "r", Label: "try again"}, {Key: "esc", Label: "close"}}
	case s.prompt.Device != nil:
		return []ui.Hint{{Key: "c", Label: "copy the code"}, {Key: "y", Label: "copy the address"}, cancel}
	case s.prompt.Browser != nil:
		return []ui.Hint{{Key: "enter", Label: "take what was pasted"}, {Key: "ctrl+y", Label: "copy the address"}, cancel}
	}
	return []ui.Hint{cancel}
}

// Pulse is how often the countdown moves.
func (s *signIn) Pulse() time.Duration {
	if s.err != nil || s.prompt.Device == nil && s.prompt.Browser == nil {
		return 0
	}
	return time.Second
}

// Update implements ui.Overlay.
func (s *signIn) Update(msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case signInMsg:
		if msg.owner == s {
			return s.news(msg)
		}
	case tea.PasteMsg:
		s.put(msg.Content)
	case tea.KeyPressMsg:
		return s.key(msg)
	}
	return nil, false
}

func (s *signIn) news(msg signInMsg) (tea.Cmd, bool) {
	switch {
	case !msg.done:
		s.prompt = msg.prompt
		return s.wait(), false
	case msg.err == nil:
		in := SignedIn{Context: s.context, Note: s.prompt.Note}
		select {
		case last := <-s.prompts: // The end overtook it.
			in.Note = last.Note
		default:
		}
		return func() tea.Msg { return in }, true
	case errors.Is(msg.err, context.Canceled):
		return nil, true
	}
	s.err = msg.err
	return nil, false
}

func (s *signIn) put(text string) {
	if s.prompt.Browser == nil || s.err != nil {
		return
	}
	s.said = ""
	s.pasted += text
	s.pasted = s.pasted[:min(len(s.pasted), pastedMost)]
}

func (s *signIn) key(msg tea.KeyPressMsg) (tea.Cmd, bool) {
	key := ui.KeyName(msg)
	if key == "esc" {
		s.cancel()
		return nil, true
	}
	switch {
	case s.err != nil:
		if key == "r" {
			return s.begin(), false
		}
	case s.prompt.Device != nil:
		return s.keyDevice(key), false
	case s.prompt.Browser != nil:
		return s.keyBrowser(msg, key), false
	}
	return nil, false
}

func (s *signIn) keyDevice(key string) tea.Cmd {
	p := s.prompt.Device
	switch key {
	case "c":
		return copied(p.Code, "the code")
	case "y":
		return copied(p.Address, "the address")
	}
	return nil
}

func (s *signIn) keyBrowser(msg tea.KeyPressMsg, key string) tea.Cmd {
	p := s.prompt.Browser
	switch key {
	case "ctrl+y":
		return copied(p.Address, "the address")
	case "ctrl+u":
		s.pasted, s.said = "", ""
	case "backspace":
		s.pasted = s.pasted[:max(len(s.pasted)-1, 0)]
	case "enter":
		text := s.pasted
		s.pasted = ""
		if text == "" {
			s.said = "paste the address that the browser ended on first"
		} else if err := p.Paste(text); err != nil {
			s.said = err.Error()
		}
	default:
		s.put(msg.Text)
	}
	return nil
}

func copied(text, what string) tea.Cmd { return func() tea.Msg { return Copy{text, what} } }

// View implements ui.Overlay.
func (s *signIn) View(theme *ui.Theme, width, height int) []string {
	var lines []string
	switch {
	case s.err != nil:
		lines = s.viewFailure(theme, width)
	case s.prompt.Device != nil:
		lines = s.viewDevice(theme, width, height)
	case s.prompt.Browser != nil:
		lines = s.viewBrowser(theme, width)
	default:
		lines = []string{theme.Dim.Render("  asking the issuer")}
	}
	return sized(lines, width, height)
}

func (s *signIn) viewFailure(theme *ui.Theme, width int) []string {
	x := client.Explain(s.err)
	lines := wrapped(theme.Bad.Render, x.Sentence, width)
	if x.Hint != "" {
		lines = append(lines, wrapped(theme.Text.Render, x.Hint, width)...)
	}
	return lines
}

func (s *signIn) viewDevice(theme *ui.Theme, width, height int) []string {
	p := s.prompt.Device
	lines := append(address(theme, "  open  ", p.Address, width), "")
	mark := theme.Glyph('█')
	if large := bigtext.Lines(p.Code, mark, width-4); large != nil && height >= bigtext.Height+6 {
		for _, line := range large {
			lines = append(lines, "  "+theme.Accent.Render(line))
		}
		lines = append(lines, "", "  type  "+theme.Accent.Bold(true).Render(ui.Clean(p.Code)))
	} else {
		lines = append(lines, "  type  "+theme.Accent.Bold(true).Render(ui.Clean(p.Code)))
	}
	left := p.Ends.Sub(s.d.Clock())
	state := string(p.State)
	if left > 0 {
		state += fmt.Sprintf(", %s left", ui.Elapsed(left))
	}
	lines = append(lines, "", "  "+theme.Dim.Render(state))
	return append(lines, asker(theme, p.Asker, width)...)
}

func (s *signIn) viewBrowser(theme *ui.Theme, width int) []string {
	p := s.prompt.Browser
	lines := append([]string{"  open"}, address(theme, "  ", p.Address, width)...)
	lines = append(lines, "")
	if p.NotListening != "" {
		lines = append(lines, wrapped(theme.Warn.Render, p.NotListening, width)...)
	} else {
		lines = append(lines, wrapped(theme.Dim.Render, "The browser comes back by itself. From another machine, first run there:", width)...)
		lines = append(lines, "  "+theme.Text.Render(ui.Clean(p.Tunnel)))
	}
	lines = append(lines, wrapped(theme.Dim.Render, "Or paste the address that the browser ends on, then enter. It is not shown.", width)...)
	entered := "nothing pasted yet"
	if n := len(s.pasted); n > 0 {
		entered = fmt.Sprintf("%d bytes pasted", n)
	}
	lines = append(lines, "  "+theme.Accent.Render(entered))
	if s.said != "" {
		lines = append(lines, wrapped(theme.Bad.Render, s.said, width)...)
	}
	if left := p.Ends.Sub(s.d.Clock()); left > 0 {
		lines = append(lines, "  "+theme.Dim.Render(ui.Elapsed(left)+" left"))
	}
	return append(lines, asker(theme, p.Asker, width)...)
}

// asker says who asks for the sign-in, and where: the host is what a phisher would
// change.
func asker(theme *ui.Theme, a auth.Asker, width int) []string {
	text := "at " + a.Host + " for client " + a.ClientID
	if len(a.Scopes) > 0 {
		text += ", scopes " + strings.Join(a.Scopes, " ")
	}
	return append([]string{""}, wrapped(theme.Dim.Render, text, width)...)
}

// address is an address in full, over as many lines as it needs, which terminals with
// hyperlinks open on a click.
func address(theme *ui.Theme, before, address string, width int) []string {
	var lines []string
	for _, part := range ui.Wrap(ui.Clean(address), max(width-ui.Width(before)-2, 1)) {
		lines = append(lines, before+hyperlink(theme, part, address))
		before = strings.Repeat(" ", ui.Width(before))
	}
	return lines
}

func hyperlink(theme *ui.Theme, text, address string) string {
	return theme.Accent.Hyperlink(ui.Clean(address)).Render(text)
}

// wrapped are the lines of a sentence, two cells in.
func wrapped(render func(...string) string, text string, width int) []string {
	var lines []string
	for _, part := range ui.WrapWords(ui.Clean(text), max(width-4, 1)) {
		lines = append(lines, "  "+render(part))
	}
	return lines
}
