package views

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/rows"
	"fndeck/ui"
)

func TestAnActionAfterAFilterHitsTheRowThatCarriesTheMark(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("j", "j", "/")
		d.typed("anomaly")
		d.press("enter")
		d.see("› anomaly-detect")
		d.miss("gone")
		row, ok := d.root.screen().(*listScreen[client.Function]).item()
		require.True(t, ok)
		assert.Equal(t, "anomaly-detect", row.Name)
		d.press("i")
		d.see("call anomaly-detect")
		d.miss("that row is gone")
	})
}

func TestFailingRowsAreNamedInTheCrumbsAndNotByTheirPattern(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("x")
		d.see("> failing only")
		d.miss("status:")
		d.press("x")
		d.miss("failing only")
		d.press("x", "esc")
		d.miss("failing only")
	})
	quiet := sampleBackend(bubbleStart)
	quiet.functions = quiet.functions[:1]
	drive(t, quiet, func(d *driver) {
		d.press("x")
		d.see("None of 1 functions failing.  x shows all")
	})
}

func TestTheSchedulesWhoseLastRunFailedAreOneKeyAway(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		backend := sampleBackend(bubbleStart)
		backend.schedules = []client.Schedule{
			{ID: "s1", Name: "well", Cron: "0 * * * *", LastCall: &client.CallSummary{ID: "1", Status: client.CallCompleted, Started: bubbleStart}},
			{ID: "s2", Name: "broken", Cron: "0 * * * *", LastCall: &client.CallSummary{ID: "2", Status: client.CallFailed, Started: bubbleStart}},
			{ID: "s3", Name: "slow", Cron: "0 * * * *", LastCall: &client.CallSummary{ID: "3", Status: client.CallTimeout, Started: bubbleStart}},
			{ID: "s4", Name: "unused", Cron: "0 * * * *"},
		}
		perform(t, backend, 80, 24, Options{ASCII: ascii}, func(s *stage) {
			s.press("4", "x")
			assert.Contains(t, s.screen.text(), "schedules (2 of 4) > failing only")
			assert.Contains(t, s.screen.text(), "broken")
			assert.Contains(t, s.screen.text(), "slow")
		})
	}
}

func TestABadPatternKeepsThePromptOpenUntilItIsMended(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("/")
		d.typed("/re[/")
		d.press("enter")
		d.see("/re[/", "missing closing ]")
		d.press("backspace", "backspace")
		d.typed("/")
		d.press("enter")
		d.see("functions (2 of 5) > //re/")
		d.miss("missing")
		d.press("j")
		d.see("› nightly-report")
	})
}

func TestAToastLeavesTheKeysWhereThereIsRoom(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		d.see("help ?")
		d.press("j", "r")
		d.see("ingest-ims is already deploying v8", "help ?", "call i")
		backend.change(func() {
			f := &backend.functions[1]
			f.DeployingVersion, f.Error = 0, &client.Failure{Message: "no matching distribution for pandass in any of the indexes that were asked"}
		})
		d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		d.press("ctrl+r")
		d.see("ingest-ims: the deploy failed: no", ". v7 still serves. l shows the build")
	})
}

func TestALowTerminalStillNamesTheKeyOfTheHelp(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.description.Isolation = "landlock 7 + seccomp, network open"
	drive(t, backend, func(d *driver) {
		d.send(tea.WindowSizeMsg{Width: 40, Height: 10})
		d.see("help ?", "◐ 1")
		d.press("?")
		d.miss("help ?")
	})
}

func TestAfterASearchTheFootOffersItsKeys(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		d.press("l")
		d.miss("next n")
		d.press("/")
		d.typed("page 199")
		d.press("enter")
		d.see("next n", "previous N", "matches x", "2 matches ")
	})
}

func TestTheFilterInForceIsReplacedByTypingAndEditedByOtherKeys(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 80, 24, Options{}, func(s *stage) {
		s.press("/", "p", "i", "enter")
		assert.Contains(t, s.screen.text(), "> /pi")
		s.press("/")
		assert.Contains(t, s.screen.text(), "\n /pi", "the text from before is there")
		s.press("i", "m")
		assert.Contains(t, s.screen.text(), "> /im\n", "and typing replaces it")
		assert.Contains(t, s.screen.text(), "› ingest-ims")
		s.press("enter", "/", "enter")
		assert.Contains(t, s.screen.text(), "> /im\n", "opening alone changes nothing")
		s.press("/", "left", "g", "-")
		assert.Contains(t, s.screen.text(), "> /ig-m\n")
		s.press("enter", "/", "backspace", "i")
		assert.Contains(t, s.screen.text(), "> /ig-i\n")
		s.press("enter", "/")
		s.program.Send(tea.PasteMsg{Content: "score"})
		s.rest()
		assert.Contains(t, s.screen.text(), "> /score\n", "a paste replaces it too")
		s.press("enter", "/", "esc")
		assert.Contains(t, s.screen.text(), " functions (5)\n")
	})
}

func TestTimesAreComparedByHowLongAgoTheyWere(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 100, 40, Options{}, func(s *stage) {
		for text, count := range map[string]string{
			"started:<10m":              "calls (2 of 30)",
			"started:>1h":               "calls (21 of 30)",
			"started:!>1h":              "calls (9 of 30)",
			"started:<=1h status:faile": "calls (2 of 30)",
			"started:>30d":              "calls (0 of 30)",
		} {
			s.press("2", "/")
			s.program.Send(tea.PasteMsg{Content: text})
			s.press("enter")
			assert.Contains(t, s.screen.text(), count, text)
		}
		s.press("4", "/")
		s.program.Send(tea.PasteMsg{Content: "next:<2h"})
		s.press("enter")
		assert.Contains(t, s.screen.text(), "schedules (1 of 3)")
		assert.Contains(t, s.screen.text(), "› hourly")
	})
}

// asShown filters and sorts a list and returns the ids in their order on the screen.
func asShown[T any](t *testing.T, spec listSpec[T], list rows.List[T], filter string, sortBy ...int) (ids []string) {
	t.Helper()
	var columns []ui.Column
	for _, c := range spec.columns {
		columns = append(columns, c.Column)
	}
	at := moment{Now: bubbleStart, Zone: time.UTC, Theme: ui.NewTheme(true, false)}
	table := ui.NewTable(columns)
	of := &listRows[T]{columns: spec.columns, id: spec.id, running: spec.running, items: list.Reader(), count: list.Len(), at: &at, last: new(rowGroup)}
	table.SetRows(of, at.Now)
	require.NoError(t, table.Filter(filter))
	for _, column := range sortBy {
		table.Sort(column)
	}
	for _, row := range table.Around(list.Len()) {
		ids = append(ids, of.ID(row))
	}
	return ids
}

// packedLikePlain holds that it does not show whether a list is packed.
func packedLikePlain[T any](t *testing.T, spec listSpec[T], plain, packed rows.List[T], filters ...string) {
	t.Helper()
	for _, filter := range append(filters, "") {
		want := asShown(t, spec, plain, filter)
		assert.Equal(t, want, asShown(t, spec, packed, filter), filter)
		assert.NotEmpty(t, want, filter)
		assert.Equal(t, filter == "", len(want) == plain.Len(), filter)
		for column := range spec.columns {
			assert.Equal(t, asShown(t, spec, plain, filter, column, column), asShown(t, spec, packed, filter, column, column), "%s by %s", filter, spec.columns[column].Key)
		}
	}
}

func TestAFilterFindsInAPackedListWhatItFindsInAPlainOne(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	functions, calls := make([]client.Function, 1500), make([]client.Call, 1500)
	for i := range functions {
		began := bubbleStart.Add(-time.Duration(i) * time.Minute)
		f := client.Function{
			ID: strconv.Itoa(9000 - i), Name: fmt.Sprintf("fn-%d", random.IntN(500)), Owner: []string{"data", "ocean", ""}[i/100%3],
			Status: []client.FunctionStatus{client.FunctionReady, client.FunctionFailed}[i/7%2], Version: 1 + i/50%4, Runtime: "py312",
			P95: time.Duration(random.IntN(3)) * time.Second, Created: began,
		}
		if random.IntN(10) == 0 {
			f.Status, f.DeployingVersion, f.DeployStarted = client.FunctionDeploying, 9, bubbleStart.Add(-time.Duration(random.IntN(60))*time.Second)
		}
		if random.IntN(20) == 0 {
			f.ExternalID, f.Mode, f.Workers = "ext-7", client.ModeWarm, 2
		}
		c := client.Call{
			ID: strconv.Itoa(70000 - i), FunctionName: f.Name, Started: began, Ended: began.Add(time.Second), Duration: time.Duration(random.IntN(3000)) * time.Millisecond,
			Status: []client.CallStatus{client.CallCompleted, client.CallFailed}[i/7%2], Version: 1 + i/50%4, Preview: strconv.Itoa(random.IntN(50)), LogLines: int64(i / 80),
		}
		if random.IntN(10) == 0 {
			c.Status, c.Duration, c.ScheduleName = client.CallRunning, 0, "nightly"
		}
		if random.IntN(10) == 0 {
			c.Error, c.Warm, c.MaxRSSBytes = &client.Failure{Message: "boom"}, true, int64(random.IntN(1e9))
		}
		functions[i], calls[i] = f, c
	}
	packedLikePlain(t, listSpec[client.Function]{columns: functionColumns, id: func(f client.Function) string { return f.ID }, running: client.Function.Deploying},
		rows.Of(functions), rows.Pack(rows.Functions, functions),
		"7", "ready", "!ready", "dep 1", "40s", "owner:ocean", "status:failed !v3", "p95:>1s", "age:>1h", "name:/[0-3]$/ data", "ext", "warm", "external:ext name:!1")
	packedLikePlain(t, listSpec[client.Call]{columns: callColumns(callScope{}), id: func(c client.Call) string { return c.ID }, running: func(c client.Call) bool { return !c.Status.Ended() }},
		rows.Of(calls), rows.Pack(rows.Calls, calls),
		"7", "completed", "!running", "nightly", "boom", "duration:>1s", "v3 !9", "peak", "result:4", "log:>3", "function:fn-12")
}

func TestAgesAreFoundByTheNameOfTheirColumnOnly(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		table := d.root.screen().(*listScreen[client.Function]).table
		_, all := table.Counts()
		age := table.Rows().Cell(0, table.Column("age")).Text
		require.NoError(t, table.Filter("age:"+age))
		shown, _ := table.Counts()
		assert.Positive(t, shown)
		require.NoError(t, table.Filter(age))
		without, _ := table.Counts()
		assert.Less(t, without, all, "%s is in no name", age)
		assert.Less(t, without, shown)
	})
}

// found are the rows whose cells match a filter, each cell made for itself.
func found[T any](t *testing.T, spec listSpec[T], items []T, source string) (ids []string) {
	t.Helper()
	keys := make([]string, len(spec.columns))
	for i, c := range spec.columns {
		keys[i] = c.Key
	}
	filter, err := ui.ParseFilter(source, keys)
	require.NoError(t, err, source)
	theme := ui.NewTheme(true, false)
	for _, item := range items {
		at := moment{Now: bubbleStart, Zone: time.UTC, Theme: theme}
		cell := func(column int) string { return spec.columns[column].cell(item, at).Text }
		if filter.MatchRow(len(spec.columns), cell, nil) {
			ids = append(ids, spec.id(item))
		}
	}
	return ids
}

func TestAFilterFindsTheCallsWhoseCellsShowIt(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	calls, began := make([]client.Call, 1000), bubbleStart.Add(time.Minute)
	for i := range calls {
		// Seconds, minutes and days apart, so that dates change at midnight and with the year.
		began = began.Add(-[]time.Duration{0, time.Second / 3, 7 * time.Second, 31 * time.Minute, 13 * time.Hour}[random.IntN(5)])
		calls[i] = client.Call{
			ID: strconv.Itoa(90000 - i), FunctionName: fmt.Sprintf("Fn-%d", random.IntN(5)), Started: began, Version: 1 + i/100, LogLines: int64(random.IntN(2)) - 1,
			Duration: time.Duration(random.Int64N(1 << random.IntN(45))), Status: client.CallCompleted, Preview: fmt.Sprintf("{\"rows\":%d}\nmore", random.IntN(500)),
		}
		switch c := &calls[i]; random.IntN(12) {
		case 0:
			c.Status, c.Duration = client.CallRunning, 0
		case 1:
			c.Status, c.Error = client.CallFailed, &client.Failure{Message: "Größe\x1b fehlt"}
		case 2:
			c.Started, c.Warm, c.MaxRSSBytes = time.Time{}, true, random.Int64N(1e9)
		}
	}
	spec := listSpec[client.Call]{columns: callColumns(callScope{}), id: func(c client.Call) string { return c.ID }, running: func(c client.Call) bool { return !c.Status.Ended() }}
	at := moment{Now: bubbleStart, Zone: time.UTC, Theme: ui.NewTheme(true, false)}
	for range 60 {
		filter := ""
		for range 1 + random.IntN(2) {
			column := spec.columns[random.IntN(len(spec.columns))]
			text := []rune(column.cell(calls[random.IntN(len(calls))], at).Text)
			from := random.IntN(len(text))
			word := strings.Map(func(r rune) rune {
				if r == '"' {
					return '.'
				}
				return r
			}, string(text[from:min(len(text), from+1+random.IntN(4))]))
			filter += []string{"", "", "!", column.Key + ":", column.Key + ":!"}[random.IntN(5)] + `"` + word + `" `
		}
		require.Equal(t, found(t, spec, calls, filter), asShown(t, spec, rows.Pack(rows.Calls, calls), filter), filter)
	}
}
