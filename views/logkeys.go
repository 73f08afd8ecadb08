package views

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/ui/palette"
	"fndeck/views/cmdline"
	"fndeck/views/logread"
)

// commands are those of a text and those that only logs have. The keys that go
// up load older lines.
func (p *logPane) commands(s *shell) []command {
	v := p.view
	commands := textCommands(v, s.say)
	for i, c := range commands {
		switch c.id {
		case "text.top":
			commands[i].run = func() tea.Cmd { return p.goTop(s.deps) }
		case "text.up", "text.pageup":
			scroll := c.run
			commands[i].run = func() tea.Cmd { return p.goUp(s.deps, func() { scroll() }) }
		}
	}
	notOne, unsaveable, notMany := "", "", ""
	if !v.ShowSource {
		notMany = "this log has one source"
	}
	if p.scope.query.CallID == "" {
		notOne = "this is not the log of one call"
	}
	if v.Shown() == 0 {
		unsaveable = "there is no line to save"
	}
	empty := ""
	if v.Buffer.Len() == 0 {
		empty = "there is no line to save"
	}
	return append(commands,
		command{id: "text.since", hinted: true, run: do(func() { s.prompt = newSincePrompt(s, p) })},
		command{id: "text.pretty", run: do(v.TogglePretty)},
		command{id: "text.mark", run: do(func() { p.putMark(s) })},
		command{id: "text.hide", run: do(func() { p.hide(s) })},
		command{id: "text.sources", reason: notMany, run: func() tea.Cmd { return p.chooseSources(s) }},
		command{id: "text.save", reason: unsaveable, run: func() tea.Cmd { return p.save(s, v.Copy()) }},
		command{id: "text.saveall", reason: empty, run: func() tea.Cmd { return p.save(s, v.CopyAll()) }},
		command{id: "text.previouscall", reason: notOne, run: func() tea.Cmd { return p.previousCall(s) }},
	)
}

func (p *logPane) putMark(s *shell) {
	p.view.PutMark(s.clock())
	if !p.view.Following() {
		s.say("a mark is at the end of the log", ui.ToneInfo)
	}
}

// hide hides every line so far, or shows them again. The foot is free to count
// them.
func (p *logPane) hide(s *shell) {
	p.view.ToggleHidden()
	s.toast = ui.Toast{}
}

// save writes lines to a file.
func (p *logPane) save(s *shell, lines ui.LogCopy) tea.Cmd {
	s.say("saving…", ui.ToneInfo)
	ctx, dir := s.ctx, s.stateDir
	name := logread.FileName(s.screen().Title(), s.clock().UTC().Format("20060102T150405Z"))
	partial := p.view.Partial
	return func() tea.Msg {
		saved := logread.Save(ctx, lines, name, dir)
		saved.Partial = partial
		return saved
	}
}

// saved tells where a log is now, and copies the name.
func (s *shell) saved(done logread.Saved) tea.Cmd {
	if done.Err != nil {
		s.fail("save the log", done.Err)
		s.say(client.Explain(done.Err).Sentence, ui.ToneBad)
		return nil
	}
	cmd, shown := copyText(s, "path", done.Path), done.Path
	if done.Here {
		shown = filepath.Base(done.Path)
	}
	lines := ui.Counted(done.Lines, "line")
	if done.Partial {
		lines = "newest " + lines
	}
	s.say(fmt.Sprintf("%s in %s, path copied", lines, ui.Clean(shown)), ui.ToneOK)
	return cmd
}

// chooseSources lists the functions of a merged log, to choose whose lines are
// shown. The choice is a term of the search, so that it is seen and esc ends it.
func (p *logPane) chooseSources(s *shell) tea.Cmd {
	names := functionNames(s.known.Value)
	if len(names) == 0 {
		s.say("no functions are known yet", ui.ToneWarn)
		return nil
	}
	on, rest, restricted := make([]bool, len(names)), p.view.Searched(), false
	if p.sources != nil {
		rest, restricted = strings.CutPrefix(rest, logread.SourceTerm(p.sources))
	}
	for i, name := range names {
		on[i] = !restricted || slices.Contains(p.sources, name)
	}
	s.checked = func(chosen []int) tea.Cmd {
		text := strings.TrimSpace(rest)
		if p.sources = nil; len(chosen) < len(names) {
			for _, i := range chosen {
				p.sources = append(p.sources, names[i])
			}
			text = strings.TrimSpace(logread.SourceTerm(p.sources) + " " + text)
		}
		cmd, err := p.search(s.deps, text)
		if err != nil {
			s.say(err.Error(), ui.ToneBad)
		}
		p.view.ShowOnly(p.sources != nil)
		return cmd
	}
	return s.overlay(palette.NewChecklist("sources of this log", names, on), nil)
}

// callsLooked bounds how far back the call before another is looked for.
const callsLooked = 10_000

// previousFound is the call before the one whose log is shown.
type previousFound struct {
	call client.Call
	// none says why there is no such.
	none string
	err  error
}

// previousCall opens the log of the call before this one.
func (p *logPane) previousCall(s *shell) tea.Cmd {
	s.say("looking for the call before…", ui.ToneInfo)
	ctx, backend, query, owner := s.ctx, s.backend, p.scope.query, p.owner
	return func() tea.Msg { return screenMsg{owner: owner, body: findPrevious(ctx, backend, query)} }
}

// findPrevious looks for the call behind another in the list of its function's
// calls, in which the newest comes first.
func findPrevious(ctx context.Context, backend client.Backend, of client.LogQuery) previousFound {
	const page = 1000
	query, passed, more := client.CallQuery{FunctionID: of.FunctionID, Limit: page}, false, true
	var pages client.Cursors
	for looked := 0; more && looked < callsLooked; {
		calls, err := backend.Calls(ctx, query)
		if err != nil {
			return previousFound{err: err}
		}
		for _, call := range calls.Calls {
			if passed {
				return previousFound{call: call}
			}
			passed = call.ID == of.CallID
		}
		looked, query.Cursor = looked+len(calls.Calls), calls.Next
		if more, err = pages.Follow(calls.Next); err != nil {
			return previousFound{err: err}
		}
	}
	if passed {
		return previousFound{none: "there is no call before this one"}
	}
	return previousFound{none: "this call is not among the newest of its function"}
}

// openPrevious shows the log of the call that was found, unless the operator has
// gone elsewhere.
func (p *logPane) openPrevious(s *shell, found previousFound) tea.Cmd {
	switch {
	case s.screen() != p.owner:
		return nil
	case found.err != nil:
		s.fail("look for the call before", found.err)
		s.say(client.Explain(found.err).Sentence, ui.ToneBad)
		return nil
	case found.none != "":
		s.say(found.none, ui.ToneWarn)
		return nil
	}
	s.toast = ui.Toast{}
	return s.open(newLogs(s, callLog(found.call)))
}

// callLog is the log of one call.
func callLog(c client.Call) logScope {
	return logScope{query: client.LogQuery{FunctionID: c.FunctionID, CallID: c.ID}, name: "call " + ui.Clean(c.ID)}
}

// sinceKeys are what a single digit behind the key for since means.
var sinceKeys = []string{"tail", "head", "1m", "5m", "15m", "30m", "1h"}

// sincePrompt is the line that asks since when a log is to be shown. What is
// typed applies to the lines that are there at once; older ones are loaded when
// it is done. A digit alone is an answer, and so is the beginning of a time.
type sincePrompt struct {
	input textinput.Model
	pane  *logPane
	shell *shell
	was   ui.LogPlace
	err   error
}

func newSincePrompt(s *shell, p *logPane) *sincePrompt {
	return &sincePrompt{input: newInput(s.theme, " since "), pane: p, shell: s, was: p.view.Place()}
}

// digit is the meaning of a digit that stands alone.
func (p *sincePrompt) digit() (string, bool) {
	text := p.input.Value()
	if len(text) != 1 || text[0] < '0' || int(text[0]-'0') >= len(sinceKeys) {
		return "", false
	}
	return sinceKeys[text[0]-'0'], true
}

// passes implements passing: a key that no time goes on with is the screen's
// where a digit has been an answer.
func (p *sincePrompt) passes(msg tea.KeyPressMsg) bool {
	name := ui.KeyName(msg)
	const goOn = "0123456789:.-smhd"
	_, answered := p.digit()
	return answered && name != "enter" && name != "esc" && name != "backspace" && (len(name) > 1 || !strings.Contains(goOn, name))
}

func (p *sincePrompt) key(s *shell, msg tea.KeyPressMsg) tea.Cmd {
	switch name := ui.KeyName(msg); {
	case name == "enter":
		return p.done()
	case name == "esc":
		p.pane.view.Return(p.was)
		s.prompt = nil
		return nil
	case name == "backspace" && p.input.Value() == "":
		s.prompt = nil
		return nil
	}
	p.update(msg)
	return nil
}

func (p *sincePrompt) insert(_ *shell, text string) tea.Cmd {
	p.update(pastedLine(text))
	return nil
}

func (p *sincePrompt) update(msg tea.Msg) {
	before := p.input.Value()
	p.input, _ = p.input.Update(msg) // its commands blink
	if p.input.Value() != before {
		p.apply()
	}
}

// apply shows what is meant, of the lines that are there.
func (p *sincePrompt) apply() {
	v, text := p.pane.view, p.input.Value()
	v.Return(p.was)
	p.err = nil
	meant, isDigit := p.digit()
	if isDigit {
		text = meant
	}
	switch text {
	case "":
	case "tail":
		v.ShowAll()
		v.Follow()
	case "head":
		v.ShowAll()
		v.Top()
	default:
		at, err := cmdline.Since(text, p.shell.clock(), p.shell.zone)
		if p.err = err; err == nil {
			v.Since(at, text)
		}
	}
}

// done closes the line and loads what was asked for. What is no time stays to be
// mended.
func (p *sincePrompt) done() tea.Cmd {
	if p.err != nil {
		return nil
	}
	p.shell.prompt, p.shell.toast = nil, ui.Toast{} // The foot says since when.
	if meant, _ := p.digit(); meant == "head" || p.input.Value() == "head" {
		return p.pane.goTop(p.shell.deps)
	}
	return p.pane.loadSince(p.shell.deps)
}

func (p *sincePrompt) view(theme *ui.Theme, width int) []string {
	var hint string
	switch begin := p.pane.view.Begin(); {
	case p.input.Value() == "":
		hint = theme.Dim.Render("  ")
		for i, name := range sinceKeys {
			hint += theme.Accent.Render(fmt.Sprint(i)) + theme.Dim.Render(" "+name+"  ")
		}
		hint += theme.Dim.Render("or 2h, 10:30")
	case !begin.IsZero():
		hint = theme.Dim.Render(fmt.Sprintf("  %s, %s", begin.In(p.shell.zone).Format(time.DateTime), ui.Counted(p.pane.view.Shown(), "line")))
	default:
		meant, _ := p.digit()
		hint = theme.Dim.Render("  " + meant)
	}
	return promptView(theme, p.input, p.err, hint, width)
}
