//go:build linux

package embedded_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/action"
)

// ledger is what an engine has acknowledged: what the promises are about.
type ledger struct {
	*desk
	// keeper is a function that must always answer, with one of answers, and keep
	// its schedule.
	keeper  client.Function
	timer   client.Schedule
	answers []string
	// functions and schedules are whether an id must exist; calls the status that
	// was told for one, Running if no end was.
	functions, schedules map[string]bool
	calls                map[string]client.CallStatus
	sources              int
}

func newLedger(d *desk) *ledger {
	l := &ledger{desk: d, functions: map[string]bool{}, schedules: map[string]bool{}, calls: map[string]client.CallStatus{}}
	code, answer := l.source()
	l.keeper = l.deploy(code)
	l.answers = []string{answer}
	var err error
	l.timer, err = d.b.CreateSchedule(d.ctx, client.ScheduleSpec{Name: "kept", FunctionID: l.keeper.ID, Cron: "* * * * *"})
	require.NoError(d, err)
	l.functions[l.keeper.ID], l.schedules[l.timer.ID] = true, true
	return l
}

// countedLines is how many numbered lines each call of a source prints: more
// than one batch of log lines.
const countedLines = 300

// source is code that no version had before, and what it answers.
func (l *ledger) source() (code, answer string) {
	l.sources++
	answer = strconv.Itoa(l.sources)
	return fmt.Sprintf("def handle(data):\n    for i in range(%d):\n        print(i)\n    return %s\n", countedLines, answer), answer
}

// check holds the promises against what the engine says now.
func (l *ledger) check() {
	l.Helper()
	l.checkFunctions()
	l.checkSchedules()
	l.checkCalls()
	half, err := filepath.Glob(filepath.Join(l.o.StateDir, "code", ".upload-*"))
	require.NoError(l, err)
	require.Empty(l, half, "half an upload is left")
}

func (l *ledger) checkFunctions() {
	l.Helper()
	all, err := l.b.Functions(l.ctx)
	require.NoError(l, err)
	there := map[string]bool{}
	for _, f := range all {
		there[f.ID] = true
		settled, err := action.AwaitReady(l.ctx, l.b, f.ID, nil)
		if err != nil {
			require.NotNil(l, settled.Error, "%s: %v", f.Name, err)
			require.NotEmpty(l, settled.Error.Message)
		}
	}
	for id, must := range l.functions {
		require.Equal(l, must, there[id], "function %s", id)
	}
	c := l.call(l.keeper)
	require.Equal(l, client.CallCompleted, c.Status, "the function that served answers: %v", c.Error)
	require.Contains(l, l.answers, c.Preview)
	l.answers = []string{c.Preview}
	l.calls[c.ID] = c.Status
}

func (l *ledger) checkSchedules() {
	l.Helper()
	all, err := l.b.Schedules(l.ctx, "")
	require.NoError(l, err)
	there := map[string]bool{}
	for _, s := range all {
		there[s.ID] = true
		_, err := l.b.Function(l.ctx, s.FunctionID)
		require.NoError(l, err, "the function of schedule %s", s.Name)
		runs, err := l.b.ScheduleRuns(l.ctx, s.ID, 1000)
		require.NoError(l, err)
		seen := map[time.Time]bool{}
		for _, r := range runs {
			require.False(l, seen[r.Due], "schedule %s fired twice for %s", s.Name, r.Due)
			seen[r.Due] = true
		}
	}
	for id, must := range l.schedules {
		require.Equal(l, must, there[id], "schedule %s", id)
	}
}

func (l *ledger) checkCalls() {
	l.Helper()
	for id, told := range l.calls {
		if told != client.CallRunning && told != client.CallCompleted {
			continue // its end was told, and looked at then
		}
		c, err := l.b.WaitCall(l.ctx, l.keeper.ID, id)
		require.NoError(l, err, "call %s was acknowledged", id)
		require.True(l, c.Status.Ended(), "call %s is %s", id, c.Status)
		if told.Ended() {
			require.Equal(l, told, c.Status, "call %s", id)
		}
		lines := l.lines(c)
		for i, line := range slices.DeleteFunc(lines, isMark) {
			require.Equal(l, strconv.Itoa(i), line, "the log of call %s has a hole", id)
		}
		if c.Status == client.CallCompleted {
			require.GreaterOrEqual(l, len(lines), countedLines, "lines of call %s are lost", id)
		}
		delete(l.calls, id)
	}
}

// isMark reports whether a line is the engine's own.
func isMark(line string) bool {
	_, err := strconv.Atoi(line)
	return err != nil
}

// spare makes a function with a schedule that a round may delete.
func (l *ledger) spare() (client.Function, client.Schedule) {
	l.Helper()
	f, err := l.b.Deploy(l.ctx, client.FunctionSpec{Name: "spare"}, l.code("def handle(data): return 0\n"), nil)
	require.NoError(l, err)
	f, err = action.AwaitReady(l.ctx, l.b, f.ID, nil)
	require.NoError(l, err)
	s, err := l.b.CreateSchedule(l.ctx, client.ScheduleSpec{Name: "spare", FunctionID: f.ID, Cron: "0 0 1 1 *"})
	require.NoError(l, err)
	return f, s
}

// tidy deletes what rounds made beside the keeper, so that they stay alike.
func (l *ledger) tidy() {
	l.Helper()
	all, err := l.b.Functions(l.ctx)
	require.NoError(l, err)
	for _, f := range all {
		if f.ID != l.keeper.ID {
			require.NoError(l, l.b.Delete(l.ctx, f.ID))
		}
	}
	timers, err := l.b.Schedules(l.ctx, "")
	require.NoError(l, err)
	for _, s := range timers {
		if s.ID != l.timer.ID {
			require.NoError(l, l.b.DeleteSchedule(l.ctx, s.ID))
		}
	}
	l.functions = map[string]bool{l.keeper.ID: true}
	l.schedules = map[string]bool{l.timer.ID: true}
}
