package views

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/views/cells"
	"fndeck/views/forms"
)

// newFunctions is the list of functions, the first of the five views.
func newFunctions(s *shell) *listScreen[client.Function] {
	return newListScreen(s, listSpec[client.Function]{
		title: "functions", noun: "functions",
		columns: withDrift(s, functionColumns),
		id:      func(f client.Function) string { return f.ID },
		label:   func(f client.Function, key string) string { return f.Metadata[key] },
		load:    s.backend.Functions,
		shared:  s.functions,
		brake:   s.brake,
		running: isDeploying,
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
		Column: ui.Column{Title: "NAME", Key: "name", Priority: 1, Min: 14, Max: 32},
		cell:   func(f client.Function, _ moment) ui.Cell { return cells.Text(f.Name) },
	},
	{
		Column: ui.Column{Title: "STATUS", Key: "status", Priority: 1, Min: 12},
		cell:   functionStatus,
	},
	{
		Column: ui.Column{Title: "VERSION", Key: "version", Priority: 2, Min: 7},
		cell:   func(f client.Function, at moment) ui.Cell { return ui.Cell{Text: cells.Version(f, at.Theme)} },
		order:  func(a, b client.Function) int { return cmp.Compare(a.Version, b.Version) },
	},
	{
		Column: ui.Column{Title: "LAST CALL", Key: "last", Priority: 2, Min: 9},
		cell:   func(f client.Function, at moment) ui.Cell { return cells.LastCall(at, f.LastCall) },
		order:  func(a, b client.Function) int { return lastStarted(b).Compare(lastStarted(a)) },
	},
	{
		Column: ui.Column{Title: "P95", Key: "p95", Priority: 3, Min: 6, Align: ui.AlignRight},
		cell:   func(f client.Function, at moment) ui.Cell { return cells.Duration(at, f.P95) },
		order:  func(a, b client.Function) int { return cmp.Compare(a.P95, b.P95) },
	},
	{
		Column: ui.Column{Title: "SCHED", Key: "sched", Priority: 3, Min: 5, Align: ui.AlignRight},
		cell:   func(f client.Function, at moment) ui.Cell { return cells.Count(at, int64(f.Schedules)) },
		order:  func(a, b client.Function) int { return cmp.Compare(a.Schedules, b.Schedules) },
	},
	{
		Column: ui.Column{Title: "RUNTIME", Key: "runtime", Priority: 3, Min: 7, Max: 16},
		cell:   func(f client.Function, _ moment) ui.Cell { return cells.Dim(cells.Runtime(f)) },
	},
	{
		Column: ui.Column{Title: "SIZE", Key: "size", Priority: 4, Min: 7, Align: ui.AlignRight},
		cell:   func(f client.Function, at moment) ui.Cell { return cells.Size(at, f.SizeBytes) },
		order:  func(a, b client.Function) int { return cmp.Compare(a.SizeBytes, b.SizeBytes) },
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
		Column: ui.Column{Title: "EXTERNAL ID", Key: "external", Priority: 4, Min: 11, Max: 32},
		cell:   func(f client.Function, _ moment) ui.Cell { return cells.Dim(f.ExternalID) },
	},
	{
		Column: ui.Column{Title: "AGE", Key: "age", Priority: 4, Min: 4, Align: ui.AlignRight, Volatile: true},
		cell:   func(f client.Function, at moment) ui.Cell { return cells.Dim(ui.Age(at.Now.Sub(f.Created))) },
		order:  func(a, b client.Function) int { return b.Created.Compare(a.Created) },
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
		Column: ui.Column{Title: "DRIFT", Key: "drift", Priority: 3, Min: 5, Align: ui.AlignRight},
		cell:   func(f client.Function, at moment) ui.Cell { return cells.Drift(at, count(f)) },
		order:  func(a, b client.Function) int { return cmp.Compare(count(a), count(b)) },
	})
}

// functionStatus counts the seconds of a deploy, and says when the last deploy
// failed while an earlier version serves.
func functionStatus(f client.Function, at moment) ui.Cell {
	switch {
	case isDeploying(f):
		word := string(client.FunctionDeploying)
		if f.Status == client.FunctionQueued {
			word = string(client.FunctionQueued)
		}
		elapsed := time.Duration(0)
		if !f.DeployStarted.IsZero() {
			elapsed = max(time.Second, at.Now.Sub(f.DeployStarted))
		}
		return cells.State(at, word, elapsed)
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
	if !isDeploying(f) || f.UsualDeploy < time.Second {
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
			run: func() tea.Cmd { return s.overlay(forms.NewFunction(s.forms(), s.known.Value)) },
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
		s.redeployMarked(l), cut(action.ResumeDeploy), cut(action.TakeBackDeploy), cut(action.LeaveDeploy),
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
	if f.DeployID != "" && (isDeploying(f) || f.Error != nil || f.Status == client.FunctionFailed) {
		return s.open(newLogs(s, logScope{query: client.LogQuery{FunctionID: f.ID, DeployID: f.DeployID}, name: name, build: true}))
	}
	return s.open(newLogs(s, logScope{query: client.LogQuery{FunctionID: f.ID}, name: name}))
}

func (s *shell) chooseVersion(f client.Function) tea.Cmd {
	return s.overlay(forms.NewRollback(s.forms(), f))
}

func (s *shell) rebuild(f client.Function) tea.Cmd {
	return s.start(forms.RunAction{Action: action.Rebuild, Target: action.Target{Function: &f}})
}

func (s *shell) changeSettings(f client.Function) tea.Cmd {
	return s.overlay(forms.NewSettings(s.forms(), f))
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

// isDeploying reports whether a version of the function is on its way.
func isDeploying(f client.Function) bool {
	return f.DeployingVersion != 0 || f.Status == client.FunctionQueued || f.Status == client.FunctionDeploying
}

func anyDeploying(functions []client.Function) bool { return deploying(functions) > 0 }

func deploying(functions []client.Function) int {
	n := 0
	for _, f := range functions {
		if isDeploying(f) {
			n++
		}
	}
	return n
}

// learn takes a snapshot of the functions and tells which deploys have ended.
func (s *shell) learn(next client.Snapshot[[]client.Function]) tea.Cmd {
	var told []tea.Cmd
	before := map[string]client.Function{}
	if s.deploying > 0 {
		for _, f := range s.known.Value {
			if isDeploying(f) {
				before[f.ID] = f
			}
		}
	}
	if first := s.known.Generation == 0; first {
		s.offerCut(next.Value)
	}
	s.known, s.deploying, s.interrupted = next, deploying(next.Value), len(interrupted(next.Value))
	if len(before) == 0 {
		return nil // Most of the time; there may be very many functions.
	}
	for _, f := range next.Value {
		was, ok := before[f.ID]
		if !ok || isDeploying(f) {
			continue
		}
		text, keep, tone := deployEnd(was, f, s.clock(), s.keys.Key("list.logs"))
		s.say(text, tone)
		s.toast.Keep = keep
		if tone == ui.ToneBad {
			s.fail("deploy "+f.Name, &client.Error{Code: client.CodeFailed, Message: text + keep})
		}
		told = append(told, s.notify(text, s.clock().Sub(was.DeployStarted)))
	}
	return tea.Batch(told...)
}

// interrupted are the functions whose newest deploy was cut.
func interrupted(functions []client.Function) []client.Function {
	var cut []client.Function
	for _, f := range functions {
		if f.Interrupted {
			cut = append(cut, f)
		}
	}
	return cut
}

// offerCut tells, when the console begins, of deploys that were cut before.
func (s *shell) offerCut(functions []client.Function) {
	where := s.keys.Key("app.deploys")
	switch cut := interrupted(functions); len(cut) {
	case 0:
	case 1:
		s.say(fmt.Sprintf("a deploy of %s was cut and can be taken up: %s shows it", ui.Clean(cut[0].Name), where), ui.ToneWarn)
	default:
		s.say(fmt.Sprintf("%d deploys were cut and can be taken up: %s shows them", len(cut), where), ui.ToneWarn)
	}
}

// deployEnd is how a deploy ended: what failed, and then what still serves, which
// is the part that a narrow screen has to keep.
func deployEnd(was, is client.Function, now time.Time, logsKey string) (text, keep string, tone ui.Tone) {
	name := ui.Clean(is.Name)
	if is.Error == nil && is.Status == client.FunctionReady {
		text = name + " is Ready"
		if is.Version > 0 {
			text = fmt.Sprintf("%s v%d is Ready", name, is.Version)
		}
		if !was.DeployStarted.IsZero() {
			text += " after " + ui.Duration(now.Sub(was.DeployStarted))
		}
		return text, "", ui.ToneOK
	}
	if is.Interrupted {
		return name + ": " + ui.Clean(is.Error.Message), "", ui.ToneBad
	}
	text = name + ": the deploy failed"
	if is.Error != nil && is.Error.Message != "" {
		text += ": " + ui.Clean(is.Error.Message)
	}
	keep = "."
	if is.Version > 0 {
		keep += fmt.Sprintf(" v%d still serves.", is.Version)
	}
	return text, keep + " " + logsKey + " shows the build", ui.ToneBad
}
