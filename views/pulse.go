package views

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"fndeck/client"
	"fndeck/client/rows"
	"fndeck/ui"
	"fndeck/ui/chart"
	"fndeck/views/cells"
	"fndeck/views/digest"
	"fndeck/views/heat"
)

const (
	// pulseEvery is how often the pulse is taken where nothing happens: its ages
	// and its hour move on.
	pulseEvery = 10 * time.Second
	// pulseHour is what the pulse looks back at, in marks of pulseMark each.
	pulseHour = time.Hour
	pulseMark = 2 * time.Minute
	// pulseMost is how many lines each kind of thing has at most.
	pulseMost = 5
)

// pulse is what goes on in a context.
type pulse struct {
	functions rows.List[client.Function]
	calls     []client.Call
	schedules []client.Schedule
	// older says that there are calls of the hour beside the newest ones.
	older bool
	// noSchedules is why there are none.
	noSchedules string
}

// newPulse is the ~ page: what goes on in all functions, and what is due.
func newPulse(s *shell) *pageScreen[pulse] {
	return newPage(s, pageSpec[pulse]{
		title: "pulse",
		tabs:  []string{"Pulse", "Due"},
		kinds: []string{"function", "version", "deploy", "call", "schedule"},
		every: pulseEvery,
		load:  func(ctx context.Context) (pulse, error) { return takePulse(ctx, s.backend) },
		build: func(p pulse, at moment) ([]pageTab, error) {
			due := heat.Facts(p.schedules, at.Now, at.Zone)
			if p.noSchedules != "" {
				due = []ui.Fact{{Value: p.noSchedules, Tone: ui.ToneDim}}
			}
			return factTabs(s.stateDir, pulseFacts(p, at), due)
		},
		commands: func(*pageScreen[pulse]) []command {
			return []command{
				{id: "list.open", label: "calls", hinted: true, run: func() tea.Cmd { return s.switchTo(viewCalls) }},
				{id: "list.logs", hinted: true, run: func() tea.Cmd { return s.switchTo(viewLogs) }},
			}
		},
	})
}

func takePulse(ctx context.Context, b client.Backend) (p pulse, err error) {
	if p.functions, err = rows.ListFunctions(ctx, b); err != nil {
		return p, err
	}
	page, err := b.Calls(ctx, client.CallQuery{Limit: callsLoaded})
	if err != nil {
		return p, err
	}
	p.calls, p.older = page.Calls, page.Next != ""
	scheduler, missing := client.As[client.Scheduler](b, client.CanSchedule)
	if missing != nil {
		p.noSchedules = client.Explain(missing).Sentence
		return p, nil
	}
	p.schedules, err = scheduler.Schedules(ctx, "")
	if errors.Is(err, client.ErrUnsupported) {
		p.noSchedules, err = client.Explain(err).Sentence, nil
	}
	return p, err
}

func pulseFacts(p pulse, at moment) []ui.Fact {
	facts := []ui.Fact{{Label: "functions", Value: stateCounts(p.functions, at)}}
	facts = append(facts, callFacts(p, at)...)
	if troubles := troubled(p.functions, at); len(troubles) > 0 {
		facts = append(append(facts, ui.Fact{}), troubles...)
	}
	return append(facts, dueFacts(p.schedules, at)...)
}

// stateCounts counts the functions by their states: "12  ● Ready 11  ✗ Failed 1".
func stateCounts(functions rows.List[client.Function], at moment) string {
	counts := map[string]int{}
	for _, f := range functions.All() {
		if f.Deploying() {
			f.Status = client.FunctionDeploying
		}
		counts[string(f.Status)]++
	}
	parts := []string{ui.Grouped(int64(functions.Len()))}
	for _, state := range byCount(counts) {
		shown, _ := at.Theme.StateText(state)
		parts = append(parts, fmt.Sprintf("%s %d", shown, counts[state]))
	}
	return strings.Join(parts, "   ")
}

// byCount are the keys, those that count most first.
func byCount(counts map[string]int) []string {
	var keys []string
	for key := range counts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	return keys
}

// callFacts is the last hour: how many calls, how they ended, how long they took.
func callFacts(p pulse, at moment) []ui.Fact {
	marks := int(pulseHour / pulseMark)
	started, failed := make([]int, marks), make([]int, marks)
	var hour []client.Call
	for _, c := range p.calls {
		age := at.Now.Sub(c.Started)
		if age >= pulseHour {
			continue
		}
		hour = append(hour, c)
		mark := marks - 1 - int(max(0, age)/pulseMark)
		started[mark]++
		if digest.Failed(c) {
			failed[mark]++
		}
	}
	sum := digest.Of(hour)
	count := ui.Grouped(int64(len(hour)))
	if p.older && len(hour) == len(p.calls) {
		count += "+"
	}
	calls := "calls"
	if count == "1" {
		calls = "call"
	}
	facts := []ui.Fact{{Label: "last hour", Value: fmt.Sprintf("%s %s   %d running   %d failed", count, calls, sum.Running, sum.Failed)}}
	if sum.Ended == 0 {
		return facts
	}
	most := slices.Max(started)
	facts = append(facts, ui.Fact{Label: "started", Value: string(chart.Counts(started, most)), Tone: ui.ToneInfo, Bars: true})
	if sum.Failed > 0 {
		facts = append(facts, ui.Fact{Label: "failed", Value: string(chart.Counts(failed, most)), Tone: ui.ToneBad, Bars: true})
	}
	return append(facts, ui.Fact{Label: "took", Value: "p50 " + ui.Duration(sum.P50) + "   p95 " + ui.Duration(sum.P95)})
}

// troubled lists the functions that need somebody: those that failed to deploy and
// those whose last call failed, and what is on its way.
func troubled(functions rows.List[client.Function], at moment) []ui.Fact {
	var facts []ui.Fact
	for _, f := range functions.All() {
		fact := ui.Fact{Label: ui.Truncate(ui.Clean(f.Name), 24)}
		switch last := f.LastCall; {
		case f.Deploying():
			fact.Value, fact.Tone = strings.TrimSpace(functionStatus(f, at).Text+"  "+usually(f)), ui.ToneInfo
		case f.Error != nil:
			fact.Value, fact.Tone = "deploy failed: "+cells.FirstLine(f.Error.Message), ui.ToneBad
		case last != nil && digest.Failed(client.Call{Status: last.Status}):
			fact.Value, fact.Tone = fmt.Sprintf("last call %s, %s ago", last.Status, ui.Age(at.Now.Sub(last.Started))), ui.ToneBad
		default:
			continue
		}
		facts = append(facts, fact)
	}
	return someOf(facts, "functions need a look")
}

// dueFacts lists the next runs.
func dueFacts(schedules []client.Schedule, at moment) []ui.Fact {
	var due []client.Schedule
	for _, s := range schedules {
		if !s.Next.IsZero() {
			due = append(due, s)
		}
	}
	slices.SortStableFunc(due, func(a, b client.Schedule) int { return a.Next.Compare(b.Next) })
	var facts []ui.Fact
	for _, s := range due {
		facts = append(facts, ui.Fact{
			Label: ui.Truncate(ui.Clean(s.Name), 24),
			Value: fmt.Sprintf("%s in %s   %s", s.Next.In(at.Zone).Format("15:04"), ui.Elapsed(s.Next.Sub(at.Now)), ui.Clean(s.FunctionName)),
		})
	}
	if len(facts) > 0 {
		facts = append([]ui.Fact{{}, {Label: "next runs", Tone: ui.ToneDim}}, someOf(facts, "more are due")...)
	}
	return facts
}

// someOf are the first facts, and how many more there are.
func someOf(facts []ui.Fact, what string) []ui.Fact {
	if extra := len(facts) - pulseMost; extra > 1 {
		return append(facts[:pulseMost:pulseMost], ui.Fact{Value: fmt.Sprintf("and %d %s", extra, what), Tone: ui.ToneDim})
	}
	return facts
}
