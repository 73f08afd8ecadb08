package chart

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBarsStandInStepsOfTheLogarithm(t *testing.T) {
	for want, values := range map[string][]float64{
		"▁▃▆█": {1, 10, 100, 1000},
		"▅ ▅":  {5, 0, 5},
		"█▁":   {60_000, 3},
		"":     nil,
		"  ":   {0, -1},
	} {
		assert.Equal(t, want, string(Bars(values)))
	}
}

func TestCountsStandInStepsUpToTheMost(t *testing.T) {
	assert.Equal(t, " ▂▅█", string(Counts([]int{0, 1, 4, 8}, 8)))
	assert.Equal(t, " █", string(Counts([]int{0, 9}, 0)))
}
