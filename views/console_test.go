package views

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/ui"
	"fndeck/views/feeds"
	"fndeck/views/keys"
)

func TestTheDigitsGoToTheFiveViewsAndEachKeepsItsPlace(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.see("functions (5)", "ingest-pi", "Hibernating")
		d.press("j", "j", "/")
		d.typed("ingest")
		d.press("enter")
		d.see("functions (3 of 5) > /ingest")
		d.press("2")
		d.see("calls (30)")
		d.press("4")
		d.see("schedules (3)", "weekday")
		d.press("3")
		d.see("fetched page 200 of 200", "200 lines")
		d.press("1")
		d.see("functions (3 of 5) > /ingest", "› ingest-score")
	})
}

func TestEscGoesBackOneStepAndNeverQuits(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("enter")
		d.see("functions > calls ingest-pi")
		d.press("enter")
		d.see("functions > calls ingest-pi > call c-900")
		d.press("/")
		d.typed("page")
		d.press("enter", "esc")
		d.see("call c-900")
		d.press("esc")
		d.see("functions > calls ingest-pi (")
		d.press("esc")
		d.see("functions (5)")
		d.press("esc", "esc")
		assert.False(t, d.quit)
		d.press("]", "]")
		d.see("call c-900")
		d.press("-")
		d.see("functions > calls ingest-pi (")
	})
}

func TestQuittingAsksInAViewAndPopsElsewhere(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("enter", "q")
		d.see("functions (5)")
		d.press("q")
		d.see("quit fndeck?", "go on without the console")
		d.press("n")
		d.miss("quit fndeck?")
		d.press("q", "y")
		assert.True(t, d.quit)
	})
}

func TestADeployTicksByItselfAndItsEndIsTold(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	var events func(client.Event)
	backend.watch = func(ctx context.Context, emit func(client.Event)) error {
		events = emit
		emit(client.Event{Reset: true})
		<-ctx.Done()
		return ctx.Err()
	}
	drive(t, backend, func(d *driver) {
		d.see("Deploying 42s", "1 deploying", "v7→v8")
		d.wait(3 * time.Second)
		d.see("Deploying 45s")
		backend.change(func() {
			backend.functions[1].Version, backend.functions[1].DeployingVersion = 8, 0
		})
		d.press("2")
		events(client.Event{Kind: "deploy", ID: "d2"})
		d.wait(300 * time.Millisecond)
		d.see("ingest-ims v8 is Ready after 45s")
		d.miss("deploying")
		d.press("1")
		d.see("v8 ")
	})
}

func TestAFailedDeploySaysWhatStillServesAndIsKept(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		backend.change(func() {
			f := &backend.functions[1]
			f.DeployingVersion, f.Error = 0, &client.Failure{Message: "no matching distribution for pandass"}
		})
		d.press("ctrl+r")
		d.see("ingest-ims: the deploy failed: no matching distribution for pandass. v7 still serves. l shows the build", "! 1")
		d.press("!")
		d.see("no matching distribution")
		d.miss("! 1")
		d.press("enter")
		d.see("what", "deploy ingest-ims")
		d.press("esc")
		backend.change(func() { backend.functions[1].DeployingVersion = 9 })
		d.press("ctrl+r")
		backend.change(func() {
			f := &backend.functions[1]
			f.DeployingVersion, f.Error = 0, &client.Failure{Message: "disk full"}
		})
		d.press("ctrl+r")
		d.see("errors (2)", "disk full")
		d.miss("! 1")
	})
}

func TestLogsOfADeployingFunctionAreItsBuildOutput(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.change(func() {
		backend.lines = append(backend.lines, client.LogLine{Position: 900, Text: "Collecting pandas", Stream: "build"})
	})
	drive(t, backend, func(d *driver) {
		d.press("j", "l")
		d.see("functions > build ingest-ims", "Collecting pandas")
		d.press("esc", "k", "l")
		d.see("functions > logs ingest-pi")
	})
}

func TestALostBackendKeepsTheRowsAndSaysSo(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		d.press("2", "j", "j")
		backend.change(func() {
			backend.listErr = &client.Error{Code: client.CodeUnavailable, Message: "engine.sock: connection refused"}
		})
		d.press("ctrl+r")
		d.see("stale", "retry in", "engine.sock: connection refused", "c-898", "calls (30)")
		backend.change(func() { backend.listErr = nil })
		d.press("ctrl+r")
		d.miss("stale", "connection refused")
		row, ok := d.root.screen().(*listScreen[client.Call]).item()
		require.True(t, ok)
		assert.Equal(t, "c-898", row.ID)
	})
}

func TestAStateThatCannotBeWrittenIsNamedInTheHeader(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.description.ReadOnly = "read-only: nothing can be written to /srv/state, its file system is mounted read-only"
	drive(t, backend, func(d *driver) { d.see("read-only: nothing can be written to") })
}

func TestALostEngineShowsItsBannerAndItsReturnReadsAnew(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	var mu sync.Mutex
	banner := ""
	var changed chan struct{} // made where it is waited for, inside the bubble
	set := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		banner = text
		close(changed)
		changed = nil
	}
	lost := func() (string, <-chan struct{}) {
		mu.Lock()
		defer mu.Unlock()
		if changed == nil {
			changed = make(chan struct{})
		}
		return banner, changed
	}
	driveWith(t, backend, Options{Lost: lost}, func(d *driver) {
		d.press("j", "/")
		d.typed("i")
		d.press("enter")
		set("engine lost, retrying")
		d.wait(time.Second)
		d.see("engine lost, retrying", "> /i", "› ingest-ims")
		backend.change(func() { backend.functions[1].Version = 99 })
		set("")
		d.wait(time.Second)
		d.see("v99", "> /i", "› ingest-ims")
		d.miss("engine lost")
	})
}

func TestRefusedIsAStateWithAWayOut(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.listErr = &client.Error{Code: client.CodeUnauthenticated, Message: "not signed in: token expired 12:04", Hint: "sign in again"}
	drive(t, backend, func(d *driver) {
		d.see("not signed in: token expired 12:04.  sign in again", "no data")
		d.miss("loading")
	})
}

func TestNothingIsSaidOfAListForTheFirstMoments(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	slow := &slowBackend{fakeBackend: backend}
	made := func() client.Backend {
		slow.release = make(chan struct{})
		return slow
	}
	driveAny(t, made, func(d *driver) {
		d.miss("loading")
		d.wait(300 * time.Millisecond)
		d.see("loading functions…")
		close(slow.release)
		d.settle()
		d.see("ingest-pi")
	})
}

func TestABackendThatDoesNotAnswerIsNamedWhileTheRowsStay(t *testing.T) {
	slow := &slowBackend{fakeBackend: sampleBackend(bubbleStart)}
	made := func() client.Backend {
		slow.release = make(chan struct{}, 10)
		slow.release <- struct{}{}
		slow.release <- struct{}{} // For the reset that every watch begins with.
		return slow
	}
	driveAny(t, made, func(d *driver) {
		d.wait(time.Second)
		d.press("ctrl+r")
		d.wait(5 * time.Second)
		d.see("stale", "no answer for 5s", "ingest-pi")
		slow.release <- struct{}{}
		d.settle()
		d.miss("no answer")
	})
}

// slowBackend lists functions only when it is released.
type slowBackend struct {
	*fakeBackend
	release chan struct{}
}

func (s *slowBackend) Functions(ctx context.Context) ([]client.Function, error) {
	select {
	case <-s.release:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return s.fakeBackend.Functions(ctx)
}

func TestWhatABackendCannotDoIsSaidWithItsReason(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.description.Missing = map[client.Capability]string{
		client.CanSchedule: "Foundry has no schedules for functions",
		client.CanRedeploy: "Foundry functions are published from a repository, not from here",
	}
	drive(t, backend, func(d *driver) {
		d.press("r")
		d.see("Foundry functions are published from a repository, not from here")
		d.press("4")
		d.see("Foundry has no schedules for functions")
		d.press("n")
		d.see("Foundry has no schedules for functions")
	})
}

func TestAFilterThatMatchesNothingAndABadOneAreShown(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("/")
		d.typed("ingst")
		d.see("0 of 5 match ingst.  esc clears")
		d.press("ctrl+u")
		d.typed("name:pi")
		d.see("ingest-pi")
		d.miss("ingest-ims")
		d.typed(" /re(/")
		d.see("missing closing", "ingest-pi")
		d.press("esc")
		d.see("functions (5)")
	})
}

func TestTheHeaderAndTheHelpShowTheKeysThatThereAre(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.see("redeploy r", "call i", "filter /", "help ?", "fndeck", "local", "isolation: none")
		d.press("?")
		d.see("FUNCTIONS", "EVERYWHERE", "choose an earlier version")
		d.press("esc")
		d.miss("EVERYWHERE")
	})
}

func TestNoKeyIsBoundTwice(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		assert.Empty(t, d.root.keys.Conflicts())
		visit(d, func(name string) {
			seen := map[string]string{}
			r := d.root
			for _, c := range append(r.screen().Commands(), r.global()...) {
				b, ok := r.keys.Lookup(c.id)
				require.True(t, ok, "%s offers %s, which has no keys", name, c.id)
				for _, key := range b.Keys {
					assert.Empty(t, seen[key], "%s: %s is %s and %s", name, key, seen[key], c.id)
					seen[key] = c.id
				}
			}
		})
	})
}

func TestADeletedFunctionLeavesTheCursorAndActionsMissTheNextOne(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		d.press("j")
		backend.change(func() { backend.functions = append(backend.functions[:1:1], backend.functions[2:]...) })
		d.press("ctrl+r")
		d.see("gone")
		d.press("r")
		d.see("that row is gone")
	})
}

func TestAtRestNothingTicksButAges(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.functions = backend.functions[:1]
	drive(t, backend, func(d *driver) {
		assert.Equal(t, agesEvery, d.root.screen().Pulse())
		d.press("5")
		assert.Zero(t, d.root.screen().Pulse())
	})
}

func TestAgesThatStayForAMinuteWakeTheConsoleOnceAMinute(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.functions = backend.functions[:1]
	called := *backend.functions[0].LastCall
	drive(t, backend, func(d *driver) {
		for _, age := range []struct{ since, pulse time.Duration }{
			{5 * time.Second, agesEvery}, {12 * time.Minute, agesEvery}, {3*time.Hour + 10*time.Minute, agesRarely}, {4*time.Hour - time.Second, agesEvery},
		} {
			last := called
			last.Started = d.root.clock().Add(-age.since)
			backend.change(func() { backend.functions[0].LastCall = &last })
			d.press("ctrl+r")
			d.wait(2 * time.Second) // What has changed flashes.
			assert.Equal(t, age.pulse, d.root.screen().Pulse(), "%s ago", age.since)
		}
	})
}

func TestACursorKeyMakesTheTextOfACellForItsFrameAndToSeeWhetherItAges(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.functions = backend.functions[2:4]
	for i := range backend.functions {
		backend.functions[i].LastCall = nil // Where an age changes soon, the first of them is enough.
	}
	drive(t, backend, func(d *driver) {
		d.see("functions (2)")
		rows := d.root.screen().(*listScreen[client.Function]).table.Rows().(*listRows[client.Function])
		made := 0
		rows.columns = slices.Clone(rows.columns)
		for i, c := range rows.columns {
			rows.columns[i].cell = func(f client.Function, at moment) ui.Cell {
				made++
				return c.cell(f, at)
			}
		}
		d.root.Update(tea.KeyPressMsg{Code: 'j', Text: "j"})
		d.root.View()
		assert.Positive(t, made)
		assert.LessOrEqual(t, made, 3*rows.Len()*len(rows.columns))
	})
}

func TestACellThatChangedUnderAFormDoesNotKeepTheConsoleAwake(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.functions = backend.functions[:1]
	drive(t, backend, func(d *driver) {
		d.see("functions (1)")
		d.press("i")
		d.see("Data")
		backend.change(func() { backend.functions[0].Status = client.FunctionFailed })
		d.wait(feeds.PollEvery)
		table := d.root.screen().(*listScreen[client.Function]).table
		require.NotZero(t, table.FlashUntil(), "the change is in the list behind")
		d.wait(2 * time.Second)
		assert.Equal(t, agesEvery, d.root.screen().Pulse())
		d.press("esc")
		assert.Zero(t, table.FlashUntil())
	})
}

func TestAPasteIntoAListIsRefused(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.send(tea.PasteMsg{Content: "r\nr\n"})
		d.see("a paste belongs in a form: i opens one")
	})
}

func TestLeavingWorksOnATerminalThatIsTooSmall(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.send(tea.WindowSizeMsg{Width: 38, Height: 9})
		assert.Equal(t, "too small: 38x9, need 40x10", d.frame())
		d.press("q")
		assert.True(t, d.quit)
	})
}

func TestScreensLeaveNothingRunningBehind(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		for range 20 {
			d.press("1", "enter", "enter", "tab", "esc", "esc", "2", "3", "4", "d", "esc", "5")
		}
		// drive fails the test if a goroutine is left when the console has ended.
	})
}

func TestALargeListIsLoadedInPartsAndFiltersInTheBackground(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	for i := range 25_000 {
		call := backend.calls[i%30]
		call.ID = fmt.Sprintf("many-%d", i)
		backend.calls = append(backend.calls, call)
	}
	drive(t, backend, func(d *driver) {
		d.press("2")
		d.see("calls (500+)")
		d.press("M")
		d.see("calls (1 000+)")
		for range 5 {
			d.press("M")
		}
		d.see("calls (25 030)")
		d.press("/")
		d.typed("many-24999")
		d.press("enter")
		d.see("calls (1 of 25 030) > /many-24999", "many-24999")
		d.press("esc", "S")
		d.see("calls (25 030)", "STATUS ↑")
		d.press("M")
		d.see("all calls are loaded")
	})
}

func TestABackendThatDoesNotPushIsPolled(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.description.Missing = map[client.Capability]string{client.CanPush: "polled"}
	drive(t, backend, func(d *driver) {
		d.see("Deploying")
		backend.change(func() { backend.functions[1].Version, backend.functions[1].DeployingVersion = 8, 0 })
		d.wait(feeds.PollBusyEvery + 100*time.Millisecond)
		d.see("ingest-ims v8 is Ready")
		backend.change(func() { backend.functions = backend.functions[:1] })
		d.wait(feeds.PollEvery + 100*time.Millisecond)
		d.see("functions (1)")
	})
}

func TestAListThatNobodyLooksAtIsReadSeldomAndAtOnceByWhoComesBack(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.description.Missing = map[client.Capability]string{client.CanPush: "polled"}
	backend.functions = backend.functions[:1]
	drive(t, backend, func(d *driver) {
		d.send(tea.BlurMsg{})
		d.wait(feeds.PollEvery + 100*time.Millisecond) // the pause that had begun
		backend.change(func() { backend.functions[0].Name = "renamed" })
		d.wait(3 * feeds.PollEvery)
		d.miss("renamed")
		d.send(tea.FocusMsg{})
		d.see("renamed")
	})
}

func TestWhatIsWrongWithTheConfigurationStandsInTheErrors(t *testing.T) {
	bound, _ := keys.Build(keys.Config{Bound: map[string][]string{"app.help": {"H"}}})
	options := Options{Keys: &bound, Problems: []error{client.Invalidf("config.yaml:3:5: there is no action %q", "x")}}
	driveWith(t, sampleBackend(bubbleStart), options, func(d *driver) {
		d.see("config.yaml:3:5", "! 1")
		d.press("!")
		d.see("there is no action", "read the configuration")
		d.press("esc", "?")
		d.miss("everywhere")
		d.press("H")
		d.see("EVERYWHERE")
	})
}
