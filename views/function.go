package views

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/ui"
	"fndeck/views/forms"
)

// described is all that is known of a function.
type described struct {
	function client.Function
	versions []client.Version
	deploys  []client.Deploy
	// noVersions and noDeploys say why there are none.
	noVersions, noDeploys string
}

// deploysShown is how many past deploys the page lists.
const deploysShown = 50

// tabDeploys is the tab of the page of a function with its deploys.
const tabDeploys = 2

// newFunctionPage describes one function.
func newFunctionPage(s *shell, f client.Function) *pageScreen[described] {
	return newPage(s, pageSpec[described]{
		title: ui.Clean(f.Name),
		tabs:  []string{"Overview", "Versions", "Deploys"},
		kinds: []string{"function", "version", "deploy", "call"},
		load:  func(ctx context.Context) (described, error) { return describe(ctx, s.backend, f.ID) },
		busy:  func(d described) bool { return isDeploying(d.function) },
		build: func(d described, at moment) ([]pageTab, error) {
			return factTabs(s.stateDir, overviewFacts(d.function, at), versionFacts(d, at), deployFacts(d, at))
		},
		running: func(d described) bool { return isDeploying(d.function) },
		summary: func(d described, at moment) []ui.Cell {
			return []ui.Cell{functionStatus(d.function, at), {Text: versionText(d.function, at.theme)}, dim(runtimeText(d.function)), dim(d.function.Mode)}
		},
		commands: func(p *pageScreen[described]) []command {
			current := f
			if d, ok := p.value(); ok {
				current = d.function
			}
			logs := command{id: "list.logs", hinted: true, run: func() tea.Cmd { return s.functionLogs(current) }}
			open := command{id: "list.open", label: "calls", hinted: true, run: func() tea.Cmd {
				return s.open(newCalls(s, callScope{functionID: f.ID, name: ui.Clean(f.Name)}))
			}}
			if p.tab == tabDeploys {
				builds := func() tea.Cmd { return s.open(newDeploys(s, current)) }
				open.label, open.run, logs.label, logs.run, logs.hinted = "choose a build", builds, "choose a build", builds, false
			}
			return append(functionCommands(s, current), logs, open,
				command{
					id: "functions.upload", reason: s.reason(action.Redeploy, action.Target{Function: &current}),
					run: func() tea.Cmd { return s.upload(&current, current.Folder) },
				},
				command{id: "list.delete", reason: s.reason(action.DeleteFunction, action.Target{Function: &current}), run: func() tea.Cmd {
					return s.start(forms.RunAction{Action: action.DeleteFunction, Target: action.Target{Function: &current}})
				}},
			)
		},
	})
}

// describe reads the function and, where the backend keeps them, its versions
// and deploys.
func describe(ctx context.Context, b client.Backend, id string) (described, error) {
	var d described
	var err error
	if d.function, err = b.Function(ctx, id); err != nil {
		return d, err
	}
	if versioner, missing := client.As[client.Versioner](b, client.CanVersion); missing != nil {
		d.noVersions = client.Explain(missing).Sentence
	} else if d.versions, err = versioner.Versions(ctx, id); err != nil {
		return d, err
	}
	if lister, missing := client.As[client.DeployLister](b, client.CanListBuilds); missing != nil {
		d.noDeploys = client.Explain(missing).Sentence
	} else if d.deploys, err = lister.Deploys(ctx, id, deploysShown); err != nil && !errors.Is(err, client.ErrUnsupported) {
		return d, err
	}
	return d, nil
}

func overviewFacts(f client.Function, at moment) []ui.Fact {
	facts := []ui.Fact{
		{Label: "name", Value: f.Name},
		{Label: "description", Value: f.Description},
		{Label: "id", Value: f.ID},
		{Label: "external id", Value: f.ExternalID},
		{Label: "owner", Value: f.Owner},
		{Label: "created", Value: fullTime(f.Created, at.zone)},
		{Label: "entry file", Value: f.FunctionPath},
		{Label: "folder", Value: f.Folder},
		{Label: "runtime", Value: strings.TrimSpace(f.Runtime + "  " + f.RuntimeVersion)},
		{Label: "mode", Value: joined(f.ModeText(), f.ModeReason)},
		{Label: "size", Value: nonZeroBytes(f.SizeBytes)},
		{Label: "limits", Value: limits(f)},
		{Label: "secrets", Value: strings.Join(f.SecretNames, "\n")},
		{Label: "packages", Value: f.Environment},
		{Label: "environment", Value: pairs(f.EnvVars)},
		{Label: "metadata", Value: pairs(f.Metadata)},
	}
	if f.Error != nil {
		facts = append(facts,
			ui.Fact{}, ui.Fact{Label: "deploy error", Value: f.Error.Message, Tone: ui.ToneBad},
			ui.Fact{Label: "trace", Value: f.Error.Trace})
	}
	return known(facts)
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ": " + b
}

func nonZeroBytes(n int64) string {
	if n == 0 {
		return ""
	}
	return ui.Bytes(n)
}

func limits(f client.Function) string {
	var parts []string
	if f.CPU > 0 {
		parts = append(parts, fmt.Sprintf("%g CPU", f.CPU))
	}
	if f.MemoryGB > 0 {
		parts = append(parts, fmt.Sprintf("%g GB memory", f.MemoryGB))
	}
	return strings.Join(parts, ", ")
}

func pairs(m map[string]string) string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		lines = append(lines, key+" = "+m[key])
	}
	return strings.Join(lines, "\n")
}

func versionFacts(d described, at moment) []ui.Fact {
	if d.noVersions != "" {
		return []ui.Fact{{Value: d.noVersions, Tone: ui.ToneDim}}
	}
	var facts []ui.Fact
	for _, v := range d.versions {
		state, tone := at.theme.StateText(string(v.Status))
		serving := ""
		if v.Serving {
			serving = "serves"
		}
		line := fmt.Sprintf("%s  %s  %s  %s  %s", ui.Pad(state, 11), ui.Pad(serving, 6),
			ui.Pad(v.Runtime, 8), ui.PadLeft(nonZeroBytes(v.SizeBytes), 8), clockTime(v.Created, at))
		facts = append(facts, ui.Fact{Label: fmt.Sprintf("v%d", v.Number), Value: line, Tone: quiet(tone, v.Serving)})
		if v.Error != nil {
			facts = append(facts, ui.Fact{Value: "  " + v.Error.Message, Tone: ui.ToneBad})
		}
	}
	if len(facts) == 0 {
		return []ui.Fact{{Value: "No versions yet.", Tone: ui.ToneDim}}
	}
	return facts
}

// quiet keeps colour for what serves and for what went wrong.
func quiet(tone ui.Tone, keep bool) ui.Tone {
	if tone == ui.ToneOK && !keep {
		return ui.ToneText
	}
	return tone
}

func deployFacts(d described, at moment) []ui.Fact {
	if d.noDeploys != "" {
		return []ui.Fact{{Value: d.noDeploys, Tone: ui.ToneDim}}
	}
	var facts []ui.Fact
	for _, dep := range d.deploys {
		state, tone := at.theme.StateText(string(dep.Status))
		line := fmt.Sprintf("%s  %s  %s  %s  %s", ui.Pad(state, 11), ui.Pad(deployVersions(dep, at), 7),
			ui.Pad(dep.Phase, 11), ui.PadLeft(deployTook(dep, at), 7), clockTime(dep.Started, at))
		facts = append(facts, ui.Fact{Label: dep.Kind, Value: line, Tone: quiet(tone, false)})
		if dep.Error != nil {
			facts = append(facts, ui.Fact{Value: "  " + dep.Error.Message, Tone: ui.ToneBad})
		}
	}
	if len(facts) == 0 {
		return []ui.Fact{{Value: "No deploys yet.", Tone: ui.ToneDim}}
	}
	return facts
}

// newDeploys is the list of a function's deploys, to choose one whose build
// output is wanted.
func newDeploys(s *shell, f client.Function) *listScreen[client.Deploy] {
	lister, missing := client.As[client.DeployLister](s.backend, client.CanListBuilds)
	spec := listSpec[client.Deploy]{
		title: "deploys " + ui.Clean(f.Name), noun: "deploys",
		columns: deployColumns,
		id:      func(d client.Deploy) string { return d.ID },
		load: func(ctx context.Context) ([]client.Deploy, error) {
			return lister.Deploys(ctx, f.ID, deploysShown)
		},
		kinds: []string{"deploy"}, ages: true, empty: "No deploys yet.",
		running: func(d client.Deploy) bool { return d.Ended.IsZero() },
		sortAge: "started", sortStatus: "status",
		commands: func(l *listScreen[client.Deploy]) []command {
			build := func(d client.Deploy) tea.Cmd {
				query := client.LogQuery{FunctionID: f.ID, DeployID: d.ID}
				return s.open(newLogs(s, logScope{query: query, name: ui.Clean(f.Name), build: true}))
			}
			return []command{l.on("list.open", true, nil, build), l.on("list.logs", false, nil, build)}
		},
	}
	if missing != nil {
		spec.missing = client.Explain(missing).Sentence
	}
	return newListScreen(s, spec)
}

var deployColumns = []listColumn[client.Deploy]{
	{
		Column: ui.Column{Title: "KIND", Key: "kind", Priority: 1, Min: 8},
		cell:   func(d client.Deploy, _ moment) ui.Cell { return text(d.Kind) },
	},
	{
		Column: ui.Column{Title: "STATUS", Key: "status", Priority: 1, Min: 11},
		cell:   func(d client.Deploy, at moment) ui.Cell { return stateCell(at, string(d.Status), 0) },
	},
	{
		Column: ui.Column{Title: "VERSION", Key: "version", Priority: 1, Min: 7},
		cell:   func(d client.Deploy, at moment) ui.Cell { return ui.Cell{Text: deployVersions(d, at)} },
	},
	{
		Column: ui.Column{Title: "TOOK", Key: "took", Priority: 2, Min: 6, Align: ui.AlignRight, Volatile: true},
		cell:   func(d client.Deploy, at moment) ui.Cell { return ui.Cell{Text: deployTook(d, at)} },
	},
	{
		Column: ui.Column{Title: "STARTED", Key: "started", Priority: 1, Min: 8, Volatile: true},
		cell:   func(d client.Deploy, at moment) ui.Cell { return ui.Cell{Text: clockTime(d.Started, at)} },
		order:  func(a, b client.Deploy) int { return b.Started.Compare(a.Started) },
	},
	{
		Column: ui.Column{Title: "ERROR", Key: "error", Priority: 2, Min: 12, Grow: true},
		cell: func(d client.Deploy, _ moment) ui.Cell {
			if d.Error == nil {
				return ui.Cell{}
			}
			return ui.Cell{Text: ui.Clean(firstLine(d.Error.Message)), Tone: ui.ToneBad}
		},
	},
}

// deployVersions is "v7→v8", or "v1" for a first deploy.
func deployVersions(d client.Deploy, at moment) string {
	if d.FromVersion == 0 {
		return fmt.Sprintf("v%d", d.ToVersion)
	}
	return fmt.Sprintf("v%d%sv%d", d.FromVersion, at.theme.Glyph('→'), d.ToVersion)
}

// deployTook is how long a deploy took, or has been under way.
func deployTook(d client.Deploy, at moment) string {
	switch {
	case !d.Ended.IsZero():
		return ui.Duration(d.Ended.Sub(d.Started))
	case !d.Started.IsZero():
		return ui.Elapsed(at.now.Sub(d.Started))
	}
	return ""
}
