package ordering

import (
	"runtime"
	"slices"
	"sync/atomic"
)

const (
	// looks is how many rows are judged between two looks at whether to stop.
	looks = 1024
	// piece is how many rows a goroutine takes at a time: one whose processor draws
	// the echo of the key meanwhile does not keep the others waiting.
	piece = 8 * looks
)

// Filter keeps the rows that pass, in their order. Each of several goroutines gets a
// judge of its own, which is asked as the rows come in the list: so they are read
// fastest. ok is false if stop came true meanwhile.
func (o Order) Filter(judge func() func(row int) bool, stop func() bool) (kept Order, ok bool) {
	if !o.part || slices.IsSorted(o.some) {
		return o.filter(judge, stop)
	}
	ascending := o.rows()
	slices.Sort(ascending)
	kept, ok = Of(ascending).filter(judge, stop)
	passed := map[int32]bool{}
	for _, row := range kept.some {
		passed[row] = true
	}
	return Of(slices.DeleteFunc(o.rows(), func(row int32) bool { return !passed[row] })), ok
}

func (o Order) filter(judge func() func(row int) bool, stop func() bool) (kept Order, ok bool) {
	parts := make([][]int32, (o.Len()+piece-1)/piece)
	var taken atomic.Int64
	parallel(min(len(parts), runtime.GOMAXPROCS(0)), func(int) {
		passes := judge()
		for n := int(taken.Add(1)) - 1; n < len(parts); n = int(taken.Add(1)) - 1 {
			from, kept := n*piece, []int32(nil)
			for place := from; place < min(from+piece, o.Len()); place++ {
				if place%looks == 0 {
					if stop() {
						return
					}
					runtime.Gosched() // The frame that echoes the key comes first.
				}
				if row := o.At(place); passes(row) {
					kept = append(kept, int32(row))
				}
			}
			parts[n] = kept
		}
	})
	if stop() {
		return Order{}, false
	}
	return Of(slices.Concat(parts...)), true
}
