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
	"fndeck/client/drift"
	"fndeck/ui"
	"fndeck/views/cells"
	"fndeck/views/forms"
)

// described is all that is known of a function.
type described struct {
	function  client.Function
	versions  []client.Version
	deploys   []client.Deploy
	schedules []client.Schedule
	// noVersions, noDeploys and noSchedules say why there are none.
	noVersions, noDeploys, noSchedules string
}

// deploysShown is how many past deploys the page lists.
const deploysShown = 50

// tabDeploys is the tab of the page of a function with its deploys.
const tabDeploys = 2

// newFunctionPage describes one function.
func newFunctionPage(s *shell, f client.Function) *pageScreen[described] {
	return newPage(s, pageSpec[described]{
		title: ui.Clean(f.Name), listed: true, about: f.ID,
		tabs:  []string{"Overview", "Versions", "Deploys", "Schedules", "Env", "Limits", "Error"},
		kinds: []string{"function", "version", "deploy", "call", "schedule"},
		load:  func(ctx context.Context) (described, error) { return describe(ctx, s.backend, f.ID) },
		busy:  func(d described) bool { return d.function.Deploying() },
		build: func(d described, at moment) ([]pageTab, error) {
			about := s.backend.Describe()
			return factTabs(s.stateDir, overviewFacts(d.function, about.Isolation, at), versionFacts(d, at), deployFacts(d, at),
				schedulesOf(d, at), environmentFacts(d.function), limitFacts(d.function, about), errorFacts(d.function))
		},
		running: func(d described) bool { return d.function.Deploying() },
		summary: func(d described, at moment) []ui.Cell {
			cell := functionStatus(d.function, at)
			if text := usually(d.function); text != "" {
				cell.Text += ", " + text
			}
			return []ui.Cell{cell, {Text: cells.Version(d.function, at.Theme)}, cells.Dim(cells.Runtime(d.function)), cells.Dim(d.function.Mode)}
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
			return append(functionCommands(s, current), s.editCommand(current), s.diffCommand(current), logs, open,
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
	if scheduler, missing := client.As[client.Scheduler](b, client.CanSchedule); missing != nil {
		d.noSchedules = client.Explain(missing).Sentence
	} else if d.schedules, err = scheduler.Schedules(ctx, id); err != nil {
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

func schedulesOf(d described, at moment) []ui.Fact {
	switch {
	case d.noSchedules != "":
		return []ui.Fact{{Value: d.noSchedules, Tone: ui.ToneDim}}
	case len(d.schedules) == 0:
		return []ui.Fact{{Value: "No schedule calls it.", Tone: ui.ToneDim}}
	}
	var facts []ui.Fact
	for _, c := range d.schedules {
		facts = append(facts, ui.Fact{Label: c.Name, Value: fmt.Sprintf("%s  %s  %s", ui.Pad(c.Cron, 14), ui.Pad(nextCell(c, at).Text, 22), words(c))})
	}
	return facts
}

// environmentFacts are what a function runs with beside its code. Of secrets there
// are names only.
func environmentFacts(f client.Function) []ui.Fact {
	index := ""
	switch {
	case f.HasIndex && f.ExtraIndexes > 0:
		index = fmt.Sprintf("one of its own, and %s", ui.Counted(f.ExtraIndexes, "extra one"))
	case f.HasIndex:
		index = "one of its own"
	case f.ExtraIndexes > 0:
		index = ui.Counted(f.ExtraIndexes, "extra one")
	}
	facts := known([]ui.Fact{
		{Label: "variables", Value: pairs(f.EnvVars)},
		{Label: "secrets", Value: strings.Join(f.SecretNames, "\n")},
		{Label: "packages", Value: f.Environment},
		{Label: "index", Value: index},
	})
	if len(facts) == 0 {
		return []ui.Fact{{Value: "No variables, secrets or packages.", Tone: ui.ToneDim}}
	}
	return facts
}

// limitFacts are what bounds the function and its calls, as far as it is told.
func limitFacts(f client.Function, d client.Description) []ui.Fact {
	facts := known([]ui.Fact{
		{Label: "resources", Value: limits(f)},
		{Label: "mode", Value: joined(f.ModeText(), f.ModeReason)},
		{Label: "data", Value: most(nonZeroBytes(d.DataLimitBytes), " of JSON in a call")},
		{Label: "isolation", Value: strings.TrimPrefix(cmp.Or(f.Isolation, d.Isolation), "isolation: ")},
		{Label: "runtimes", Value: strings.Join(d.Runtimes, ", ")},
	})
	if len(facts) == 0 {
		return []ui.Fact{{Value: "The backend tells no limits.", Tone: ui.ToneDim}}
	}
	return facts
}

func most(limit, of string) string {
	if limit == "" {
		return ""
	}
	return "at most " + limit + of
}

// errorFacts are why the last deploy failed, and what serves all the same.
func errorFacts(f client.Function) []ui.Fact {
	if f.Error == nil {
		return []ui.Fact{{Value: "The last deploy did not fail.", Tone: ui.ToneDim}}
	}
	serves := "no version serves"
	if f.Version > 0 {
		serves = fmt.Sprintf("v%d", f.Version)
	}
	return known([]ui.Fact{
		{Label: "failed", Value: f.Error.Message, Tone: ui.ToneBad},
		{Label: "serves", Value: serves},
		{Label: "trace", Value: f.Error.Trace},
	})
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
		if dep.Ended.IsZero() {
			facts = append(facts, phaseFacts(dep, at)...)
		}
		if dep.Error != nil {
			facts = append(facts, ui.Fact{Value: "  " + dep.Error.Message, Tone: ui.ToneBad})
		}
	}
	if len(facts) == 0 {
		return []ui.Fact{{Value: "No deploys yet.", Tone: ui.ToneDim}}
	}
	return facts
}

// changes is how the folder of a function differs from the version that serves.
type changes struct {
	version int
	drift   drift.Drift
	patch   string
}

// patchLines bounds the lines of a difference that the page holds.
const patchLines = 20_000

// newChangesPage shows what would be deployed anew.
func newChangesPage(s *shell, f client.Function) *pageScreen[changes] {
	return newPage(s, pageSpec[changes]{
		title: "changes of " + ui.Clean(f.Name), about: f.ID,
		tabs:  []string{"Files", "Difference"},
		kinds: []string{"function", "version"},
		load: func(ctx context.Context) (changes, error) {
			c := changes{}
			now, err := s.backend.Function(ctx, f.ID)
			if err != nil {
				return c, err
			}
			c.version = now.Version
			c.drift, c.patch, err = action.Differences(ctx, s.backend, now, now.Folder)
			return c, err
		},
		build: func(c changes, at moment) ([]pageTab, error) {
			return factTabs(s.stateDir, changedFiles(c, f), patchFacts(c.patch))
		},
		commands: func(*pageScreen[changes]) []command {
			return append(functionCommands(s, f), command{
				id: "functions.upload", reason: s.reason(action.Redeploy, action.Target{Function: &f}),
				run: func() tea.Cmd { return s.upload(&f, f.Folder) },
			})
		},
	})
}

func changedFiles(c changes, f client.Function) []ui.Fact {
	summary := c.drift.Summary()
	if summary == "" {
		summary = "no file differs"
	}
	facts := []ui.Fact{{Label: "folder", Value: f.Folder}, {Label: "since " + action.VersionWords(c.version), Value: summary}, {}}
	for _, change := range c.drift.Changes() {
		facts = append(facts, ui.Fact{Label: change.Word(), Value: change.Path})
	}
	return facts
}

func patchFacts(patch string) []ui.Fact {
	if patch == "" {
		return []ui.Fact{{Value: "No difference.", Tone: ui.ToneDim}}
	}
	lines := strings.Split(strings.TrimSuffix(patch, "\n"), "\n")
	facts := make([]ui.Fact, 0, min(len(lines), patchLines)+1)
	for _, line := range lines[:min(len(lines), patchLines)] {
		facts = append(facts, ui.Fact{Value: line, Tone: cells.PatchTone(line)})
	}
	if more := len(lines) - patchLines; more > 0 {
		facts = append(facts, ui.Fact{Value: "and " + ui.Counted(more, "more line") + ": fndeck diff prints them", Tone: ui.ToneDim})
	}
	return facts
}

// showChanges opens the page of what differs; noChanges is why there is none.
func (s *shell) showChanges(f client.Function) tea.Cmd { return s.open(newChangesPage(s, f)) }

func (s *shell) noChanges(f client.Function) string {
	switch {
	case s.drifts.Missing() != "":
		return s.drifts.Missing()
	case f.Folder == "":
		return "the folder that " + ui.Clean(f.Name) + " came from is not known"
	}
	return ui.Clean(action.Comparable(f))
}
