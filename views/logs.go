package views

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
)

// logScope is what a log screen shows: one call, one deploy's build output, one
// function, or with the zero value everything.
type logScope struct {
	query client.LogQuery
	// name is what the scope is about, for the crumb.
	name string
	// build says that these are the lines of a deploy.
	build bool
}

// logTail is how many lines of the past a log of one function or of all begins
// with; one call or one deploy is shown whole.
const logTail = 10_000

// logPane follows a log into a buffer. It begins when it is shown and ends when
// it is hidden; coming back it goes on after the last line that it has.
type logPane struct {
	scope  logScope
	view   *ui.LogView
	owner  Screen
	err    error
	ended  bool
	after  int64
	cancel context.CancelFunc
	notes  chan logGrown
}

// logGrown says that the pane's buffer has new lines, or that it ended.
type logGrown struct {
	notes chan logGrown
	after int64
	ended bool
	err   error
}

// logScanned brings a step of a pane's search.
type logScanned struct {
	pane *logPane
	step ui.Scanned
}

func newLogPane(s *shell, scope logScope) *logPane {
	p := &logPane{scope: scope, view: ui.NewLogView(ui.NewLogBuffer(s.stateDir), s.zone)}
	p.view.ShowSource = scope.query.FunctionID == "" && scope.query.CallID == "" && scope.query.DeployID == ""
	return p
}

// start follows on, unless the log has ended or is being followed.
func (p *logPane) start(d deps, owner Screen) tea.Cmd {
	if p.cancel != nil || p.ended {
		return nil
	}
	follower, err := client.As[client.LogFollower](d.backend, client.CanFollowLogs)
	if err != nil {
		p.err = err
		return nil
	}
	ctx, cancel := context.WithCancel(d.ctx)
	p.cancel, p.owner, p.notes = cancel, owner, make(chan logGrown, 1)
	query, notes, buffer := p.scope.query, p.notes, p.view.Buffer
	query.After = p.after
	if p.after == 0 && query.CallID == "" && query.DeployID == "" {
		query.Tail = logTail
	}
	follow := func() tea.Msg {
		after := query.After
		err := follower.FollowLogs(ctx, query, func(lines []client.LogLine) error {
			if len(lines) == 0 {
				return nil
			}
			if err := buffer.Append(logLines(lines)); err != nil {
				return err
			}
			after = lines[len(lines)-1].Position
			leave(notes, logGrown{notes: notes, after: after})
			return nil
		})
		if ctx.Err() != nil {
			return nil
		}
		return screenMsg{owner: owner, body: logGrown{notes: notes, after: after, ended: true, err: err}}
	}
	return tea.Batch(follow, p.wait(ctx))
}

// leave puts a note into a mailbox of one place, over an older one.
func leave(notes chan logGrown, note logGrown) {
	select {
	case <-notes:
	default:
	}
	notes <- note // Only the follower leaves notes, so there is room.
}

// wait is the one command that waits for new lines.
func (p *logPane) wait(ctx context.Context) tea.Cmd {
	notes, owner := p.notes, p.owner
	return func() tea.Msg {
		select {
		case <-ctx.Done():
			return nil
		case note := <-notes:
			return screenMsg{owner: owner, body: waiting{note: note, ctx: ctx}}
		}
	}
}

// waiting is a note with the hold that asked for it.
type waiting struct {
	note logGrown
	ctx  context.Context
}

func logLines(lines []client.LogLine) []ui.LogLine {
	out := make([]ui.LogLine, len(lines))
	for i, line := range lines {
		out[i] = ui.LogLine{Time: line.Time, Source: line.FunctionName, Text: line.Text, Mark: line.Stream == "mark"}
	}
	return out
}

// stop ends following; what was read stays.
func (p *logPane) stop() {
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
	}
}

// update takes a note or a step of the search.
func (p *logPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case waiting:
		if msg.note.notes != p.notes || p.cancel == nil {
			return nil
		}
		p.take(msg.note)
		return tea.Batch(p.wait(msg.ctx), p.scan())
	case logGrown:
		if msg.notes != p.notes {
			return nil
		}
		p.stop()
		p.take(msg)
		p.ended = msg.err == nil
		p.view.Ended = p.ended
		return p.scan()
	case logScanned:
		if msg.pane == p {
			p.view.Found(msg.step)
		}
		return p.scan()
	}
	return nil
}

func (p *logPane) take(note logGrown) {
	p.after, p.err = note.after, note.err
	p.view.Sync()
}

// scan runs the next step of the search outside the update loop.
func (p *logPane) scan() tea.Cmd {
	step, owner := p.view.ScanStep(), p.owner
	if step == nil {
		return nil
	}
	return func() tea.Msg { return screenMsg{owner: owner, body: logScanned{pane: p, step: step()}} }
}

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

// Discard implements discarder.
func (l *logScreen) Discard() {
	_ = l.pane.view.Buffer.Close() // A file without a name; nothing is lost with it.
}

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
	if l.pane.err != nil {
		l.fail("read "+l.Title(), l.pane.err)
	}
	return cmd
}

// Commands implements Screen.
func (l *logScreen) Commands() []command {
	commands := textCommands(l.pane.view, l.say)
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
	case l.pane.ended:
		return "This log is empty.", ui.ToneText
	}
	return "No lines yet, following", ui.ToneDim
}

// Search implements searcher.
func (l *logScreen) Search(text string) (tea.Cmd, error) {
	if err := l.pane.view.Search(text); err != nil {
		return nil, err
	}
	return l.pane.scan(), nil
}

// Searched implements searcher.
func (l *logScreen) Searched() string { return l.pane.view.Searched() }

// Status implements Screen.
func (l *logScreen) Status() status {
	v := l.pane.view
	st := status{position: v.Status(l.theme), filter: ui.Clean(v.Searched())}
	if l.pane.err != nil && v.Buffer.Len() > 0 {
		st.position = "lost  " + st.position
	}
	if v.Times == ui.TimeRelative && v.Buffer.Len() > 0 {
		st.pulse = time.Second
	}
	return st
}
