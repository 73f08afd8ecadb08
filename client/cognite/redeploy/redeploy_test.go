package redeploy

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
