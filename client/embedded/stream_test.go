package embedded

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAStreamIsLostWhenNotEvenAHeartbeatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := make(chan time.Time, 1)
		dog := newWatchdog(func() { lost <- time.Now() })
		defer dog.stop()
		for range 20 {
			<-time.After(5 * time.Second) // as often as they come
			dog.hear()
		}
		assert.Empty(t, lost)
		last := time.Now()
		took := (<-lost).Sub(last)
		assert.LessOrEqual(t, silence, took)
		assert.LessOrEqual(t, took, 2*silence)
	})
	synctest.Test(t, func(t *testing.T) {
		lost := make(chan time.Time, 1)
		newWatchdog(func() { lost <- time.Now() }).stop()
		<-time.After(3 * silence)
		assert.Empty(t, lost, "the stream has ended")
	})
}
