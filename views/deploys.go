package views

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/views/cells"
	"fndeck/views/forms"
)

// deploysShownAll is how many deploys of all functions the list holds.
const deploysShownAll = 500

// newDeploys is the list of deploys, under way and past: of one function, or of
// all with the zero Function.
func newDeploys(s *shell, f client.Function) *listScreen[client.Deploy] {
	lister, missing := client.As[client.DeployLister](s.backend, client.CanListBuilds)
	title, limit, columns := "deploys", deploysShownAll, deployColumns
	if f.ID != "" {
		title, limit, columns = "deploys "+ui.Clean(f.Name), deploysShown, deployColumns[1:]
	}
	spec := listSpec[client.Deploy]{
		title: title, noun: "deploys", columns: columns,
		id:    func(d client.Deploy) string { return d.ID },
		load:  func(ctx context.Context) ([]client.Deploy, error) { return lister.Deploys(ctx, f.ID, limit) },
		kinds: []string{"deploy"}, ages: true,
		empty:   noDeploys(s),
		running: func(d client.Deploy) bool { return d.Ended.IsZero() && d.Status != client.DeployInterrupted },
		sortAge: "started", sortStatus: "status", sortName: "function",
		waits:    func(d client.Deploy, at moment) string { return deployWaits(d, at, s.keys.Key("calls.cancel")) },
		failing:  "status:/Failed|Interrupted/",
		commands: func(l *listScreen[client.Deploy]) []command { return deployCommands(s, l) },
	}
	if missing != nil {
		spec.missing = client.Explain(missing).Sentence
	}
	return newListScreen(s, spec)
}

// noDeploys says how a first deploy is made: with several contexts side by side only
// of a function that is there, as a new one needs to know which of them it is for.
func noDeploys(s *shell) string {
	if _, side := s.backend.(client.Holder); side {
		return fmt.Sprintf("No deploys yet.  %s deploys a function again, in the list of functions", s.keys.Key("functions.redeploy"))
	}
	return fmt.Sprintf("No deploys yet.  %s uploads a folder, %s deploys one again",
		s.keys.Key("functions.upload"), s.keys.Key("functions.redeploy"))
}

func deployCommands(s *shell, l *listScreen[client.Deploy]) []command {
	able := func(a action.Action) func(client.Deploy) string {
		return func(d client.Deploy) string {
			f := s.deployed(d)
			return s.reason(a, action.Target{Function: &f})
		}
	}
	cut := func(a action.Action) command {
		c := l.on(a.ID, true, func(d client.Deploy) string { return s.reason(a, action.Target{Deploy: &d}) }, func(d client.Deploy) tea.Cmd { return s.onDeploy(a, d) })
		c.urgent = true
		return c
	}
	stop := l.on("calls.cancel", true, func(d client.Deploy) string { return s.reason(action.StopDeploy, action.Target{Deploy: &d}) }, func(d client.Deploy) tea.Cmd { return s.onDeploy(action.StopDeploy, d) })
	stop.label, stop.urgent = stopWaiting, true
	return []command{
		stop, cut(action.ResumeDeploy), cut(action.TakeBackDeploy), cut(action.LeaveDeploy),
		l.on("list.open", true, nil, func(d client.Deploy) tea.Cmd {
			if len(d.Phases) > 0 || !d.PhaseStarted.IsZero() {
				return s.open(newDeployPage(s, d))
			}
			return s.buildOf(d)
		}),
		l.on("functions.redeploy", true, able(action.Redeploy), func(d client.Deploy) tea.Cmd { return s.redeploy(s.deployed(d)) }),
		l.on("functions.rollback", true, able(action.Rollback), func(d client.Deploy) tea.Cmd { return s.chooseVersion(s.deployed(d)) }),
		l.on("list.describe", false, nil, func(d client.Deploy) tea.Cmd { return s.open(newFunctionPage(s, s.deployed(d))) }),
		l.on("list.logs", false, nil, s.buildOf),
	}
}

// buildOf opens what a deploy has printed.
func (s *shell) buildOf(d client.Deploy) tea.Cmd {
	query := client.LogQuery{FunctionID: d.FunctionID, DeployID: d.ID}
	return s.open(newLogs(s, logScope{query: query, name: ui.Clean(s.deployed(d).Name), build: true}))
}

// onDeploy does to a deploy what its key says.
func (s *shell) onDeploy(a action.Action, d client.Deploy) tea.Cmd {
	return s.start(forms.RunAction{Action: a, Target: action.Target{Deploy: &d}})
}

// stopWaiting is what the key that cancels a call does to a deploy.
const stopWaiting = "stop waiting"

// stopCommand stops a deploy that waits; of others it says that they do not.
func (s *shell) stopCommand(d client.Deploy) command {
	return command{
		id: "calls.cancel", label: stopWaiting, urgent: true, hinted: d.Tries > 0,
		reason: s.reason(action.StopDeploy, action.Target{Deploy: &d}), run: func() tea.Cmd { return s.onDeploy(action.StopDeploy, d) },
	}
}

// stopListed is stopCommand for the newest deploy of each function of a list.
func stopListed(s *shell, l *listScreen[client.Function]) command {
	stop := func(f client.Function) command { return s.stopCommand(action.NewestDeploy(f)) }
	c := l.on("calls.cancel", true, func(f client.Function) string { return stop(f).reason }, func(f client.Function) tea.Cmd { return stop(f).run() })
	c.label, c.urgent = stopWaiting, true
	return c
}

// cutCommands are what can be done about the newest deploy of a function, if that
// waits or was cut; of others they say so.
func cutCommands(s *shell, f client.Function) []command {
	d := action.NewestDeploy(f)
	commands := []command{s.stopCommand(d)}
	for _, a := range []action.Action{action.ResumeDeploy, action.TakeBackDeploy, action.LeaveDeploy} {
		commands = append(commands, command{
			id: a.ID, urgent: true, reason: s.reason(a, action.Target{Deploy: &d}), run: func() tea.Cmd { return s.onDeploy(a, d) },
		})
	}
	return commands
}

// deployed is a deploy's function as far as it is known.
func (s *shell) deployed(d client.Deploy) client.Function {
	return s.functionOf(client.Call{FunctionID: d.FunctionID, FunctionName: d.FunctionName})
}

var deployColumns = []listColumn[client.Deploy]{
	{
		Column: ui.Column{Title: "FUNCTION", Key: "function", Priority: 1, Min: 14, Max: 32},
		cell:   func(d client.Deploy, _ moment) ui.Cell { return cells.Text(cmp.Or(d.FunctionName, d.FunctionID)) },
	},
	{
		Column: ui.Column{Title: "KIND", Key: "kind", Priority: 2, Min: 8},
		cell:   func(d client.Deploy, _ moment) ui.Cell { return cells.Text(d.Kind) },
	},
	{
		Column: ui.Column{Title: "STATUS", Key: "status", Priority: 1, Min: 11},
		cell:   func(d client.Deploy, at moment) ui.Cell { return cells.State(at, string(d.Status), 0) },
	},
	{
		Column: ui.Column{Title: "PHASE", Key: "phase", Priority: 2, Min: 8, Volatile: true},
		cell:   func(d client.Deploy, at moment) ui.Cell { return cells.Dim(deployPhase(d, at)) },
	},
	{
		Column: ui.Column{Title: "VERSION", Key: "version", Priority: 2, Min: 7},
		cell:   func(d client.Deploy, at moment) ui.Cell { return ui.Cell{Text: deployVersions(d, at)} },
	},
	{
		Column: ui.Column{Title: "TOOK", Key: "took", Priority: 2, Min: 6, Align: ui.AlignRight, Volatile: true},
		cell:   func(d client.Deploy, at moment) ui.Cell { return ui.Cell{Text: deployTook(d, at)} },
	},
	{
		Column: ui.Column{Title: "BY", Key: "by", Priority: 3, Min: 8, Max: 24},
		cell: func(d client.Deploy, at moment) ui.Cell {
			if d.By == "" {
				return cells.None(at)
			}
			return cells.Dim(d.By)
		},
	},
	{
		Column: ui.Column{Title: "SIZE", Key: "size", Priority: 4, Min: 7, Align: ui.AlignRight},
		cell:   func(d client.Deploy, at moment) ui.Cell { return cells.Size(at, d.SizeBytes) },
		order:  func(a, b client.Deploy) int { return cmp.Compare(a.SizeBytes, b.SizeBytes) },
	},
	{
		Column: ui.Column{Title: "STARTED", Key: "started", Priority: 2, Min: 8, Down: true, Volatile: true},
		cell:   func(d client.Deploy, at moment) ui.Cell { return ui.Cell{Text: cells.Clock(d.Started, at)} },
		order:  func(a, b client.Deploy) int { return b.Started.Compare(a.Started) },
		span:   func(d client.Deploy, at moment) (time.Duration, bool) { return ago(d.Started, at) },
	},
	{
		Column: ui.Column{Title: "ERROR", Key: "error", Priority: 2, Min: 12, Grow: true},
		cell: func(d client.Deploy, at moment) ui.Cell {
			if d.Error == nil {
				return ui.Cell{Text: deployDetail(d, at), Tone: ui.ToneDim, Steady: d.Detail}
			}
			return ui.Cell{Text: ui.Clean(cells.FirstLine(d.Error.Message)), Tone: ui.ToneBad}
		},
	},
}

// waitingState is the state of a function whose deploy waits to try a step again.
func waitingState(f client.Function, cell ui.Cell) ui.Cell {
	if f.DeployTries > 0 {
		cell.Text, cell.Tone = strings.Replace(cell.Text, string(client.FunctionDeploying), "Waiting", 1), ui.ToneWarn
	}
	return cell
}

// deployPhase is the phase of a deploy, with how long it has gone on and usually does
// where that is told.
func deployPhase(d client.Deploy, at moment) string {
	phase := ui.Clean(d.Phase)
	if d.Ended.IsZero() && d.Status == client.FunctionDeploying && !d.PhaseStarted.IsZero() {
		phase += " " + ui.Elapsed(max(0, at.Now.Sub(d.PhaseStarted)))
		if d.UsualPhase >= time.Second {
			phase += ", usually " + ui.Elapsed(d.UsualPhase)
		}
	}
	return phase
}

// deployDetail says more of the phase; how long a service asks to wait counts down.
func deployDetail(d client.Deploy, at moment) string {
	detail := ui.Clean(cells.FirstLine(d.Detail))
	if left := d.Until.Sub(at.Now); left > 0 {
		detail = ui.Elapsed(left) + " to go: " + detail
	}
	return detail
}

// deployWaits is what a deploy waits for whose step has failed, with the key that
// stops it; "" for one that goes on.
func deployWaits(d client.Deploy, at moment, stop string) string {
	if d.Tries == 0 || d.Status == client.DeployInterrupted {
		return ""
	}
	again := "trying again"
	if left := d.Until.Sub(at.Now); left > 0 {
		again = "again in " + ui.Elapsed(left)
	}
	return fmt.Sprintf("%s: %s, %s stops waiting.  %s", ui.Clean(d.FunctionName), again, stop, ui.Clean(cells.FirstLine(d.Detail)))
}

// phaseFacts are the phases of a deploy: those that are over, ticked off, the one that
// it is at, and those to come.
func phaseFacts(d client.Deploy, at moment) []ui.Fact {
	if len(d.Phases) == 0 && d.PhaseStarted.IsZero() {
		return nil
	}
	var facts []ui.Fact
	line := func(state, phase, took, detail string) {
		glyph, tone := at.Theme.State(state)
		facts = append(facts, ui.Fact{Value: strings.TrimRight(fmt.Sprintf("  %s %s %s  %s", glyph, ui.Pad(ui.Clean(phase), 12), ui.PadLeft(took, 7), detail), " "), Tone: quiet(tone, false)})
	}
	for _, p := range d.Phases {
		line(string(client.CallCompleted), p.Name, ui.Duration(p.Ended.Sub(p.Started)), ui.Clean(cells.FirstLine(p.Detail)))
	}
	if !d.Ended.IsZero() {
		return facts
	}
	took, detail := "", deployDetail(d, at)
	if d.Status == client.FunctionDeploying {
		took = ui.Elapsed(max(0, at.Now.Sub(d.PhaseStarted)))
		if d.UsualPhase >= time.Second {
			detail = strings.TrimSpace("usually " + ui.Elapsed(d.UsualPhase) + "  " + detail)
		}
	}
	line(string(d.Status), d.Phase, took, detail)
	for _, phase := range d.Ahead {
		line(string(client.FunctionQueued), phase, "", "")
		facts[len(facts)-1].Tone = ui.ToneDim
	}
	return facts
}

// newDeployPage lists the steps of a deploy and ticks them off.
func newDeployPage(s *shell, d client.Deploy) Screen {
	under := func(d client.Deploy) bool { return d.Ended.IsZero() && d.Status != client.DeployInterrupted }
	return newPage(s, pageSpec[client.Deploy]{
		title: d.Kind + " " + ui.Clean(d.FunctionName), tabs: []string{"Steps"}, kinds: []string{"deploy"},
		load: func(ctx context.Context) (client.Deploy, error) { return readDeploy(ctx, s.backend, d) },
		busy: under, running: under,
		build: func(d client.Deploy, at moment) ([]pageTab, error) {
			return factTabs(s.stateDir, deployPageFacts(d, at))
		},
		commands: func(p *pageScreen[client.Deploy]) []command {
			now, read := p.value()
			if !read {
				now = d
			}
			f := s.deployed(now)
			commands := []command{s.stopCommand(now)}
			for _, a := range []action.Action{action.ResumeDeploy, action.TakeBackDeploy, action.LeaveDeploy} {
				commands = append(commands, command{
					id: a.ID, urgent: true, hinted: now.Status == client.DeployInterrupted,
					reason: s.reason(a, action.Target{Deploy: &now}), run: func() tea.Cmd { return s.onDeploy(a, now) },
				})
			}
			return append(commands,
				command{id: "list.describe", hinted: true, run: func() tea.Cmd { return s.open(newFunctionPage(s, f)) }},
				command{id: "list.logs", hinted: true, run: func() tea.Cmd { return s.buildOf(now) }},
			)
		},
	})
}

// readDeploy reads a deploy anew.
func readDeploy(ctx context.Context, b client.Backend, d client.Deploy) (client.Deploy, error) {
	lister, err := client.As[client.DeployLister](b, client.CanListBuilds)
	if err != nil {
		return d, err
	}
	all, err := lister.Deploys(ctx, d.FunctionID, deploysShownAll)
	if err != nil {
		return d, err
	}
	for _, now := range all {
		if now.ID == d.ID {
			return now, nil
		}
	}
	return d, &client.Error{Code: client.CodeNotFound, Message: "deploy " + d.ID + " is not remembered any more"}
}

// deployPageFacts are what is known of a deploy, and its steps.
func deployPageFacts(d client.Deploy, at moment) []ui.Fact {
	state, tone := at.Theme.StateText(string(d.Status))
	facts := []ui.Fact{
		{Label: "function", Value: d.FunctionName},
		{Label: "status", Value: state, Tone: tone},
		{Label: "version", Value: deployVersions(d, at)},
		{Label: "started", Value: cells.Clock(d.Started, at)},
		{Label: "took", Value: deployTook(d, at)},
		{Label: "by", Value: d.By},
	}
	if d.Error != nil {
		facts = append(facts, ui.Fact{Label: "error", Value: d.Error.Message, Tone: ui.ToneBad})
	}
	if !d.Ended.IsZero() && d.Detail != "" {
		facts = append(facts, ui.Fact{Label: "noted", Value: d.Detail})
	}
	return append(known(facts), phaseFacts(d, at)...)
}

// deployVersions is "v7→v8", or "v1" for a first deploy.
func deployVersions(d client.Deploy, at moment) string {
	if d.FromVersion == 0 {
		return fmt.Sprintf("v%d", d.ToVersion)
	}
	return fmt.Sprintf("v%d%sv%d", d.FromVersion, at.Theme.Glyph('→'), d.ToVersion)
}

// deployTook is how long a deploy took, or has been under way.
func deployTook(d client.Deploy, at moment) string {
	switch {
	case !d.Ended.IsZero():
		return ui.Duration(d.Ended.Sub(d.Started))
	case d.Status == client.DeployInterrupted: // Nobody is at work on it.
		return ""
	case !d.Started.IsZero():
		return ui.Elapsed(at.Now.Sub(d.Started))
	}
	return ""
}
