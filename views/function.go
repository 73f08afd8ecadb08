package views

import (
	"cmp"
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
	"fndeck/views/cells"
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
			return factTabs(s.stateDir, overviewFacts(d.function, s.backend.Describe().Isolation, at), versionFacts(d, at), deployFacts(d, at))
		},
		running: func(d described) bool { return isDeploying(d.function) },
		summary: func(d described, at moment) []ui.Cell {
			return []ui.Cell{functionStatus(d.function, at), {Text: cells.Version(d.function, at.Theme)}, cells.Dim(cells.Runtime(d.function)), cells.Dim(d.function.Mode)}
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
			return append(functionCommands(s, current), s.editCommand(current), logs, open,
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

func overviewFacts(f client.Function, isolation string, at moment) []ui.Fact {
	facts := []ui.Fact{
		{Label: "name", Value: f.Name},
		{Label: "description", Value: f.Description},
		{Label: "id", Value: f.ID},
		{Label: "external id", Value: f.ExternalID},
		{Label: "owner", Value: f.Owner},
		{Label: "created", Value: fullTime(f.Created, at.Zone)},
		{Label: "entry file", Value: f.FunctionPath},
		{Label: "folder", Value: f.Folder},
		{Label: "runtime", Value: strings.TrimSpace(f.Runtime + "  " + f.RuntimeVersion)},
		{Label: "mode", Value: joined(f.ModeText(), f.ModeReason)},
		{Label: "isolation", Value: strings.TrimPrefix(cmp.Or(f.Isolation, isolation), "isolation: ")},
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
		state, tone := at.Theme.StateText(string(v.Status))
		serving := ""
		if v.Serving {
			serving = "serves"
		}
		line := fmt.Sprintf("%s  %s  %s  %s  %s", ui.Pad(state, 11), ui.Pad(serving, 6),
			ui.Pad(v.Runtime, 8), ui.PadLeft(nonZeroBytes(v.SizeBytes), 8), cells.Clock(v.Created, at))
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
		state, tone := at.Theme.StateText(string(dep.Status))
		line := fmt.Sprintf("%s  %s  %s  %s  %s", ui.Pad(state, 11), ui.Pad(deployVersions(dep, at), 7),
			ui.Pad(dep.Phase, 11), ui.PadLeft(deployTook(dep, at), 7), cells.Clock(dep.Started, at))
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
