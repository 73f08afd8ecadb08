package digest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fndeck/client"
)

func TestCallsAreSummedUpWithTheStreakOfTheirNewest(t *testing.T) {
	call := func(status client.CallStatus, took time.Duration) client.Call {
		return client.Call{Status: status, Duration: took}
	}
	assert.Equal(t, Digest{Running: 1, Ended: 5, Failed: 3, Streak: 2, P50: 3 * time.Second, P95: 5 * time.Second}, Of([]client.Call{
		call(client.CallRunning, 0), call(client.CallFailed, time.Second), call(client.CallTimeout, 5*time.Second),
		call(client.CallCompleted, 3*time.Second), call(client.CallFailed, 2*time.Second), call(client.CallCancelled, 4*time.Second),
	}))
	assert.Zero(t, Of(nil))
}
