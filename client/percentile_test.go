package client

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAPercentileIsOneOfTheDurations(t *testing.T) {
	var sorted []time.Duration
	for n := range 10 {
		sorted = append(sorted, time.Duration(n+1))
	}
	for percent, want := range map[int]time.Duration{0: 1, 50: 5, 90: 9, 95: 10, 100: 10} {
		assert.Equal(t, want, Percentile(sorted, percent), percent)
	}
	assert.Zero(t, Percentile(nil, 95))
}
