//go:build linux

package core

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/embedded/engine/store"
)

func TestADeployUnderWayAtAStopIsInterruptedAndTheOldVersionServes(t *testing.T) {
	r := newRig(t, nil)
	f := r.handler("def handle(data):\n    return 'old'\n")
	v, err := r.Redeploy(r.ctx, f.ID, r.file(map[string]string{"handler.py": "import time\nprint('importing', flush=True)\ntime.sleep(3600)\ndef handle(data):\n    return 'new'\n"}), Change{})
	require.NoError(t, err)
	r.await(func() bool { return strings.Contains(r.logOf(v.Latest.DeployID), "importing") })
	require.NoError(t, r.Core.Close())
	r.open()
	d, err := r.Store().Deploy(v.Latest.DeployID)
	require.NoError(t, err)
	assert.Equal(t, store.Failed, d.Status)
	assert.Contains(t, d.ErrorMessage, "interrupted: engine stopped at 2026-11-20T")
	assert.Contains(t, r.logOf(d.ID), "interrupted: engine stopped at")
	_, response := r.call(f.ID, `{}`)
	assert.Equal(t, `"old"`, response)
}
