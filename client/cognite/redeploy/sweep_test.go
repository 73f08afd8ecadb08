package redeploy

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/faultproxy"
)

// whole reports whether every point of a sweep is wanted, as make faults does.
func whole() bool { return os.Getenv("FNDECK_FAULT_ROUNDS") != "" }

// stride is how far the points of a sweep over writes lie apart.
func stride() int {
	if whole() {
		return 1
	}
	return 33
}

// sweep tries the points of a redeploy, from the first until one is not reached any
// more; where not every one is wanted the sample alone, which differs from sweep to sweep.
func sweep(t *testing.T, sample int, try func(n int) (reached bool)) {
	t.Helper()
	if !whole() {
		require.True(t, try(sample), "a redeploy has fewer than %d points", sample)
		return
	}
	for n := 1; try(n); n++ {
	}
}

// slow skips what takes minutes where a quick run is asked for.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes minutes")
	}
}

var errCrash = errors.New("the program ends here")

// attempt is one redeploy that something happens to. broken arms what happens;
// cancel ends the program.
func (s *subject) attempt(version int, broken func(m *Machine, cancel func())) (err error) {
	s.Helper()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	m := s.machine()
	s.watched(nil)
	broken(m, cancel)
	o, err := m.Start(ctx, s.request(version))
	if err == nil {
		err = o.Run(ctx, nil, nil)
	}
	return err
}

// takeUp resumes what is open, as a program that was started anew, and returns the
// newest outcome; none says that there never was a journal.
func (s *subject) takeUp(op string) (outcome Outcome, none bool) {
	s.Helper()
	s.watched(nil)
	m := s.machine()
	all, err := m.List()
	require.NoError(s, err)
	if len(all) == 0 || all[0].Plan.Op == op {
		return "", true
	}
	require.False(s, all[0].Running)
	if all[0].Outcome != "" {
		return all[0].Outcome, false
	}
	o, err := m.Resume(s.ctx, all[0].Plan.Op)
	require.NoError(s, err)
	require.NoError(s, o.Run(s.ctx, nil, nil))
	return o.State().Outcome, false
}

// newest is the newest operation.
func (s *subject) newest() string {
	s.Helper()
	all, err := s.machine().List()
	require.NoError(s, err)
	if len(all) == 0 {
		return ""
	}
	return all[0].Plan.Op
}

// survive breaks one redeploy and checks that it is completed all the same.
func (s *subject) survive(version int, broken func(m *Machine, cancel func())) {
	s.Helper()
	before := s.newest()
	err := s.attempt(version, broken)
	outcome, none := s.takeUp(before)
	if none {
		require.Error(s, err)
		s.isOne(version - 1)
		require.NoError(s, s.attempt(version, func(*Machine, func()) {}))
		outcome = Completed
	}
	require.Equal(s, Completed, outcome, "%v", err)
	s.f.ID = s.isOne(version)
}

// leftNothing checks that no secret stands in a file, and that of our uploads only
// the serving one is left.
func (s *subject) leftNothing() {
	s.Helper()
	require.NoError(s, filepath.WalkDir(filepath.Join(s.dir, "kept"), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		assert.NotContains(s, string(text), secret, name)
		assert.NotContains(s, string(text), "fndeck-files", "a link in %s", name)
		assert.NotContains(s, string(text), "nonce", name)
		return err
	}))
	all, err := s.machine().List()
	require.NoError(s, err)
	f, err := s.api.Look(s.ctx, s.f.ID)
	require.NoError(s, err)
	for _, e := range all {
		file, ok, err := s.api.FileNamed(s.ctx, e.Plan.FileName)
		require.NoError(s, err)
		assert.Equal(s, ok, file.ID == f[0].FileID, "file %s is left over", e.Plan.FileName)
	}
}

// R20: cut at each request, before it reaches the project or after that has carried
// it out, while the program goes on or ends with it.
func TestARedeployThatIsCutAtAnyRequestIsCompleted(t *testing.T) {
	slow(t)
	for mode, externalID := range ways {
		t.Run(string(mode), func(t *testing.T) {
			s := newRig(t).subject("f", externalID)
			version, combination := 1, 0
			for _, kind := range []faultproxy.Kind{faultproxy.ResetBefore, faultproxy.ResetAfter, faultproxy.TruncateAfter} {
				for _, ends := range []bool{true, false} {
					combination++
					sweep(t, 3+7*combination, func(n int) (reached bool) {
						version++
						s.survive(version, func(_ *Machine, cancel func()) {
							s.watched(func(seen int) *faultproxy.Fault {
								if seen != n {
									return nil
								}
								reached = true
								f := &faultproxy.Fault{Kind: kind}
								if ends {
									f.Then = cancel
								}
								return f
							})
						})
						if t.Failed() {
							_, requests := s.proxy.Seen()
							t.Fatalf("%s at request %d, ends %v: %s", kind, n, ends, strings.Join(requests, "\n"))
						}
						return reached
					})
					t.Logf("%s, ends %v: up to version %d", kind, ends, version)
				}
			}
			s.leftNothing()
		})
	}
}

// R20: the program ends at each write of the journal, before it or after it.
func TestARedeployWhoseProgramEndsAtAnyWriteIsCompleted(t *testing.T) {
	slow(t)
	for mode, externalID := range ways {
		t.Run(string(mode), func(t *testing.T) {
			s := newRig(t).subject("f", externalID)
			version := 1
			for _, written := range []bool{false, true} {
				for n, reached := 1, true; reached; n += stride() {
					version++
					reached = false
					s.survive(version, func(m *Machine, _ func()) {
						seen := 0
						m.fault = func(after bool, _ Record) error {
							if after != written {
								return nil
							}
							if seen++; seen == n {
								reached = true
								return errCrash
							}
							return nil
						}
					})
					if t.Failed() {
						t.Fatalf("at write %d, after it %v", n, written)
					}
				}
				t.Logf("after the write %v: up to version %d", written, version)
			}
			s.leftNothing()
		})
	}
}

// Whatever a request is answered, the function is the new one or the old one.
func TestARedeployThatIsRefusedAnywhereIsCompletedOrTakenBack(t *testing.T) {
	slow(t)
	answers := []faultproxy.Fault{
		{Kind: faultproxy.AnswerBefore, Status: 400},
		{Kind: faultproxy.AnswerBefore, Status: 401},
		{Kind: faultproxy.AnswerBefore, Status: 403},
		{Kind: faultproxy.AnswerBefore, Status: 409},
		{Kind: faultproxy.AnswerBefore, Status: 429, Header: http.Header{"Retry-After": {"1"}}},
		{Kind: faultproxy.AnswerBefore, Status: 500},
		{Kind: faultproxy.AnswerAfter, Status: 500},
		{Kind: faultproxy.AnswerAfter, Status: 502, HTML: true},
		{Kind: faultproxy.AnswerAfter, Status: 504},
	}
	for mode, externalID := range ways {
		t.Run(string(mode), func(t *testing.T) {
			s := newRig(t).subject("f", externalID)
			version, back := 1, 0
			for i, answer := range answers {
				sweep(t, 2+5*i, func(n int) (reached bool) {
					before := s.newest()
					err := s.attempt(version+1, func(*Machine, func()) {
						s.watched(func(seen int) *faultproxy.Fault {
							if seen != n {
								return nil
							}
							reached = true
							return &answer
						})
					})
					outcome, none := s.takeUp(before)
					switch {
					case none:
						require.Error(t, err)
					case outcome == Completed:
						version++
					default:
						require.Equal(t, Unchanged, outcome)
						back++
					}
					s.f.ID = s.isOne(version)
					if t.Failed() {
						_, requests := s.proxy.Seen()
						t.Fatalf("%d %s at request %d: %s", answer.Status, answer.Kind, n, strings.Join(requests, "\n"))
					}
					return reached
				})
			}
			t.Logf("taken back %d times, at version %d", back, version)
			s.leftNothing()
		})
	}
}
