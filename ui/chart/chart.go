// Package chart draws numbers as marks of one cell each.
package chart

import "math"

// steps are the marks, from the least to the most.
var steps = []rune("▁▂▃▄▅▆▇█")

// nothing stands for a value that there is none of.
const nothing = ' '

// Bars draws one mark for each value: nothing for 0, and from the least to the
// most in equal steps of the logarithm, so that milliseconds and minutes stand
// side by side.
func Bars(values []float64) []rune {
	least, most := math.Inf(1), 0.0
	for _, v := range values {
		if v > 0 {
			least, most = min(least, v), max(most, v)
		}
	}
	bars := make([]rune, len(values))
	for i, v := range values {
		switch {
		case v <= 0 || math.IsNaN(v):
			bars[i] = nothing
		case most <= least:
			bars[i] = step(0.5)
		default:
			bars[i] = step(math.Log(v/least) / math.Log(most/least))
		}
	}
	return bars
}

// Counts draws one mark for each count: nothing for 0, and equal steps up to most.
func Counts(counts []int, most int) []rune {
	bars := make([]rune, len(counts))
	for i, n := range counts {
		if bars[i] = nothing; n > 0 {
			bars[i] = step(float64(n) / float64(max(most, 1)))
		}
	}
	return bars
}

// step is the mark of a part of 1.
func step(part float64) rune {
	at := int(math.Round(part * float64(len(steps)-1)))
	return steps[max(0, min(at, len(steps)-1))]
}
