package views

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/ui/palette"
	"fndeck/ui/terminal"
	"fndeck/views/forms"
)

// markCommands mark rows, and copy or show what is marked or under the cursor.
func (l *listScreen[T]) markCommands() []command {
	t, none := l.table, ""
	if t.MarkCount() == 0 {
		none = "nothing is marked"
	}
	raw := l.on("list.raw", false, nil, func(item T) tea.Cmd { return l.open(newRaw(l.shell, l.spec.id(item), item)) })
	if l.spec.compare != nil && t.MarkCount() == 2 {
		raw = command{id: "list.raw", label: "compare", hinted: true, urgent: true, run: l.compareMarked}
	}
	return []command{
		{id: "list.mark", run: do(t.Mark)},
		{id: "list.range", run: do(t.MarkRange)},
		{id: "list.unmark", reason: none, run: do(t.Unmark)},
		{id: "list.invert", run: do(t.InvertMarks)},
		raw,
		l.on("list.copy", false, nil, func(item T) tea.Cmd { return l.copyIDs(item) }),
		l.on("list.copyfield", false, nil, l.chooseField),
	}
}

func (l *listScreen[T]) compareMarked() tea.Cmd {
	marked := l.marked()
	if len(marked) != 2 {
		l.say("one of the two is not loaded any more", ui.ToneWarn)
		return nil
	}
	return l.spec.compare(marked[0], marked[1])
}

// marked are the items to act on: the marked ones, nil if none is.
func (l *listScreen[T]) marked() []T {
	var items []T
	for _, row := range l.table.Marked() {
		items = append(items, l.shown(row))
	}
	return items
}

// copyIDs copies the ids of the marked rows, else of the one under the cursor.
func (l *listScreen[T]) copyIDs(item T) tea.Cmd {
	items := l.marked()
	if len(items) == 0 {
		items = []T{item}
	}
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = l.spec.id(item)
	}
	return copyText(l.shell, ui.Counted(len(ids), "id"), strings.Join(ids, "\n"))
}

// chooseField lists the cells of the row, to copy one.
func (l *listScreen[T]) chooseField(item T) tea.Cmd {
	var entries []palette.Entry
	l.offered = nil
	offer := func(what, value string) {
		entries = append(entries, palette.Entry{Label: what, Help: value})
		l.offered = append(l.offered, command{run: func() tea.Cmd { return copyText(l.shell, what, value) }})
	}
	for _, c := range l.spec.columns {
		offer(c.Title, c.cell(item, l.moment()).Text)
	}
	if l.spec.copied != nil {
		for _, more := range l.spec.copied(item) {
			offer(more.Label, more.Value)
		}
	}
	return l.overlay(palette.New(l.theme, "copy a field", entries), nil)
}

// copyText hands a text to the terminal's clipboard and says what it was, or why
// it was not.
func copyText(s *shell, what, text string) tea.Cmd {
	if len(text) > terminal.MaxCopied {
		s.say(fmt.Sprintf("%s not copied: %s, a terminal takes %s", what, ui.Bytes(int64(len(text))), ui.Bytes(terminal.MaxCopied)), ui.ToneWarn)
		return nil
	}
	s.say(fmt.Sprintf("%s copied, %s", what, ui.Bytes(int64(len(text)))), ui.ToneOK)
	return tea.Raw(s.way.Copy(text))
}

// newRaw shows what the lists are made of, as the command line prints it.
func newRaw(s *shell, id string, item any) Screen {
	return newPage(s, pageSpec[any]{
		title: "raw " + ui.Clean(id), tabs: []string{"JSON"},
		load: func(context.Context) (any, error) { return item, nil },
		build: func(item any, _ moment) ([]pageTab, error) {
			raw, err := json.Marshal(item)
			if err != nil {
				return nil, err
			}
			tab, err := jsonTab(s.stateDir, raw, "")
			return []pageTab{tab}, err
		},
	})
}

// redeployMarked deploys the folders of all marked functions, after a yes to
// their names.
func (s *shell) redeployMarked(l *listScreen[client.Function]) command {
	c := command{id: "functions.redeploymarked", reason: s.unableToAny(action.Redeploy)}
	marked := l.table.MarkCount()
	if marked == 0 && c.reason == "" {
		c.reason = "nothing is marked: " + s.keys.Key("list.mark") + " marks"
	}
	c.run = func() tea.Cmd {
		var requests []forms.RunAction
		for _, f := range l.marked() {
			requests = append(requests, forms.RunAction{Action: action.Redeploy, Target: action.Target{Function: &f}})
		}
		return s.informed(func() tea.Cmd { return s.askAll(requests) })
	}
	return c
}

// each makes a command act on all marked rows if there are any, else on the one
// under the cursor.
func each[T any](l *listScreen[T], one command, a action.Action, target func(T) action.Target) command {
	if l.table.MarkCount() == 0 {
		return one
	}
	return command{id: one.id, reason: l.unableToAny(a), run: func() tea.Cmd {
		var requests []forms.RunAction
		for _, item := range l.marked() {
			requests = append(requests, forms.RunAction{Action: a, Target: target(item)})
		}
		return l.informed(func() tea.Cmd { return l.askAll(requests) })
	}}
}

// unableToAny is why an action can be done to no row, "" if it may be. Rows of several
// contexts are each for their own to say.
func (s *shell) unableToAny(a action.Action) string {
	if _, side := s.backend.(client.Holder); side {
		return ""
	}
	return s.unable(a)
}

// askAll names what an action on many would do to, and does it after a yes, or
// after what its danger wants typed.
func (s *shell) askAll(requests []forms.RunAction) tea.Cmd {
	if len(requests) == 0 {
		return nil
	}
	var names, refused []string
	for _, r := range requests {
		name := subject(r) + s.beside(r)
		if reason := s.reason(r.Action, r.Target); reason != "" {
			name += " (" + reason + ")"
			refused = append(refused, reason)
		}
		if f := r.Target.Function; r.Action.ID == action.DeleteFunction.ID && f != nil && f.Schedules > 0 {
			name += " with " + ui.Counted(f.Schedules, "schedule")
		}
		names = append(names, name)
	}
	if len(refused) == len(requests) {
		s.say(refused[0], ui.ToneWarn)
		return nil
	}
	a, all := requests[0].Action, strings.Join(names, ", ")
	if a.ID == action.DeleteFunction.ID {
		all += "; their versions, calls and logs go too"
	}
	check := a.CheckMany(s.holding(requests), all, len(requests))
	dialog := s.question(fmt.Sprintf("%s %d", a.Label, len(requests)), check, yesLabel(a, len(requests)))
	s.pending = &pendingAction{id: dialog.ID, yes: func() tea.Cmd { return s.runAll(requests) }}
	s.overlays = append(s.overlays, dialog)
	return nil
}

// result is what became of one of many.
type result struct {
	name, sentence string
	failed         bool
}

// allDone is the end of an action on many. gaps are those that were not done because
// they would leave a gap, and wait for a yes; lost says of each what it would lose.
type allDone struct {
	label   string
	results []result
	gaps    []forms.RunAction
	lost    []string
}

// runAll does an action to one after the other; the failure of one does not keep
// it from the next.
func (s *shell) runAll(requests []forms.RunAction) tea.Cmd {
	s.say(fmt.Sprintf("%s %d…", requests[0].Action.Label, len(requests)), ui.ToneInfo)
	ctx, backend := s.ctx, s.backend
	names := make([]string, len(requests))
	for i, r := range requests {
		names[i] = subject(r) + s.beside(r)
	}
	return s.bind(func() tea.Msg {
		done := allDone{label: requests[0].Action.Label}
		for i, r := range requests {
			one := result{name: names[i]}
			reason := r.Action.Reason(backend, r.Target)
			if reason == "" {
				outcome, err := r.Action.Run(ctx, r.Target.In(backend), r.Target, r.Values)
				var gap *action.GapError
				switch one.sentence = outcome.Sentence; {
				case errors.As(err, &gap):
					one.sentence = "waits for a yes: " + strings.Join(gap.Plan.Notes, " ")
					done.gaps, done.lost = append(done.gaps, overGap(r, gap)), append(done.lost, gap.Error())
				case errors.Is(err, action.ErrUnchanged):
					one.sentence = client.Explain(err).Sentence
				case err != nil:
					reason = client.Explain(err).Sentence
				}
			}
			if reason != "" {
				one.sentence, one.failed = reason, true
			}
			done.results = append(done.results, one)
		}
		return done
	})
}

// overGap is a request that accepts the gap it has stopped for.
func overGap(request forms.RunAction, gap *action.GapError) forms.RunAction {
	request.Values = gap.Accept(request.Values)
	return request
}

// askGaps asks about those of many that leave a gap, with what each would lose.
func (s *shell) askGaps(done allDone) {
	if len(done.gaps) == 0 {
		return
	}
	check := done.gaps[0].Action.CheckMany(s.holding(done.gaps), strings.Join(done.lost, "\n"), len(done.gaps))
	dialog := s.question(fmt.Sprintf("%s %d with a gap", done.label, len(done.gaps)), check, sentenceCase(done.label))
	s.pending = &pendingAction{id: dialog.ID, yes: func() tea.Cmd { return s.runAll(done.gaps) }}
	s.overlays = append(s.overlays, dialog)
}

// tellAll shows what became of each.
func (s *shell) tellAll(done allDone) tea.Cmd {
	failed := 0
	var facts []ui.Fact
	for _, r := range done.results {
		tone := ui.ToneText
		if r.failed {
			failed++
			tone = ui.ToneBad
			s.fail(done.label+" "+r.name, &client.Error{Code: client.CodeFailed, Message: r.sentence})
		}
		facts = append(facts, ui.Fact{Label: r.name, Value: r.sentence, Tone: tone})
	}
	title, tone := fmt.Sprintf("%s: %d done", done.label, len(done.results)-failed-len(done.gaps)), ui.ToneOK
	if len(done.gaps) > 0 {
		title, tone = title+fmt.Sprintf(", %d to be asked about", len(done.gaps)), ui.ToneWarn
	}
	if failed > 0 {
		title, tone = title+fmt.Sprintf(", %d not", failed), ui.ToneBad
	}
	s.say(title, tone)
	shown := s.open(newPage(s, pageSpec[[]ui.Fact]{
		title: title, tabs: []string{"Results"},
		load:  func(context.Context) ([]ui.Fact, error) { return facts, nil },
		build: func(facts []ui.Fact, _ moment) ([]pageTab, error) { return factTabs(s.stateDir, facts) },
	}))
	s.askGaps(done)
	return tea.Batch(s.refresh(nil), shown)
}
