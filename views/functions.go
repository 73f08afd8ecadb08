package views

import (
	"context"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/rows"
	"fndeck/ui"
	"fndeck/views/cells"
	"fndeck/views/deploying"
	"fndeck/views/forms"
)

// newFunctions is the list of functions, the first of the five views.
func newFunctions(s *shell) *listScreen[client.Function] {
	return newListScreen(s, listSpec[client.Function]{
		title: "functions", noun: "functions",
		columns: withContext(s, withDrift(s, functionColumns), func(f client.Function) string { return f.Context }),
		id:      func(f client.Function) string { return f.ID },
		label:   func(f client.Function, key string) string { return f.Metadata[key] },
		list:    s.loadFunctions,
		shared:  s.functions,
		brake:   s.brake,
		running: client.Function.Deploying,
		ages:    true,
		empty: fmt.Sprintf("No functions in %s.  %s uploads a folder, %s starts from a template",
			ui.Clean(s.backend.Describe().Name), s.keys.Key("functions.upload"), s.keys.Key("list.new")),
		sortName: "name", sortAge: "age", sortStatus: "status",
		failing: "status:/Failed|Interrupted|deploy$/",
		background: func(visible []client.Function) tea.Cmd {
			if s.drifts.Missing() != "" {
				return nil
			}
			return s.bind(s.drifts.Next(visible))
		},
		commands: func(l *listScreen[client.Function]) []command {
			return functionListCommands(s, l)
		},
	})
}

var functionColumns = []listColumn[client.Function]{
	{
		Column: ui.Column{Title: "NAME", Key: "name", Priority: 1, Min: 14, Max: 32, Own: true},
		cell:   func(f client.Function, _ moment) ui.Cell { return cells.Text(f.Name) },
		text:   func(f *client.Function, _ *moment) string { return ui.Clean(f.Name) },
	},
	{
		Column: ui.Column{Title: "STATUS", Key: "status", Priority: 1, Min: 12},
		cell:   functionStatus,
	},
	{
		Column: ui.Column{Title: "VERSION", Key: "version", Priority: 2, Min: 7},
		cell:   func(f client.Function, at moment) ui.Cell { return ui.Cell{Text: cells.Version(f, at.Theme)} },
		key:    func(f client.Function) int64 { return int64(f.Version) },
	},
	{
		Column: ui.Column{Title: "LAST CALL", Key: "last", Priority: 2, Min: 9, Own: true, Aside: true},
		cell:   func(f client.Function, at moment) ui.Cell { return cells.LastCall(at, f.LastCall) },
		key:    func(f client.Function) int64 { return -lastStarted(f).UnixMicro() },
	},
	{
		Column: ui.Column{Title: "P95", Key: "p95", Priority: 3, Min: 6, Align: ui.AlignRight, Own: true},
		cell:   func(f client.Function, at moment) ui.Cell { return cells.Duration(at, f.P95) },
		text:   func(f *client.Function, at *moment) string { return cells.Duration(*at, f.P95).Text },
		key:    func(f client.Function) int64 { return int64(f.P95) },
	},
	{
		Column: ui.Column{Title: "SCHED", Key: "sched", Priority: 3, Min: 5, Align: ui.AlignRight},
		cell:   func(f client.Function, at moment) ui.Cell { return cells.Count(at, int64(f.Schedules)) },
		key:    func(f client.Function) int64 { return int64(f.Schedules) },
	},
	{
		Column: ui.Column{Title: "RUNTIME", Key: "runtime", Priority: 3, Min: 7, Max: 16},
		cell:   func(f client.Function, _ moment) ui.Cell { return cells.Dim(cells.Runtime(f)) },
	},
	{
		Column: ui.Column{Title: "SIZE", Key: "size", Priority: 4, Min: 7, Align: ui.AlignRight},
		cell:   func(f client.Function, at moment) ui.Cell { return cells.Size(at, f.SizeBytes) },
		key:    func(f client.Function) int64 { return f.SizeBytes },
	},
	{
		Column: ui.Column{Title: "MODE", Key: "mode", Priority: 4, Min: 8, Max: 24},
		cell:   func(f client.Function, _ moment) ui.Cell { return cells.Dim(f.ModeText()) },
	},
	{
		Column: ui.Column{Title: "OWNER", Key: "owner", Priority: 4, Min: 6, Max: 24},
		cell:   func(f client.Function, _ moment) ui.Cell { return cells.Dim(f.Owner) },
	},
	{
		Column: ui.Column{Title: "EXTERNAL ID", Key: "external", Priority: 4, Min: 11, Max: 32, Own: true},
		cell:   func(f client.Function, _ moment) ui.Cell { return cells.Dim(f.ExternalID) },
		text:   func(f *client.Function, _ *moment) string { return ui.Clean(f.ExternalID) },
	},
	{
		Column: ui.Column{Title: "AGE", Key: "age", Priority: 4, Min: 4, Align: ui.AlignRight, Own: true, Aside: true, Volatile: true},
		cell:   func(f client.Function, at moment) ui.Cell { return cells.Dim(ui.Age(at.Now.Sub(f.Created))) },
		key:    func(f client.Function) int64 { return -f.Created.UnixMicro() },
	},
}

// withDrift adds the column of how folders differ, where that can be found out.
func withDrift(s *shell, columns []listColumn[client.Function]) []listColumn[client.Function] {
	if s.drifts.Missing() != "" {
		return columns
	}
	count := func(f client.Function) int {
		found, known := s.drifts.Of(f)
		if !known || found.Why != "" {
			return -1
		}
		return found.Count
	}
	return slices.Insert(slices.Clone(columns), slices.IndexFunc(columns, func(c listColumn[client.Function]) bool { return c.Key == "size" }), listColumn[client.Function]{
		Column: ui.Column{Title: "DRIFT", Key: "drift", Priority: 3, Min: 5, Align: ui.AlignRight, Own: true},
		cell:   func(f client.Function, at moment) ui.Cell { return cells.Drift(at, count(f)) },
		key:    func(f client.Function) int64 { return int64(count(f)) },
	})
}

// functionStatus counts the seconds of a deploy, and says when the last deploy
// failed while an earlier version serves.
func functionStatus(f client.Function, at moment) ui.Cell {
	switch {
	case f.Deploying():
		word := string(client.FunctionDeploying)
		if f.Status == client.FunctionQueued {
			word = string(client.FunctionQueued)
		}
		elapsed := time.Duration(0)
		if !f.DeployStarted.IsZero() {
			elapsed = max(time.Second, at.Now.Sub(f.DeployStarted))
		}
		return waitingState(f, cells.State(at, word, elapsed))
	case f.Interrupted:
		return cells.State(at, string(client.DeployInterrupted), 0)
	case f.Status == client.FunctionReady && f.Error != nil:
		cell := cells.State(at, string(f.Status), 0)
		failed, _ := at.Theme.State(string(client.FunctionFailed))
		cell.Text, cell.Tone, cell.Steady = cell.Text+" "+failed+" deploy", ui.ToneWarn, "ready, deploy failed"
		return cell
	}
	return cells.State(at, string(f.Status), 0)
}

// usually is what deploys of a function usually take, while one is under way; "" if
// that is not known, or is over before it is read.
func usually(f client.Function) string {
	if !f.Deploying() || f.UsualDeploy < time.Second {
		return ""
	}
	return "usually " + ui.Duration(f.UsualDeploy)
}

func lastStarted(f client.Function) time.Time {
	if f.LastCall == nil {
		return time.Time{}
	}
	return f.LastCall.Started
}

func functionListCommands(s *shell, l *listScreen[client.Function]) []command {
	able := func(a action.Action) func(client.Function) string {
		return func(f client.Function) string { return s.reason(a, action.Target{Function: &f}) }
	}
	cut := func(a action.Action) command {
		target := func(f client.Function) action.Target {
			d := action.NewestDeploy(f)
			return action.Target{Deploy: &d}
		}
		c := l.on(a.ID, true, func(f client.Function) string { return s.reason(a, target(f)) }, func(f client.Function) tea.Cmd { return s.onDeploy(a, *target(f).Deploy) })
		c.urgent = true
		return c
	}
	return []command{
		l.on("functions.redeploy", true, able(action.Redeploy), s.redeploy),
		l.on("functions.call", true, able(action.Invoke), func(f client.Function) tea.Cmd { return s.call(f, "") }),
		l.on("list.logs", true, nil, s.functionLogs),
		l.on("list.describe", true, nil, func(f client.Function) tea.Cmd { return s.open(newFunctionPage(s, f)) }),
		{
			id: "functions.upload", reason: s.reason(action.Deploy, action.Target{}), hinted: true,
			run: func() tea.Cmd { return s.upload(nil, "") },
		},
		{
			id: "list.new", label: "new function", reason: s.reason(action.New, action.Target{}),
			run: func() tea.Cmd { return s.overlay(forms.NewFunction(s.forms(), s.known.Value.Items())) },
		},
		labelled("settings", l.on("list.edit", false, able(action.ChangeSettings), s.changeSettings)),
		l.on("functions.rollback", true, able(action.Rollback), s.chooseVersion),
		l.on("list.open", false, nil, func(f client.Function) tea.Cmd {
			return s.open(newCalls(s, callScope{functionID: f.ID, name: ui.Clean(f.Name)}))
		}),
		l.on("functions.rebuild", false, able(action.Rebuild), s.rebuild),
		l.on("functions.diff", false, s.noChanges, s.showChanges),
		l.on("functions.mode", false, able(action.ChooseMode), s.changeMode),
		l.on("functions.repeat", false, neverCalled(s, able(action.Invoke)), func(f client.Function) tea.Cmd { return s.repeat(f, "") }),
		l.on("functions.promote", false, s.noPromotion, s.promote),
		each(l, l.on("calls.archive", false, able(action.ArchiveCalls), s.archiveCalls), action.ArchiveCalls, func(f client.Function) action.Target { return action.Target{Function: &f} }),
		s.redeployMarked(l), cut(action.ResumeDeploy), cut(action.TakeBackDeploy), cut(action.LeaveDeploy), stopListed(s, l),
		each(l, l.on("list.delete", false, able(action.DeleteFunction), s.remove), action.DeleteFunction,
			func(f client.Function) action.Target { return action.Target{Function: &f} }),
	}
}

// neverCalled is why a function cannot be called again.
func neverCalled(s *shell, able func(client.Function) string) func(client.Function) string {
	return func(f client.Function) string {
		if reason := able(f); reason != "" {
			return reason
		}
		if _, here := s.given[f.ID]; !here && f.LastCall == nil {
			return ui.Clean(f.Name) + " was never called: " + s.keys.Key("functions.call") + " calls it"
		}
		return ""
	}
}

// functionLogs opens the build output of a function that deploys or failed to,
// else what its calls print.
func (s *shell) functionLogs(f client.Function) tea.Cmd {
	name := ui.Clean(f.Name)
	if f.DeployID != "" && (f.Deploying() || f.Error != nil || f.Status == client.FunctionFailed) {
		return s.open(newLogs(s, logScope{query: client.LogQuery{FunctionID: f.ID, DeployID: f.DeployID}, name: name, build: true}))
	}
	return s.open(newLogs(s, logScope{query: client.LogQuery{FunctionID: f.ID}, name: name}))
}

func (s *shell) chooseVersion(f client.Function) tea.Cmd {
	return s.overlay(forms.NewRollback(s.formsOf(f.ID), f))
}

func (s *shell) rebuild(f client.Function) tea.Cmd {
	return s.start(forms.RunAction{Action: action.Rebuild, Target: action.Target{Function: &f}})
}

func (s *shell) changeSettings(f client.Function) tea.Cmd {
	return s.overlay(forms.NewSettings(s.formsOf(f.ID), f))
}

func (s *shell) archiveCalls(f client.Function) tea.Cmd {
	return s.start(forms.RunAction{Action: action.ArchiveCalls, Target: action.Target{Function: &f}})
}

// labelled is a command under another name than that of its key.
func labelled(label string, c command) command {
	c.label = label
	return c
}

func (s *shell) changeMode(f client.Function) tea.Cmd {
	return s.start(forms.RunAction{Action: action.ChooseMode, Target: action.Target{Function: &f}, Values: action.Values{Mode: action.OtherMode(f)}})
}

// functionCommands are the actions on the function that a log or a page is
// about.
func functionCommands(s *shell, f client.Function) []command {
	able := func(a action.Action) string { return s.reason(a, action.Target{Function: &f}) }
	return append([]command{
		{id: "functions.redeploy", hinted: true, reason: able(action.Redeploy), run: func() tea.Cmd { return s.redeploy(f) }},
		{id: "functions.call", hinted: true, reason: able(action.Invoke), run: func() tea.Cmd { return s.call(f, "") }},
		{id: "functions.rebuild", reason: able(action.Rebuild), run: func() tea.Cmd { return s.rebuild(f) }},
		{id: "functions.mode", reason: able(action.ChooseMode), run: func() tea.Cmd { return s.changeMode(f) }},
		{id: "functions.rollback", reason: able(action.Rollback), run: func() tea.Cmd { return s.chooseVersion(f) }},
		{id: "functions.promote", reason: s.noPromotion(f), run: func() tea.Cmd { return s.promote(f) }},
		{id: "calls.archive", reason: able(action.ArchiveCalls), run: func() tea.Cmd { return s.archiveCalls(f) }},
	}, cutCommands(s, f)...)
}

// editCommand changes the settings of a function that a page is about, or that is
// named.
func (s *shell) editCommand(f client.Function) command {
	return command{
		id: "list.edit", label: "settings", reason: s.reason(action.ChangeSettings, action.Target{Function: &f}),
		run: func() tea.Cmd { return s.changeSettings(f) },
	}
}

// diffCommand shows what differs in the folder of a function that a page is about, or
// that is named.
func (s *shell) diffCommand(f client.Function) command {
	return command{id: "functions.diff", reason: s.noChanges(f), run: func() tea.Cmd { return s.showChanges(f) }}
}

// namedCommands are the actions on a function that is named, wherever the
// operator is.
func namedCommands(s *shell, f client.Function) []command {
	able := func(a action.Action) func(client.Function) string {
		return func(f client.Function) string { return s.reason(a, action.Target{Function: &f}) }
	}
	return append(functionCommands(s, f),
		s.editCommand(f),
		s.diffCommand(f),
		command{id: "list.logs", run: func() tea.Cmd { return s.functionLogs(f) }},
		command{id: "list.describe", run: func() tea.Cmd { return s.open(newFunctionPage(s, f)) }},
		command{id: "functions.repeat", reason: neverCalled(s, able(action.Invoke))(f), run: func() tea.Cmd { return s.repeat(f, "") }},
		command{id: "list.delete", reason: able(action.DeleteFunction)(f), run: func() tea.Cmd { return s.remove(f) }},
	)
}

func (s *shell) remove(f client.Function) tea.Cmd {
	return s.start(forms.RunAction{Action: action.DeleteFunction, Target: action.Target{Function: &f}})
}

func (s *shell) loadFunctions(ctx context.Context) (rows.List[client.Function], error) {
	return rows.ListFunctions(ctx, s.backend)
}

func (s *shell) firstFunctions(ctx context.Context) (rows.List[client.Function], bool, error) {
	return rows.FirstFunctions(ctx, s.backend)
}

// nextFunctions is the one command that waits for the functions.
func (s *shell) nextFunctions() tea.Cmd {
	return deploying.Next(s.ctx, s.backend, s.functions, s.known.Generation, s.deploying)
}

// learn takes a snapshot of the functions and tells which deploys have ended.
func (s *shell) learn(msg deploying.Seen) tea.Cmd {
	if first := s.known.Generation == 0; first {
		s.offerCut(msg.Cut)
	}
	s.known, s.deploying, s.interrupted = msg.Snapshot, msg.Deploying, len(msg.Cut)
	var told []tea.Cmd
	s.compareContexts()
	for _, end := range msg.Ended {
		text, keep, tone := end.Text(s.clock(), s.keys.Key("list.logs"))
		s.say(text, tone)
		s.toast.Keep = keep
		if tone == ui.ToneBad {
			s.fail("deploy "+end.Is.Name, &client.Error{Code: client.CodeFailed, Message: text + keep})
		}
		told = append(told, s.notify(text, s.clock().Sub(end.Was.DeployStarted)))
	}
	return tea.Batch(told...)
}

// foundFunction is the function that was looked up last: a screen asks for the same
// one with every key.
type foundFunction struct {
	generation uint64
	id         string
	function   client.Function
	ok         bool
}

// functionByID finds a function in what is known.
func (s *shell) functionByID(id string) (client.Function, bool) {
	if s.found.generation != s.known.Generation || s.found.id != id {
		s.found = foundFunction{generation: s.known.Generation, id: id}
		for reader, row := s.known.Value.Reader(), 0; row < s.known.Value.Len(); row++ {
			if f := reader.At(row); f.ID == id {
				s.found.function, s.found.ok = *f, true
				break
			}
		}
	}
	return s.found.function, s.found.ok
}

// offerCut tells, when the console begins, of deploys that were cut before.
func (s *shell) offerCut(cut []string) {
	where := s.keys.Key("app.deploys")
	switch len(cut) {
	case 0:
	case 1:
		s.say(fmt.Sprintf("a deploy of %s was cut and can be taken up: %s shows it", ui.Clean(cut[0]), where), ui.ToneWarn)
	default:
		s.say(fmt.Sprintf("%d deploys were cut and can be taken up: %s shows them", len(cut), where), ui.ToneWarn)
	}
}
