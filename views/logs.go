package views

import (
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
)

// logScreen is a log that fills the body.
type logScreen struct {
	*shell
	pane *logPane
}

func newLogs(s *shell, scope logScope) *logScreen {
	return &logScreen{shell: s, pane: newLogPane(s, scope)}
}

// Title implements Screen.
func (l *logScreen) Title() string {
	what := "logs"
	if l.pane.scope.build {
		what = "build"
	}
	if l.pane.scope.name == "" {
		return what
	}
	return what + " " + l.pane.scope.name
}

// Show implements Screen.
func (l *logScreen) Show() tea.Cmd { return l.pane.start(l.deps, l) }

// Hide implements Screen.
func (l *logScreen) Hide() tea.Cmd {
	l.pane.stop()
	return nil
}

// Click implements pointed: a log has no cursor.
func (l *logScreen) Click(int, int) tea.Cmd { return nil }

// Wheel implements pointed.
func (l *logScreen) Wheel(by int) tea.Cmd {
	return l.pane.goUp(l.deps, func() { l.pane.view.Move(by) })
}

// Discard implements discarder.
func (l *logScreen) Discard() {
	l.pane.discard()
}

// Restyle shows times as they are to be shown now.
func (l *logScreen) Restyle() { l.pane.view.Zone = l.zone }

// Unscoped names the view of all logs.
func (l *logScreen) Unscoped() int { return viewLogs }

// Refresh implements refresher: a log that broke off is taken up again.
func (l *logScreen) Refresh(kinds map[string]bool) tea.Cmd {
	if len(kinds) > 0 {
		return nil
	}
	return l.pane.start(l.deps, l)
}

// Update implements Screen.
func (l *logScreen) Update(msg tea.Msg) tea.Cmd {
	cmd := l.pane.update(msg)
	if l.pane.err != nil && client.Explain(l.pane.err).Code != client.CodeUnsupported { // That is no failure.
		l.fail("read "+l.Title(), l.pane.err)
	}
	return cmd
}

// Commands implements Screen.
func (l *logScreen) Commands() []command {
	commands := l.pane.commands(l.shell)
	fn, ok := l.functionByID(l.pane.scope.query.FunctionID)
	if !ok {
		return commands
	}
	return append(functionCommands(l.shell, fn), commands...)
}

// View implements Screen.
func (l *logScreen) View(theme *ui.Theme, width, height int) []string {
	if l.pane.view.Buffer.Len() == 0 {
		sentence, tone := l.empty()
		lines := []string{""}
		for _, part := range ui.WrapWords(sentence, max(1, width-4)) {
			lines = append(lines, "  "+theme.Tone(tone).Render(part))
		}
		return fill(lines, height)
	}
	var out []string
	for _, line := range l.pane.view.View(theme, width-2, height, l.clock()) {
		out = append(out, " "+line)
	}
	return out
}

func (l *logScreen) empty() (string, ui.Tone) {
	var e *client.Error
	switch {
	case errors.As(l.pane.err, &e) && e.Code == client.CodeUnsupported:
		return ui.Clean(e.Message) + ".  " + l.keys.Key("list.open") + " on a call opens its log", ui.ToneText
	case l.pane.err != nil:
		return ui.Clean(client.Explain(l.pane.err).Sentence), ui.ToneBad
	case l.pane.scope.build && l.noOutput() != "":
		return l.noOutput(), ui.ToneText
	case l.pane.ended:
		return "This log is empty.", ui.ToneText
	}
	return "No lines yet, following", ui.ToneDim
}

// noOutput is why a build has no lines that could be awaited, "" where it has.
func (l *logScreen) noOutput() string {
	reason := l.backend.Describe().Missing[client.CanReadBuilds]
	switch {
	case reason == "":
		return ""
	case l.pane.ended:
		return ui.Clean(reason) + "."
	}
	return ui.Clean(reason) + "; should this one fail, its error comes here."
}

// Search implements searcher.
func (l *logScreen) Search(text string) (tea.Cmd, error) {
	return l.pane.search(l.deps, text)
}

// Stop implements stopper.
func (l *logScreen) Stop() (string, tea.Cmd) {
	return l.pane.stopOrShow(l.deps)
}

// Resume implements stopper: older lines are loaded by going up again.
func (l *logScreen) Resume() {}

// Searched implements searcher.
func (l *logScreen) Searched() string { return l.pane.view.Searched() }

// Status implements Screen.
func (l *logScreen) Status() status {
	v := l.pane.view
	st := status{position: v.Status(l.theme), filter: ui.Clean(v.Searched()), count: l.pane.about(l.clock()), paused: v.Held(l.theme)}
	if st.filter != "" && v.OnlyMatches() {
		st.filter += "  matches only"
	}
	if f, ok := l.builds(); ok {
		st.count = strings.TrimSpace(functionStatus(f, l.moment()).Text + "  " + usually(f))
	}
	if l.pane.err != nil && v.Buffer.Len() > 0 {
		st.position = "lost  " + st.position
	}
	return st
}

// Pulse implements Screen.
func (l *logScreen) Pulse() time.Duration {
	v := l.pane.view
	if _, ok := l.builds(); ok || v.Times == ui.TimeRelative && v.Buffer.Len() > 0 {
		return time.Second
	}
	return 0
}

// builds is the function whose deploy, still under way, writes this log; false if none.
func (l *logScreen) builds() (client.Function, bool) {
	scope := l.pane.scope
	f, ok := l.functionByID(scope.query.FunctionID)
	return f, ok && scope.build && scope.query.DeployID == f.DeployID && f.Deploying()
}
