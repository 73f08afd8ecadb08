package views

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/client/cron"
	"fndeck/ui"
	"fndeck/views/cells"
	"fndeck/views/forms"
)

// newSchedules is the list of all schedules.
func newSchedules(s *shell) *listScreen[client.Schedule] {
	missing := ""
	if _, err := client.As[client.Scheduler](s.backend, client.CanSchedule); err != nil {
		missing = client.Explain(err).Sentence
	}
	return newListScreen(s, listSpec[client.Schedule]{
		title: "schedules", noun: "schedules",
		columns: withContext(s, scheduleColumns, func(c client.Schedule) string { return c.Context }),
		id:      func(c client.Schedule) string { return c.ID },
		load: func(ctx context.Context) ([]client.Schedule, error) {
			scheduler, err := client.As[client.Scheduler](s.backend, client.CanSchedule)
			if err != nil {
				return nil, err
			}
			return scheduler.Schedules(ctx, "")
		},
		kinds: []string{"schedule", "run", "call"}, ages: true, missing: missing, unscoped: viewSchedules,
		running:  func(c client.Schedule) bool { return c.LastCall != nil && !c.LastCall.Status.Ended() },
		empty:    "No schedules.  " + s.keys.Key("list.new") + " creates one",
		sortName: "name", sortAge: "next", sortStatus: "state",
		failing:  "last:/" + failedLast + "/",
		commands: func(l *listScreen[client.Schedule]) []command { return scheduleListCommands(s, l) },
	})
}

// failedLast is how the last call of what fails reads in its cell, also in ASCII.
const failedLast = "[✗xT!]$"

var scheduleColumns = []listColumn[client.Schedule]{
	{
		Column: ui.Column{Title: "NAME", Key: "name", Priority: 1, Min: 14, Max: 40},
		cell:   func(c client.Schedule, _ moment) ui.Cell { return cells.Text(c.Name) },
	},
	{
		Column: ui.Column{Title: "CRON", Key: "cron", Priority: 2, Min: 9, Max: 32},
		cell:   func(c client.Schedule, _ moment) ui.Cell { return cells.Text(c.Cron) },
	},
	{
		Column: ui.Column{Title: "NEXT", Key: "next", Priority: 1, Min: 14, Volatile: true},
		cell:   nextCell,
		order:  func(a, b client.Schedule) int { return a.Next.Compare(b.Next) },
		span: func(c client.Schedule, at moment) (time.Duration, bool) {
			next := cron.NextRun(c, at.Now)
			return next.Sub(at.Now), !next.IsZero()
		},
	},
	{
		Column: ui.Column{Title: "FUNCTION", Key: "function", Priority: 2, Min: 10, Max: 32},
		cell:   func(c client.Schedule, _ moment) ui.Cell { return cells.Text(cmp.Or(c.FunctionName, c.FunctionID)) },
	},
	{
		Column: ui.Column{Title: "LAST", Key: "last", Priority: 2, Min: 5},
		cell:   func(c client.Schedule, at moment) ui.Cell { return cells.LastCall(at, c.LastCall) },
	},
	{
		Column: ui.Column{Title: "STATE", Key: "state", Priority: 2, Min: 8},
		cell:   func(c client.Schedule, at moment) ui.Cell { return cells.State(at, scheduleState(c), 0) },
	},
	{
		Column: ui.Column{Title: "WORDS", Key: "words", Priority: 3, Min: 14, Max: 44},
		cell:   func(c client.Schedule, _ moment) ui.Cell { return cells.Dim(words(c)) },
	},
	{
		Column: ui.Column{Title: "MISSED", Key: "missed", Priority: 3, Min: 6, Align: ui.AlignRight},
		cell: func(c client.Schedule, at moment) ui.Cell {
			cell := cells.Count(at, c.Missed)
			if c.Missed > 0 {
				cell.Tone = ui.ToneWarn
			}
			return cell
		},
		order: func(a, b client.Schedule) int { return cmp.Compare(a.Missed, b.Missed) },
	},
	{
		Column: ui.Column{Title: "OVERLAP", Key: "overlap", Priority: 4, Min: 7},
		cell:   func(c client.Schedule, _ moment) ui.Cell { return cells.Dim(c.Overlap) },
	},
	{
		Column: ui.Column{Title: "CATCH-UP", Key: "catchup", Priority: 4, Min: 8},
		cell:   func(c client.Schedule, _ moment) ui.Cell { return cells.Dim(c.CatchUp) },
	},
	{
		Column: ui.Column{Title: "DATA", Key: "data", Priority: 4, Min: 6, Max: 40},
		cell:   func(c client.Schedule, _ moment) ui.Cell { return cells.Dim(string(c.Data)) },
	},
}

func nextCell(c client.Schedule, at moment) ui.Cell {
	next := cron.NextRun(c, at.Now)
	if next.IsZero() {
		return cells.None(at)
	}
	return ui.Cell{Text: dueText(next, at)}
}

// dueText is when something is due, and in how long that is.
func dueText(due time.Time, at moment) string {
	local, now := due.In(at.Zone), at.Now.In(at.Zone)
	clock := local.Format("15:04")
	if local.YearDay() != now.YearDay() || local.Year() != now.Year() {
		clock = local.Format("2 Jan 15:04")
	}
	wait := due.Sub(at.Now)
	if wait <= 0 {
		return clock + "  now"
	}
	return clock + "  in " + inWords(wait)
}

// inWords is a wait in one unit, rounded up: a run "in 4m" is never sooner than
// three minutes away.
func inWords(d time.Duration) string {
	if d < time.Minute {
		const step = 10 * time.Second
		return ui.Elapsed((d + step - 1).Truncate(step))
	}
	if d < time.Hour {
		return ui.Age((d + time.Minute - 1).Truncate(time.Minute))
	}
	return ui.Age(d)
}

func scheduleState(c client.Schedule) string {
	expr, err := cron.Parse(c.Cron)
	if err == nil && expr.Next(c.Created).IsZero() {
		return "Never fires"
	}
	if !c.Queued.IsZero() {
		return client.RunQueued
	}
	return "Active"
}

// words describes the cron text: the backend's words, else ours; a text that
// cannot be parsed has none.
func words(c client.Schedule) string {
	if c.Words != "" {
		return c.Words
	}
	expr, err := cron.Parse(c.Cron)
	if err != nil {
		return ""
	}
	return expr.Words()
}

// noPause is the key that pauses, which says why it does not: no backend so far can.
func (s *shell) noPause() command {
	kind := ui.Clean(s.backend.Describe().Kind)
	return command{id: "schedules.pause", reason: kind + " cannot pause a schedule; " + s.keys.Key("list.delete") + " deletes it"}
}

func scheduleListCommands(s *shell, l *listScreen[client.Schedule]) []command {
	able := func(a action.Action) func(client.Schedule) string {
		return func(c client.Schedule) string {
			f := s.scheduled(c)
			return s.reason(a, action.Target{Function: &f, Schedule: &c})
		}
	}
	return []command{
		l.on("list.open", true, nil, func(c client.Schedule) tea.Cmd {
			return s.open(newCalls(s, callScope{functionID: c.FunctionID, scheduleID: c.ID, name: ui.Clean(c.Name)}))
		}),
		l.on("list.describe", true, nil, func(c client.Schedule) tea.Cmd { return s.open(newSchedulePage(s, c)) }),
		{id: "list.new", hinted: true, reason: s.unable(action.CreateSchedule), run: func() tea.Cmd {
			var fn *client.Function
			if c, ok := l.item(); ok {
				if f, known := s.functionByID(c.FunctionID); known {
					fn = &f
				}
			}
			return s.overlay(forms.NewSchedule(s.forms(), fn, s.known.Value.Items()))
		}},
		l.on("list.run", true, able(action.RunSchedule), s.runSchedule),
		s.noPause(),
		l.on("list.edit", true, able(action.ReplaceSchedule), s.changeSchedule),
		l.on("list.logs", true, nil, func(c client.Schedule) tea.Cmd { return s.functionLogs(s.scheduled(c)) }),
		l.on("functions.redeploy", true, able(action.Redeploy), func(c client.Schedule) tea.Cmd { return s.redeploy(s.scheduled(c)) }),
		l.on("functions.call", false, able(action.Invoke), func(c client.Schedule) tea.Cmd { return s.callScheduled(c) }),
		each(l, l.on("list.delete", false, able(action.DeleteSchedule), func(c client.Schedule) tea.Cmd {
			return s.start(forms.RunAction{Action: action.DeleteSchedule, Target: action.Target{Schedule: &c}})
		}), action.DeleteSchedule,
			func(c client.Schedule) action.Target { return action.Target{Schedule: &c} }),
	}
}

// scheduled is a schedule's function as far as it is known.
func (s *shell) scheduled(c client.Schedule) client.Function {
	return s.functionOf(client.Call{FunctionID: c.FunctionID, FunctionName: c.FunctionName})
}

// runSchedule runs a schedule now.
func (s *shell) runSchedule(c client.Schedule) tea.Cmd {
	return s.start(forms.RunAction{Action: action.RunSchedule, Target: action.Target{Schedule: &c}})
}

// changeSchedule opens the form that is filled with what the schedule has.
func (s *shell) changeSchedule(c client.Schedule) tea.Cmd {
	return s.overlay(forms.ChangeSchedule(s.formsOf(c.ID), c))
}

// scheduleCommands are the actions on a schedule that a page is about, or that is
// named.
func scheduleCommands(s *shell, c client.Schedule) []command {
	able := func(a action.Action) string { return s.reason(a, action.Target{Schedule: &c}) }
	return []command{
		{id: "list.run", hinted: true, reason: able(action.RunSchedule), run: func() tea.Cmd { return s.runSchedule(c) }},
		s.noPause(),
		{id: "list.edit", hinted: true, reason: able(action.ReplaceSchedule), run: func() tea.Cmd { return s.changeSchedule(c) }},
	}
}

// callScheduled opens the call form with the schedule's own data.
func (s *shell) callScheduled(c client.Schedule) tea.Cmd {
	return s.overlay(forms.NewCall(s.formsOf(c.ID), s.scheduled(c), forms.CallStart{Data: c.Data}))
}

// How many runs, to come and past, the page of a schedule lists.
const (
	runsToCome = 10
	runsPast   = 20
)

// scheduleRuns is a schedule with what became of its latest runs.
type scheduleRuns struct {
	schedule client.Schedule
	runs     []client.ScheduleRun
	// noRuns says why no runs are listed.
	noRuns string
}

// newSchedulePage describes one schedule: its next runs, its past ones with the
// reason of each that was missed or skipped, and its data.
func newSchedulePage(s *shell, c client.Schedule) *pageScreen[scheduleRuns] {
	return newPage(s, pageSpec[scheduleRuns]{
		listed: true,
		title:  ui.Clean(c.Name), about: c.ID,
		tabs:  []string{"Overview", "Runs", "Data"},
		kinds: []string{"schedule", "run", "call"},
		load:  func(ctx context.Context) (scheduleRuns, error) { return readSchedule(ctx, s.backend, c) },
		build: func(v scheduleRuns, at moment) ([]pageTab, error) {
			tabs, err := factTabs(s.stateDir, scheduleFacts(v.schedule, at), runFacts(v, at))
			if err != nil {
				return nil, err
			}
			data, err := jsonTab(s.stateDir, v.schedule.Data, "This schedule hands over no data.")
			return append(tabs, data), err
		},
		summary: func(v scheduleRuns, at moment) []ui.Cell {
			return []ui.Cell{cells.State(at, scheduleState(v.schedule), 0), cells.Text(v.schedule.Cron), cells.Dim(words(v.schedule))}
		},
		commands: func(p *pageScreen[scheduleRuns]) []command {
			c := c
			if v, known := p.value(); known {
				c = v.schedule
			}
			f, able := s.scheduled(c), func(a action.Action) string { return s.reason(a, action.Target{Schedule: &c}) }
			return slices.Concat(functionCommands(s, f), []command{
				{id: "list.open", label: "calls", hinted: true, run: func() tea.Cmd {
					return s.open(newCalls(s, callScope{functionID: c.FunctionID, scheduleID: c.ID, name: ui.Clean(c.Name)}))
				}},
			}, scheduleCommands(s, c), []command{
				{id: "list.logs", hinted: true, run: func() tea.Cmd { return s.functionLogs(f) }},
				{id: "list.delete", reason: able(action.DeleteSchedule), run: func() tea.Cmd {
					return s.start(forms.RunAction{Action: action.DeleteSchedule, Target: action.Target{Schedule: &c}})
				}},
			})
		},
	})
}

// readSchedule reads the schedule anew, by its id in the list, and its runs.
func readSchedule(ctx context.Context, b client.Backend, c client.Schedule) (scheduleRuns, error) {
	scheduler, err := client.As[client.Scheduler](b, client.CanSchedule)
	if err != nil {
		return scheduleRuns{}, err
	}
	all, err := scheduler.Schedules(ctx, c.FunctionID)
	if err != nil {
		return scheduleRuns{}, err
	}
	v, found := scheduleRuns{schedule: c}, false
	for _, s := range all {
		if s.ID == c.ID {
			v.schedule, found = s, true
		}
	}
	if !found {
		return v, &client.Error{Code: client.CodeNotFound, Message: fmt.Sprintf("the schedule %s is gone", c.Name)}
	}
	lister, missing := client.As[client.RunLister](b, client.CanListRuns)
	if missing != nil {
		v.noRuns = client.Explain(missing).Sentence
		return v, nil
	}
	v.runs, err = lister.ScheduleRuns(ctx, c.ID, runsPast)
	return v, err
}

func scheduleFacts(c client.Schedule, at moment) []ui.Fact {
	facts := []ui.Fact{
		{Label: "name", Value: c.Name},
		{Label: "description", Value: c.Description},
		{Label: "id", Value: c.ID},
		{Label: "function", Value: c.FunctionName},
		{Label: "cron", Value: c.Cron},
		{Label: "words", Value: words(c)},
		{Label: "overlap", Value: overlapWords(c.Overlap)},
		{Label: "catch-up", Value: catchUpWords(c.CatchUp)},
		{Label: "waiting", Value: waitingWords(c, at), Tone: ui.ToneWarn},
		{Label: "created", Value: fullTime(c.Created, at.Zone)},
	}
	expr, err := cron.Parse(c.Cron)
	if err != nil {
		facts = append(facts, ui.Fact{Label: "next runs", Value: client.Explain(err).Sentence, Tone: ui.ToneWarn})
		return known(facts)
	}
	if warnings := expr.Warnings(); len(warnings) > 0 {
		facts = append(facts, ui.Fact{Label: "note", Value: strings.Join(warnings, "\n"), Tone: ui.ToneWarn})
	}
	if notes := cron.ZoneNotes(expr, at.Zone, at.Now); len(notes) > 0 {
		facts = append(facts, ui.Fact{Label: "clock change", Value: strings.Join(notes, "\n"), Tone: ui.ToneWarn})
	}
	facts = append(facts, ui.Fact{}, ui.Fact{Label: "next runs", Value: strings.Join(runLines(expr.Upcoming(at.Now, runsToCome), at), "\n")})
	return known(facts)
}

// overlapWords say what the policy does; an unknown word is shown as it came.
func overlapWords(policy string) string {
	switch policy {
	case client.OverlapSkip:
		return "skip: a run is left out while the one before still runs"
	case client.OverlapAllow:
		return "allow: a run starts beside one that still runs"
	case client.OverlapQueue:
		return "queue: a run waits for the one before; one waits at most"
	}
	return policy
}

func catchUpWords(policy string) string {
	switch policy {
	case client.CatchUpSkip:
		return "skip: missed runs are left out"
	case client.CatchUpOnce:
		return "once: after missed runs the last of them runs"
	}
	return policy
}

// waitingWords tells of the run that waits, "" if none does.
func waitingWords(c client.Schedule, at moment) string {
	if c.Queued.IsZero() {
		return ""
	}
	return "the run of " + cells.Clock(c.Queued, at) + " waits for the one before"
}

// runLines are times in UTC and, where that differs, in the display zone.
func runLines(times []time.Time, at moment) []string {
	const layout = "Mon _2 Jan 2006 15:04 UTC"
	width, both := len(layout)+3, !forms.IsUTC(at.Zone, times)
	if both {
		width = 46
	}
	var lines []string
	for _, t := range times {
		line := t.UTC().Format(layout)
		if both {
			line += "   " + t.In(at.Zone).Format("Mon 15:04 MST")
		}
		lines = append(lines, ui.Pad(line, width)+"in "+ui.Age(t.Sub(at.Now)))
	}
	return lines
}

// runFacts are the past runs, each missed or skipped one with its reason.
func runFacts(v scheduleRuns, at moment) []ui.Fact {
	if v.noRuns != "" {
		return []ui.Fact{{Value: v.noRuns, Tone: ui.ToneDim}}
	}
	var facts []ui.Fact
	for _, run := range v.runs {
		state, tone := at.Theme.StateText(run.Status)
		line := ui.Pad(state, 12)
		switch {
		case run.Count > 1:
			line += fmt.Sprintf("  %s runs until %s", ui.Grouped(run.Count), cells.Clock(run.Last, at))
		case run.CallID != "":
			line += "  call " + run.CallID
		}
		if run.Reason != "" {
			line += "  " + run.Reason
		}
		facts = append(facts, ui.Fact{Label: cells.Clock(run.Due, at), Value: line, Tone: quiet(tone, false)})
	}
	if len(facts) == 0 {
		return []ui.Fact{{Value: "It has not run yet.", Tone: ui.ToneDim}}
	}
	return facts
}
