package redeploy

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/faultproxy"
)

// stopAt runs a redeploy whose program ends after the nth write of its journal;
// false says that it came to its end before.
func (s *subject) stopAt(version, n int) bool {
	s.Helper()
	seen := 0
	err := s.attempt(version, func(m *Machine, _ func()) {
		m.fault = func(after bool, _ Record) error {
			if after {
				seen++
			}
			if seen == n {
				return errCrash
			}
			return nil
		}
	})
	if err == nil {
		return false
	}
	require.ErrorIs(s, err, errCrash)
	return true
}

// From any point, a redeploy that was cut is taken back, or it says that it is too
// late and can be completed.
func TestARedeployThatWasCutAnywhereIsTakenBack(t *testing.T) {
	slow(t)
	for mode, externalID := range ways {
		t.Run(string(mode), func(t *testing.T) {
			s := newRig(t).subject("f", externalID)
			// The first redeploy gives the old version secrets that are known.
			version := 2
			require.NoError(t, s.attempt(2, func(*Machine, func()) {}))
			s.f.ID = s.isOne(2)
			outcomes := map[Outcome]int{}
			for n := 1; s.stopAt(version+1, n); n += stride() {
				s.watched(nil)
				m, op := s.machine(), s.newest()
				if all, err := m.List(); err == nil && all[0].Outcome != "" {
					break // that was the last write
				}
				o, err := m.RollBack(s.ctx, op)
				if err != nil {
					require.ErrorIs(t, err, client.ErrConflict, "at write %d", n)
					o, err = m.Resume(s.ctx, op)
				}
				require.NoError(t, err)
				require.NoError(t, o.Run(s.ctx, nil, nil))
				outcome := o.State().Outcome
				outcomes[outcome]++
				if outcome == Completed {
					version++
				}
				s.f.ID = s.isOne(version)
				s.leftNothing()
				if t.Failed() {
					t.Fatalf("%s at write %d", outcome, n)
				}
			}
			t.Log(outcomes)
			assert.Positive(t, outcomes[Unchanged])
			if mode == Swap && whole() {
				assert.Positive(t, outcomes[RestoredOld])
			}
		})
	}
}

// Once the old function is deleted and nothing has its external id yet, the old code is
// built under it again, also where the cut fell into the request that was to give it to
// the new code.
func TestInTheGapTheOldCodeIsRestored(t *testing.T) {
	for name, cut := range map[string]func(r Record, old string) bool{
		"before the create": func(r Record, old string) bool {
			return r.Kind == Done && r.Step == DeleteFunction && r.Target == old
		},
		"in the create": func(r Record, _ string) bool { return r.Kind == Intended && r.Step == CreateFinal },
	} {
		t.Run(name, func(t *testing.T) {
			s := newRig(t).subject("f", "nightly")
			require.NoError(t, s.attempt(2, func(*Machine, func()) {}))
			old := s.isOne(2)
			s.f.ID = old
			m := s.machine()
			m.fault = func(after bool, r Record) error {
				if after && cut(r, old) {
					return errCrash
				}
				return nil
			}
			o, err := m.Start(s.ctx, s.request(3))
			require.NoError(t, err)
			require.ErrorIs(t, o.Run(s.ctx, nil, nil), errCrash)
			m = s.machine()
			o, err = m.RollBack(s.ctx, s.newest())
			require.NoError(t, err)
			s.watched(nil)
			require.NoError(t, o.Run(s.ctx, nil, nil))
			assert.Equal(t, RestoredOld, o.State().Outcome)
			s.f.ID = s.isOne(2)
			s.leftNothing()
			l, ok, err := m.Store.Find(s.f.ID)
			require.NoError(t, err)
			require.True(t, ok)
			assert.Equal(t, 2, l.Present().Version)
		})
	}
}

func TestALeftDeployTouchesNothingAndFreesTheFunction(t *testing.T) {
	s := newRig(t).subject("f", "")
	m := s.machine()
	m.fault = func(after bool, r Record) error {
		if after && r.Kind == Done && r.Step == AwaitCandidate {
			return errCrash
		}
		return nil
	}
	o, err := m.Start(s.ctx, s.request(2))
	require.NoError(t, err)
	require.ErrorIs(t, o.Run(s.ctx, nil, nil), errCrash)
	m, op := s.machine(), s.newest()
	require.NoError(t, m.Leave(s.ctx, op))
	all, err := s.api.List(s.ctx)
	require.NoError(t, err)
	assert.Len(t, all, 2, "the candidate is still there")
	require.ErrorIs(t, m.Leave(s.ctx, op), client.ErrConflict)
	require.NoError(t, s.api.Delete(s.ctx, all[0].ID))
	o, err = m.Start(s.ctx, s.request(3))
	require.NoError(t, err)
	require.NoError(t, o.Run(s.ctx, nil, nil))
	s.isOne(3)
}

// during runs a redeploy and does something when a request first matches.
func (s *subject) during(version int, match string, do func()) (State, error) {
	s.Helper()
	done := false
	s.proxy.Arm(func(_ int, q *http.Request) *faultproxy.Fault {
		if !done && strings.HasSuffix(q.URL.Path, match) {
			done = true
			do()
		}
		return nil
	})
	o, err := s.machine().Start(s.ctx, s.request(version))
	require.NoError(s, err)
	err = o.Run(s.ctx, nil, nil)
	s.proxy.Arm(nil)
	require.True(s, done)
	return o.State(), err
}

func TestAScheduleThatIsMadeInBetweenMovesToo(t *testing.T) {
	s := newRig(t).subject("f", "nightly")
	_, err := s.during(2, "/functions/schedules", func() {
		_, err := s.api.CreateSchedule(s.ctx, client.ScheduleSpec{Name: "late", FunctionID: s.f.ID, Cron: "5 5 5 5 *"})
		require.NoError(t, err)
	})
	require.NoError(t, err)
	s.want = append([]string{}, s.schedules()...)
	assert.Len(t, s.want, 5)
	s.isOne(2)
}

func TestAScheduleThatIsDeletedInBetweenStaysDeleted(t *testing.T) {
	s := newRig(t).subject("f", "nightly")
	_, err := s.during(2, "/functions/delete", func() {}) // the run that is compared with
	require.NoError(t, err)
	s.f.ID = s.isOne(2)
	_, err = s.during(3, "/local/sessions/revoke", func() {
		bound, err := s.api.Bound(s.ctx, s.f.ID)
		require.NoError(t, err)
		for _, x := range bound {
			if x.Name == "empty" {
				require.NoError(t, s.api.DeleteSchedule(s.ctx, x.ID))
			}
		}
	})
	require.NoError(t, err)
	s.want = s.schedules()
	assert.Len(t, s.want, 3)
	s.isOne(3)
}

func TestAnExternalIdThatSomebodyTakesInTheGapStopsTheDeploy(t *testing.T) {
	s := newRig(t).subject("f", "nightly")
	var thief client.Function
	stolen := false
	s.proxy.Arm(func(_ int, q *http.Request) *faultproxy.Fault {
		all, err := s.api.Look(s.ctx, s.f.ID)
		if err == nil && len(all) == 0 && !stolen {
			stolen = true
			thief, err = s.api.Deploy(s.ctx, client.FunctionSpec{Name: "f", ExternalID: "nightly"}, s.code(source(9)), nil)
			assert.NoError(t, err)
		}
		return nil
	})
	o, err := s.machine().Start(s.ctx, s.request(2))
	require.NoError(t, err)
	err = o.Run(s.ctx, nil, nil)
	s.proxy.Arm(nil)
	require.ErrorIs(t, err, client.ErrConflict)
	assert.Equal(t, s.want, s.schedules(), "the candidate runs them")
	require.NoError(t, s.api.Delete(s.ctx, thief.ID))
	o, err = s.machine().Resume(s.ctx, s.newest())
	require.NoError(t, err)
	require.NoError(t, o.Run(s.ctx, nil, nil))
	s.isOne(2)
}

func TestAFunctionThatIsDeletedUnderARedeployIsNotTakenForDeletedSchedules(t *testing.T) {
	s := newRig(t).subject("f", "nightly")
	_, err := s.during(2, "/local/sessions/revoke", func() { require.NoError(t, s.api.Delete(s.ctx, s.f.ID)) })
	require.ErrorIs(t, err, client.ErrConflict)
	assert.ErrorContains(t, err, "somebody deleted function "+s.f.ID+" with its schedules")
	require.NoError(t, s.machine().Leave(s.ctx, s.newest()))
}

func TestACodeThatDoesNotBuildTwiceUnderItsExternalIdStopsThere(t *testing.T) {
	s := newRig(t).subject("f", "nightly")
	require.NoError(t, s.attempt(2, func(*Machine, func()) {}))
	s.f.ID = s.isOne(2)
	failing := true
	s.proxy.Arm(func(_ int, q *http.Request) *faultproxy.Fault {
		f, ok, err := s.api.LookUp(s.ctx, "nightly")
		if err != nil || !ok || !failing || f.ID == s.f.ID || !strings.HasSuffix(q.URL.Path, "/functions/byids") {
			return nil
		}
		return &faultproxy.Fault{Kind: faultproxy.AnswerBefore, Status: 200, Body: `{"items":[{"id":` + f.ID + `,"status":"Failed","error":{"message":"no disk"}}]}`}
	})
	o, err := s.machine().Start(s.ctx, s.request(3))
	require.NoError(t, err)
	err = o.Run(s.ctx, nil, nil)
	require.ErrorContains(t, err, "twice not under its external id: no disk")
	assert.NotEmpty(t, client.Explain(err).Hint)
	assert.Equal(t, s.want, s.schedules(), "the candidate runs them")
	failing = false
	o, err = s.machine().RollBack(s.ctx, s.newest())
	require.NoError(t, err)
	require.NoError(t, o.Run(s.ctx, nil, nil))
	assert.Equal(t, RestoredOld, o.State().Outcome)
	s.f.ID = s.isOne(2)
	s.leftNothing()
}

func TestARollbackServesTheKeptVersionAgain(t *testing.T) {
	s := newRig(t).subject("f", "nightly")
	require.NoError(t, s.attempt(2, func(*Machine, func()) {}))
	s.f.ID = s.isOne(2)
	m := s.machine()
	o, err := m.Start(s.ctx, Request{Function: s.f.ID, Version: 1, RunAsMe: true})
	require.NoError(t, err, "the first version was deployed by other means: its code was downloaded, its secret is the one of now")
	s.watched(nil)
	require.NoError(t, o.Run(s.ctx, nil, nil))
	assert.Equal(t, Completed, o.State().Outcome)
	s.f.ID = s.isOne(1)
	s.leftNothing()
}
