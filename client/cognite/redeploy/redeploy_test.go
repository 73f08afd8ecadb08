package redeploy

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/faultproxy"
)

// ways are the two modes, by the external id that makes them.
var ways = map[Mode]string{Handover: "", Swap: "nightly"}

func TestARedeployKeepsSchedulesSecretsAndHistory(t *testing.T) {
	r := newRig(t)
	for mode, externalID := range ways {
		t.Run(string(mode), func(t *testing.T) {
			r.T = t
			s := r.subject("f", externalID)
			r.proxy.Arm(nil)
			o, err := r.machine().Start(r.ctx, s.request(2))
			require.NoError(t, err)
			require.NoError(t, o.Run(r.ctx, nil, nil))
			assert.Equal(t, Completed, o.State().Outcome)
			id := s.isOne(2)
			assert.NotEqual(t, s.f.ID, id)
			require.NoError(t, r.api.Delete(r.ctx, id))
		})
	}
}

// changes are the requests that must not be sent twice.
func changes(r *http.Request) bool {
	for _, path := range []string{"/local/functions", "/functions/delete", "/functions/schedules", "/schedules/delete"} {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, path) {
			return true
		}
	}
	return false
}

// What a change brought about is found by reading, and nothing is done twice.
func TestARedeployThatHearsOfNoChangeIsCompletedByReading(t *testing.T) {
	for mode, externalID := range ways {
		t.Run(string(mode), func(t *testing.T) {
			s := newRig(t).subject("f", externalID)
			lost := 0
			s.proxy.Arm(func(_ int, r *http.Request) *faultproxy.Fault {
				s.loseNone()
				if !changes(r) {
					return nil
				}
				lost++
				return &faultproxy.Fault{Kind: faultproxy.ResetAfter}
			})
			o, err := s.machine().Start(s.ctx, s.request(2))
			require.NoError(t, err)
			require.NoError(t, o.Run(s.ctx, nil, nil))
			s.f.ID = s.isOne(2)
			s.leftNothing()
			if mode == Handover {
				assert.Equal(t, 1+4+4+1, lost, "each change once")
			} else {
				assert.Equal(t, 2*(1+4+4+1), lost, "each change once")
			}
		})
	}
}

// A gateway that knows nothing of a path is not taken for the project's word that
// something is gone.
func TestAnAnswerThatNothingIsThereIsNotTakenForADelete(t *testing.T) {
	s := newRig(t).subject("f", "")
	lies := map[string]int{"/schedules/delete": 3, "/functions/delete": 3}
	s.proxy.Arm(func(_ int, r *http.Request) *faultproxy.Fault {
		s.loseNone()
		for path, left := range lies {
			if strings.HasSuffix(r.URL.Path, path) && left > 0 {
				lies[path]--
				return &faultproxy.Fault{Kind: faultproxy.AnswerBefore, Status: http.StatusNotFound}
			}
		}
		return nil
	})
	o, err := s.machine().Start(s.ctx, s.request(2))
	require.NoError(t, err)
	require.NoError(t, o.Run(s.ctx, nil, nil))
	s.f.ID = s.isOne(2)
	s.leftNothing()
}
