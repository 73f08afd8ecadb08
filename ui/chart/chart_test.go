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

func TestAQuantileIsOneOfTheValues(t *testing.T) {
	sorted := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for part, want := range map[float64]float64{0: 1, 0.5: 5, 0.95: 10, 0.9: 9, 1: 10} {
		assert.InDelta(t, want, Quantile(sorted, part), 0, part)
	}
	assert.Zero(t, Quantile(nil, 0.5))
}
