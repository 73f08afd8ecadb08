package views

import (
	"context"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/assert"

	"fndeck/client"
)

// cutBackend has a redeploy that was cut, and one that waits for the service.
type cutBackend struct {
	*fakeBackend
	asked *[]string
}

func (b cutBackend) ask(verb, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	*b.asked = append(*b.asked, verb+" "+id)
	return nil
}

func (b cutBackend) ResumeDeploy(_ context.Context, id string) error { return b.ask("resume", id) }

func (b cutBackend) RollBackDeploy(_ context.Context, id string) error { return b.ask("roll back", id) }
func (b cutBackend) LeaveDeploy(_ context.Context, id string) error    { return b.ask("leave", id) }
func (b cutBackend) StopDeploy(_ context.Context, id string) error     { return b.ask("stop", id) }

func newCutBackend() cutBackend {
	b := cutBackend{sampleBackend(bubbleStart), new([]string)}
	began := bubbleStart.Add(-5 * time.Minute)
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	b.functions[0].Interrupted, b.functions[0].DeployID = true, "cut-1"
	b.functions[0].Error = &client.Failure{Message: "the redeploy to v13 was cut: resume it, roll it back or leave it"}
	b.deploys = []client.Deploy{
		{
			ID: "cut-1", FunctionID: "f1", FunctionName: "ingest-pi", Kind: "redeploy", FromVersion: 12, ToVersion: 13, Status: client.DeployInterrupted,
			Phase: "draining", Started: began, Error: &client.Failure{Message: "the link was lost"},
			Phases: []client.DeployPhase{{Name: "upload", Started: at(0), Ended: at(2)}, {Name: "building", Started: at(2), Ended: at(102)}},
			Ahead:  []string{"checking", "deleting", "closing"},
		},
		{
			ID: "run-1", FunctionID: "f2", FunctionName: "ingest-ims", Kind: "redeploy", FromVersion: 7, ToVersion: 8, Status: client.FunctionDeploying,
			Phase: "building", Started: began, PhaseStarted: bubbleStart.Add(-40 * time.Second), UsualPhase: 90 * time.Second,
			Detail: "the service asks to wait: too many builds", Until: bubbleStart.Add(20 * time.Second),
		},
	}
	return b
}

func TestADeployThatWasCutIsOfferedWhenTheConsoleBegins(t *testing.T) {
	b := newCutBackend()
	driveAny(t, func() client.Backend { return b }, func(d *driver) {
		assert.Contains(t, d.frame(), "a deploy of ingest-pi was cut and can be taken up: & shows it")
		assert.Contains(t, d.frame(), "1 interrupted", "it stands in the header")
		assert.Contains(t, d.frame(), "Interrupted", "and in its row")
	})
}

func TestADeployThatWasCutIsResumedTakenBackOrLeftFromThePageOfDeploys(t *testing.T) {
	b := newCutBackend()
	driveAny(t, func() client.Backend { return b }, func(d *driver) {
		d.press("&")
		assert.Contains(t, d.frame(), "the link was lost")
		d.press("o")
		assert.Equal(t, []string{"resume cut-1"}, *b.asked, "what was asked for before is not asked about")
		d.press("B")
		assert.Contains(t, d.frame(), "take back the redeploy of ingest-pi to v13")
		d.wait(time.Second)
		d.press("y")
		assert.Equal(t, "roll back cut-1", (*b.asked)[1])
		d.press("Q")
		assert.Contains(t, d.frame(), "it cannot be resumed any more")
		d.wait(time.Second)
		d.press("y")
		assert.Equal(t, "leave cut-1", (*b.asked)[2])
		d.press("j", "o")
		assert.Contains(t, d.frame(), "no deploy of ingest-ims was cut")
		assert.Len(t, *b.asked, 3)
	})
}

func TestADeployThatWaitsForADeadLinkSaysSoAndCanBeLeft(t *testing.T) {
	b := newCutBackend()
	b.deploys[1].Detail, b.deploys[1].Tries = "try 3 of 9 failed: far.example refuses the connection", 3
	driveAny(t, func() client.Backend { return b }, func(d *driver) {
		d.send(tea.WindowSizeMsg{Width: 176, Height: 30})
		d.press("&", "K")
		assert.Contains(t, d.frame(), "no deploy of ingest-pi is under way")
		d.press("j")
		assert.Contains(t, d.frame(), "20s to go: try 3 of 9 failed: far.example refuses the connection")
		assert.Contains(t, d.frame(), "stop waiting K")
		d.wait(10 * time.Second) // The foot has said why the other cannot be stopped.
		assert.Contains(t, d.frame(), "ingest-ims: again in 10s, K stops waiting.  try 3 of 9 failed: far.example refuses the connection")
		d.press("K")
		assert.Equal(t, []string{"stop run-1"}, *b.asked)
		assert.Contains(t, d.frame(), "stops where it stands, and can be resumed")
		b.change(func() { b.deploys[1].Tries = 0 })
		d.press("ctrl+r", "K")
		assert.Contains(t, d.frame(), "goes on and waits for nobody")
		assert.Len(t, *b.asked, 1)
	})
}

func TestAFunctionWhoseDeployWaitsSaysSoAndIsStoppedThereToo(t *testing.T) {
	for _, keys := range [][]string{{}, {"d"}, {"&", "j", "enter"}} {
		b := newCutBackend()
		b.deploys[1].Detail, b.deploys[1].Tries = "try 3 of 9 failed: far.example refuses the connection", 3
		b.functions[1].DeployID, b.functions[1].DeployingVersion, b.functions[1].DeployTries = "run-1", 8, 3
		driveAny(t, func() client.Backend { return b }, func(d *driver) {
			d.send(tea.WindowSizeMsg{Width: 160, Height: 30})
			if len(keys) < 2 {
				d.press("j")
			}
			d.press(keys...)
			if len(keys) < 2 {
				d.see("◐ Waiting")
			}
			d.see("stop waiting K")
			d.press("K")
			assert.Equal(t, []string{"stop run-1"}, *b.asked, keys)
		})
	}
}

// silentBackend has no lines of any build.
type silentBackend struct{ cutBackend }

func (silentBackend) FollowLogs(context.Context, client.LogQuery, func([]client.LogLine) error) error {
	return nil
}

func (silentBackend) Logs(context.Context, client.LogQuery) ([]client.LogLine, error) {
	return nil, nil
}

func TestABuildWithoutOutputSaysThatNoneIsHandedOut(t *testing.T) {
	b := silentBackend{newCutBackend()}
	b.description.Missing = map[client.Capability]string{client.CanReadBuilds: "Cognite hands out no build output of a deploy that succeeds"}
	driveAny(t, func() client.Backend { return b }, func(d *driver) {
		d.press("&", "l")
		d.see("Cognite hands out no build output of a deploy that succeeds")
		d.miss("This log is empty")
	})
}

func TestAReadOnlyContextTakesNoDeployUp(t *testing.T) {
	b := newCutBackend()
	b.description.Locked = "read-only: nothing is changed"
	driveAny(t, func() client.Backend { return b }, func(d *driver) {
		d.press("o")
		assert.Contains(t, d.frame(), "read-only: nothing is changed")
		assert.Empty(t, *b.asked)
	})
}

func TestADeployThatIsUnderWayShowsItsPhaseItsTimeAndWhatTheServiceAsks(t *testing.T) {
	b := newCutBackend()
	driveAny(t, func() client.Backend { return b }, func(d *driver) {
		d.send(tea.WindowSizeMsg{Width: 160, Height: 30})
		d.press("&")
		assert.Contains(t, d.frame(), "building 40s, usually 1m30s")
		assert.Contains(t, d.frame(), "20s to go: the service asks to wait")
		d.wait(5 * time.Second)
		assert.Contains(t, d.frame(), "building 45s")
		assert.Contains(t, d.frame(), "15s to go")
		d.press("esc", "d", "tab", "tab")
		assert.Contains(t, d.frame(), "upload")
		assert.Regexp(t, `building +1m40s`, d.frame(), "what is over has its time")
		assert.Contains(t, d.frame(), "draining")
	})
}

func TestTheStepsOfARedeployAreListedAndTickedOffOnItsPage(t *testing.T) {
	b := newCutBackend()
	driveAny(t, func() client.Backend { return b }, func(d *driver) {
		d.press("&", "enter")
		assert.Contains(t, d.frame(), "redeploy ingest-pi")
		assert.Regexp(t, `✓ building +1m40s`, d.frame(), "what is over is ticked off")
		assert.Regexp(t, `✗ draining`, d.frame(), "here it was cut")
		assert.Regexp(t, `○ checking\s+○ deleting\s+○ closing`, d.frame(), "this is still to come")
		d.press("o")
		assert.Equal(t, []string{"resume cut-1"}, *b.asked)
		b.mu.Lock()
		b.deploys[0].Status, b.deploys[0].Ended, b.deploys[0].Ahead, b.deploys[0].Error = client.FunctionReady, bubbleStart, nil, nil
		b.deploys[0].Phases = append(b.deploys[0].Phases, client.DeployPhase{Name: "closing", Started: bubbleStart, Ended: bubbleStart})
		b.mu.Unlock()
		d.press("ctrl+r")
		assert.Regexp(t, `✓ closing`, d.frame())
		assert.NotContains(t, d.frame(), "○", "nothing is left")
	})
}

// planningBackend says that each redeploy leaves a gap.
type planningBackend struct{ *fakeBackend }

func (*planningBackend) PlanRedeploy(context.Context, string, client.Package, client.SpecChange) (client.RedeployPlan, error) {
	return client.RedeployPlan{Gap: true, Notes: []string{"Callers by external id pi find nothing for about 42s."}}, nil
}

func (*planningBackend) PlanRollback(context.Context, string, int) (client.RedeployPlan, error) {
	return client.RedeployPlan{}, nil
}
