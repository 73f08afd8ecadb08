package views

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
)

func TestAPageOfWhatWasDeletedElsewhereSaysSoAndAsksNoMore(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	drive(t, backend, func(d *driver) {
		d.press("d")
		d.see("ingest-pi", "/src/ingest-pi")
		kept := backend.functions
		backend.change(func() { backend.functions = backend.functions[1:] })
		d.press("ctrl+r")
		d.see("deleted  as it was at", "/src/ingest-pi")
		d.miss("stale", "retry", "! 1")
		d.wait(2 * time.Minute)
		d.miss("stale", "retry", "! 1", "no answer")
		d.press("ctrl+d")
		d.see("ingest-pi is deleted already")

		backend.change(func() { backend.functions = kept })
		d.press("ctrl+r")
		d.miss("deleted  as")
	})
	drive(t, backend, func(d *driver) {
		d.press("4", "d")
		backend.change(func() { backend.schedules = backend.schedules[1:] })
		d.press("ctrl+r")
		d.see("deleted  as it was at", "0 * * * *")
		d.miss("stale")
		d.press("1", "2", "enter")
		backend.change(func() { backend.calls = backend.calls[1:] })
		d.press("ctrl+r")
		d.see("deleted  as it was at")
		d.press("1", "-")
		d.see("deleted  as it was at")
		d.miss("stale")
	})
}

func TestALogThatIsBeingReadStaysWhenItsCallEnds(t *testing.T) {
	for _, keys := range [][]string{{}, {"k"}, {"s"}, {"w"}} {
		backend := sampleBackend(bubbleStart)
		drive(t, backend, func(d *driver) {
			d.press("2", "enter")
			d.see("fetched page 200")
			d.press(keys...)
			backend.change(func() { backend.calls[0].Status = client.CallCompleted })
			d.press("ctrl+r")
			d.see("Completed")
			page, ok := d.root.screen().(*pageScreen[calledOnce])
			require.True(t, ok)
			if len(keys) == 0 {
				assert.Equal(t, tabResult, page.tab, "an untouched page shows what came back")
				return
			}
			assert.Equal(t, tabLog, page.tab, "%v was pressed in the log", keys)
			d.see("fetched page")
		})
	}
}

func TestThePageOfErrorsSaysWhatItHolds(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("!")
		d.see("No error in this console since 01:00.  2, then x shows failed calls")
	})
}

func TestTheBuildOutputOfAnyDeployIsOneChoiceAway(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.deploys = []client.Deploy{
		{ID: "d9", FunctionID: "f1", Kind: "redeploy", FromVersion: 11, ToVersion: 12, Status: client.FunctionReady, Started: bubbleStart.Add(-time.Hour), Ended: bubbleStart.Add(-time.Hour + 4*time.Second)},
		{ID: "d8", FunctionID: "f1", Kind: "redeploy", FromVersion: 10, ToVersion: 11, Status: client.FunctionFailed, Started: bubbleStart.Add(-2 * time.Hour), Ended: bubbleStart.Add(-2 * time.Hour), Error: &client.Failure{Message: "no module named requests"}},
	}
	var asked []client.LogQuery
	backend.follow = func(_ context.Context, query client.LogQuery, _ func([]client.LogLine) error) error {
		asked = append(asked, query)
		return nil
	}
	for _, key := range []string{"enter", "l"} {
		asked = nil
		drive(t, backend, func(d *driver) {
			d.press("d", "tab", "tab")
			d.see("v11→v12", "choose a build")
			d.press(key)
			d.see("deploys ingest-pi (2)", "› redeploy", "v11→v12", "no module named requests")
			d.press(key)
			d.see("build ingest-pi")
			require.NotEmpty(t, asked)
			assert.Equal(t, "d9", asked[len(asked)-1].DeployID)
		})
	}
}

func TestARunningCallIsCancelledAfterAYes(t *testing.T) {
	for name, open := range map[string][]string{"list": {"2"}, "page": {"2", "enter"}} {
		t.Run(name, func(t *testing.T) {
			backend := sampleBackend(bubbleStart)
			var cancelled []string
			backend.cancel = func(id string) error {
				cancelled = append(cancelled, id)
				return nil
			}
			drive(t, backend, func(d *driver) {
				d.press(open...)
				d.press("K")
				d.see("cancel call c-900", "End the call")
				d.wait(time.Second)
				d.press("n")
				assert.Empty(t, cancelled)
				d.press("K")
				d.wait(time.Second)
				d.press("y")
				assert.Equal(t, []string{"c-900"}, cancelled)
				d.press("1", "2", "j", "K")
				d.see("call c-899 has ended: Completed")
			})
		})
	}
}

func TestAKeyThatThisVersionDoesNotHaveSaysSo(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		bound := map[string]bool{}
		for _, c := range append(d.root.screen().Commands(), d.root.global()...) {
			b, _ := d.root.keys.Lookup(c.id)
			for _, key := range b.Keys {
				bound[key] = true
			}
		}
		for _, key := range laterKeys {
			assert.False(t, bound[key], "%s is there", key)
			if key == "space" {
				continue
			}
			d.press("j", key)
			d.see(key + " is not in this version")
		}
		d.press("j", "K")
		d.see("no deploy of")
		d.press("t")
		d.see("not in functions")
		d.press("2", "n")
		d.see("new: not in calls")
		d.press("1")
		d.press("?")
		d.miss("not in this version")
		d.press("esc", "l", "t")
		d.miss("not in this version")
	})
}

func TestAResultFoldsUnderTheCursorAndKeepsItsPlace(t *testing.T) {
	drive(t, sampleBackend(bubbleStart), func(d *driver) {
		d.press("2", "j", "enter")
		d.see(`"rows": 1204`, `"pi:101"`, "$ ")
		d.press("j", "j", "j", "j", "space")
		d.see(`"tags": […]  19 B`, "$.tags ")
		d.press("ctrl+r")
		d.see(`"tags": […]`, "$.tags ")
		d.press("Z")
		d.see(`"pi:101"`)
		d.press("C")
		d.see("path copied", `"rows": 1204`)
		d.wait(10 * time.Second)
		d.press("/")
		d.typed("next")
		d.press("enter")
		d.see("$.next ")
	})
}

func TestAResultThatIsCutAtTheEdgeSaysSoAndWraps(t *testing.T) {
	backend := sampleBackend(bubbleStart)
	backend.result.Response = []byte(`{"note":"` + strings.Repeat("all of it matters ", 20) + `to the end"}`)
	perform(t, backend, 80, 24, Options{}, func(s *stage) {
		s.press("2", "j", "enter")
		assert.Contains(t, s.screen.text(), "…\n")
		assert.NotContains(t, s.screen.text(), "to the end")
		s.press("w")
		assert.Contains(t, s.screen.text(), `to the end"`)
		s.press("w")
		assert.NotContains(t, s.screen.text(), "to the end")
	})
}

func TestTheRareColumnsAreShownAtEightyColumnsInThePlaceOfOthers(t *testing.T) {
	perform(t, sampleBackend(bubbleStart), 80, 24, Options{}, func(s *stage) {
		s.press("2")
		assert.NotContains(t, s.screen.text(), "MEM")
		s.press("ctrl+w")
		for _, title := range []string{"STATUS", "STARTED", "DURATION", "LOG", "MEM"} {
			assert.Contains(t, s.screen.text(), title)
		}
		assert.Contains(t, s.screen.text(), "48 MB")
		assert.Regexp(t, `wide, no room for \d columns?  1/30`, s.screen.text())
		s.press("ctrl+w")
		assert.NotContains(t, s.screen.text(), "MEM")
		assert.Contains(t, s.screen.text(), "TRIGGER")
	})
	perform(t, sampleBackend(bubbleStart), 40, 10, Options{}, func(s *stage) {
		s.press("2", "ctrl+w")
		assert.Contains(t, s.screen.text(), "LOG")
	})
	perform(t, sampleBackend(bubbleStart), 200, 24, Options{}, func(s *stage) {
		s.press("2", "ctrl+w")
		assert.Contains(t, s.screen.text(), "MEM")
		assert.NotContains(t, s.screen.text(), "no room")
	})
}
