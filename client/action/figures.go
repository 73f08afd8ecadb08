package action

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"fndeck/client"
)

// Figures is what a series of calls came to. Durations are those that the backend
// measured; they are of all calls that have ended, also of failed ones, and 0
// where it told none.
type Figures struct {
	// Asked is how many calls were wanted, Made how many the backend has accepted,
	// Ended how many of those have ended, and Failed how many of these did not
	// complete.
	Asked  int `json:"asked"`
	Made   int `json:"made"`
	Ended  int `json:"ended"`
	Failed int `json:"failed"`
	// FirstFailure is the call that failed first, and its message.
	FirstFailure *client.Failure `json:"firstFailure,omitempty"`
	FailedCall   string          `json:"failedCall,omitempty"`
	// Elapsed is the time from the first call to the last end, PerSecond how many
	// calls have ended in a second of it.
	Elapsed   time.Duration `json:"elapsedNs"`
	PerSecond float64       `json:"perSecond"`
	// The percentiles are the nearest rank's: a duration that a call had.
	Min time.Duration `json:"minNs"`
	P50 time.Duration `json:"p50Ns"`
	P95 time.Duration `json:"p95Ns"`
	P99 time.Duration `json:"p99Ns"`
	Max time.Duration `json:"maxNs"`
	// Histogram counts the durations, from the shortest.
	Histogram []Bin `json:"histogram"`
}

// Sentence says in one line what a series came to.
func (f Figures) Sentence() string {
	text := fmt.Sprintf("%d of %d calls ended, %d failed", f.Ended, f.Asked, f.Failed)
	if f.Max > 0 {
		text += fmt.Sprintf(", p50 %s, p99 %s", rounded(f.P50), rounded(f.P99))
	}
	return text
}

// rounded leaves out what nobody reads of a duration.
func rounded(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}

// Bin counts the durations up to UpTo that are longer than the bin before.
type Bin struct {
	UpTo  time.Duration `json:"upToNs"`
	Calls int           `json:"calls"`
}

// fail counts a call that did not complete.
func (f *Figures) fail(c client.Call) {
	f.Failed++
	if f.FirstFailure != nil {
		return
	}
	failure := client.Failure{Message: string(c.Status)}
	if c.Error != nil && c.Error.Message != "" {
		failure.Message = c.Error.Message
	}
	f.FailedCall, f.FirstFailure = c.ID, &failure
}

// measure works out what follows from the durations, which are in order.
func (f *Figures) measure(sorted []time.Duration) {
	f.PerSecond = 0
	if f.Elapsed > 0 {
		f.PerSecond = float64(f.Ended) / f.Elapsed.Seconds()
	}
	if len(sorted) == 0 {
		return
	}
	f.Min, f.Max = sorted[0], sorted[len(sorted)-1]
	f.P50, f.P95, f.P99 = client.Percentile(sorted, 50), client.Percentile(sorted, 95), client.Percentile(sorted, 99)
	f.Histogram = histogram(sorted)
}

// inserted puts a duration in its place; one that is not told is left out.
func inserted(sorted []time.Duration, d time.Duration) []time.Duration {
	if d < 0 {
		return sorted
	}
	at, _ := slices.BinarySearch(sorted, d)
	return slices.Insert(sorted, at, d)
}

const (
	// mostBins is how many rows a histogram may have.
	mostBins = 12
	// longest is beyond what any call takes; what a backend tells may be anything.
	longest = 1000 * time.Hour
)

// histogram counts durations between steps that grow with them: as fine as the
// rows allow, and the same steps for every function.
func histogram(sorted []time.Duration) []Bin {
	var bins []Bin
	for _, steps := range [][]time.Duration{{10, 15, 20, 30, 50, 70}, {10, 20, 50}, {10}} {
		if bins = binned(sorted, steps); len(bins) <= mostBins {
			return bins
		}
	}
	return bins
}

// binned counts between the tenfolds of the steps, of which the first is 10.
func binned(sorted []time.Duration, steps []time.Duration) []Bin {
	var bins []Bin
	// The finest step is a tenth of a millisecond: below that nothing is a call.
	for unit := 10 * time.Microsecond; len(sorted) > 0 && unit < longest; unit *= 10 {
		for _, step := range steps {
			edge := step * unit
			n, _ := slices.BinarySearchFunc(sorted, edge, func(d, edge time.Duration) int {
				return cmp.Or(cmp.Compare(d, edge), -1) // What is at the edge is below it.
			})
			sorted = sorted[n:]
			if n > 0 || len(bins) > 0 && len(sorted) > 0 {
				bins = append(bins, Bin{UpTo: edge, Calls: n})
			}
		}
	}
	if len(sorted) > 0 {
		bins = append(bins, Bin{UpTo: sorted[len(sorted)-1], Calls: len(sorted)})
	}
	return bins
}
